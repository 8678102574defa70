import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fullDepth, needs } from "../lane/needs.ts";
import { oneJob, storefrontFiles } from "./deliveries.ts";
import { type Sandbox, sandbox, until } from "./sandbox.ts";
import { openTerminal } from "./terminal.ts";

const when = needs("tmux");
const slow = fullDepth("tmux");

/** A job that waits for the test, and one that waits for the job. */
function gated(t: Parameters<typeof sandbox>[0]): Sandbox {
  const box = sandbox(t, {
    files: oneJob(`{
      wide: { steps: [sh({ name: "配達 🚚" })\`echo 準備; while ! test -e "$GATE"; do sleep 0.02; done\`] },
      next: { needs: ["wide"], steps: [sh("true")] },
    }`),
  });
  box.env.GATE = join(box.root, ".git", "gate");
  delete box.env.NO_COLOR;
  return box;
}

/** How long the picture says that the job has run. */
const elapsed = (screen: string[]) => /app\.wide@dev {2}([\d.]+s)/.exec(screen.join("\n"))?.[1];

const open = (box: Sandbox) => writeFileSync(box.env.GATE!, "");

test(
  "on a terminal the picture shows what runs, at which step, and what waits for what; then a summary",
  when,
  async (t) => {
    const box = gated(t);
    const terminal = openTerminal(t, box, ["run"]);
    const text = await terminal.shows(/▶ app\.wide@dev .*準備/);
    assert.match(text, /one {2}release 1 \(run r0001\) {2}dev/);
    assert.match(text, /─+ {2}0 of 2 jobs done/);
    assert.match(text, /▶ app\.wide@dev {2}<?[\d.]+s +配達 🚚 {2}準備/);
    assert.match(text, /· app\.next@dev {2}waits for app\.wide@dev/);
    open(box);
    const end = await terminal.shows(/ended with 0/);
    assert.match(end, /✔ app\.wide@dev passed in/);
    assert.match(end, /✔ release 1 passed: 2 jobs, 2 passed in/);
    assert.match(end, /next: baton status/);
    assert.doesNotMatch(end, /jobs done/, "the picture is gone");
  },
);

test("the picture stays one picture when the terminal changes its size", slow, async (t) => {
  const box = gated(t);
  const terminal = openTerminal(t, box, ["run"], { columns: 100, rows: 20 });
  await terminal.shows(/準備/);
  for (const [columns, rows] of [
    [40, 20],
    [25, 10],
    [120, 40],
    [60, 6],
    [100, 20],
  ] as const) {
    const before = elapsed(terminal.screen());
    terminal.resize(columns, rows);
    await until("the picture is drawn for the new size", () => {
      const now = elapsed(terminal.screen());
      return now !== undefined && now !== before;
    });
    const pictures = terminal.screen().filter((line) => /app\.wide@dev {2}\d/.test(line));
    assert.equal(pictures.length, 1, `${columns}x${rows}\n${terminal.screen().join("\n")}`);
  }
  await terminal.shows(/0 of 2 jobs done/);
  open(box);
  const end = await terminal.shows(/ended with 0/);
  assert.equal(end.match(/✔ app\.next@dev passed/g)?.length, 1, end);
  assert.doesNotMatch(end, /jobs done/);
});

test("an approval is asked for with what it lets in, and the answer counts", when, async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const terminal = openTerminal(t, box, ["run", "--to", "prod"]);
  const text = await terminal.shows(/Deploy release 1 to prod \(infra, web\)\? \[y\]es, \[n\]o, \[l\]ater/);
  assert.match(text, /\? prod {2}waits for approval by release-managers/);
  terminal.keys("x", "y");
  const end = await terminal.shows(/ended with \d+/);
  assert.match(end, /ended with 0/);
  assert.match(end, /10 jobs, 10 passed/);
});

test("later leaves the run waiting; no rejects it", slow, async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const first = openTerminal(t, box, ["run", "--to", "prod"]);
  await first.shows(/\[l\]ater/);
  first.keys("l");
  assert.match(await first.shows(/ended with \d+/), /next: baton approve r0001 prod[\s\S]*ended with 0/);
});

test("a cancel from elsewhere takes the question back", slow, async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const terminal = openTerminal(t, box, ["run", "--to", "prod"]);
  await terminal.shows(/\[l\]ater/);
  const { code, stderr } = await box.baton("cancel", "r0001");
  assert.equal(code, 0, stderr);
  const end = await terminal.shows(/ended with \d+/);
  assert.doesNotMatch(end, /\[l\]ater/);
  assert.match(end, /ended with 1/);
});

test("no at the question rejects", slow, async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const terminal = openTerminal(t, box, ["run", "--to", "prod"]);
  await terminal.shows(/\[l\]ater/);
  terminal.keys("n");
  assert.match(await terminal.shows(/ended with \d+/), /✖ prod rejected by[\s\S]*ended with 1/);
});

test("the first Ctrl-C lets the running job end and says what a second does", when, async (t) => {
  const box = gated(t);
  const terminal = openTerminal(t, box, ["run"]);
  await terminal.shows(/準備/);
  terminal.keys("C-c");
  await terminal.shows(/stopping: nothing new starts, running jobs end first\. Ctrl-C again ends them at once/);
  open(box);
  const end = await terminal.shows(/ended with \d+/);
  assert.match(end, /ended with 130/);
  assert.match(end, /✔ app\.wide@dev passed/);
  assert.match(end, /○ app\.next@dev skipped/);
  assert.match(end, /next: baton retry r0001/);
  assert.match((await box.baton("retry")).stdout, /2 jobs, 2 passed/);
});

test("the second Ctrl-C ends the running job at once", slow, async (t) => {
  const box = gated(t);
  const terminal = openTerminal(t, box, ["run"]);
  await terminal.shows(/準備/);
  terminal.keys("C-c");
  await terminal.shows(/Ctrl-C again/);
  terminal.keys("C-c");
  const end = await terminal.shows(/ended with \d+/);
  assert.match(end, /ended with 130/);
  assert.match(end, /■ app\.wide@dev cancelled/);
});

test("a simple terminal, and CI, get plain lines with the time and no control characters", when, async (t) => {
  for (const env of [{ TERM: "dumb" }, { CI: "true", NO_COLOR: "1" }] as Record<string, string>[]) {
    const box = sandbox(t, { files: storefrontFiles });
    const terminal = openTerminal(t, box, ["run", "2>", "log"], { env });
    await terminal.shows(/ended with 0/);
    const log = box.read("log");
    assert.match(log, /^\d\d:\d\d:\d\d ▶ web\.test started$/m);
    assert.match(log, /^\d\d:\d\d:\d\d ✔ web\.deploy@dev passed in/m);
    assert.ok(!log.includes("\x1b"), "no escape sequence");
  }
});
