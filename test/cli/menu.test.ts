/** `baton` alone, on a real terminal. */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Menu, menuLines } from "../../src/cli/menu.ts";
import { noStyle } from "../../src/cli/terminal/style.ts";
import { fullDepth, needs } from "../lane/needs.ts";
import { storefrontFiles } from "./deliveries.ts";
import { sandbox } from "./sandbox.ts";
import { openTerminal } from "./terminal.ts";

const when = needs("tmux");
const slow = fullDepth("tmux");

/** The number in front of a command. */
function numberOf(call: string, screen: string): string {
  const found = new RegExp(`(\\d+) {2}baton ${call} `).exec(screen);
  assert.ok(found, `the menu has baton ${call}:\n${screen}`);
  return found[1]!;
}

test("it offers what the delivery at hand can do, does it, and comes back until somebody leaves", slow, async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const terminal = openTerminal(t, box, [], { columns: 120, rows: 50 });
  const first = await terminal.shows(/number, or Enter to leave:/);
  assert.match(first, /^storefront: infra, web; dev → test → prod$/m);
  for (const call of [
    "plan",
    "run",
    "run --to prod",
    "run --pipeline infra",
    "check",
    "doctor",
    "generate github",
    "generate codepipeline",
    "cost",
    "--help",
  ]) {
    numberOf(call, first);
  }
  assert.match(first, /run --to prod +through dev, test, prod, asking where it should/);
  assert.doesNotMatch(first, /status|outputs|resume|retry|--on/, "nothing was run or generated yet");
  terminal.keys("99", "Enter");
  await terminal.shows(/there is no 99/);
  terminal.keys(numberOf("run", first), "Enter");
  await terminal.shows(/release 1 passed[\s\S]*storefront: infra, web[\s\S]*number, or Enter to leave:\s*$/);
  assert.ok(box.exists(".baton"));
  const second = terminal.screen().join("\n").slice(terminal.screen().join("\n").lastIndexOf("storefront: infra"));
  numberOf("outputs", second);
  terminal.keys(numberOf("generate codepipeline", second), "Enter");
  await terminal.shows(
    /new +codepipeline\/pipeline\.yaml[\s\S]*status --on codepipeline +how they are on AWS[\s\S]*leave:\s*$/,
  );
  terminal.keys("Enter");
  await terminal.shows(/ended with 0/);
});

test("a menu that is taller than the terminal has one line for each choice, and then the choices alone", () => {
  const what = "a sentence that is far too long to stand beside its command, so that it goes on in the lines below";
  const choices = (call: string) => Array.from({ length: 6 }, (_, at) => ({ argv: [call, `${at}`], what }));
  const menu: Menu = {
    title: "shop",
    state: ["dev", "test", "prod"],
    sections: [
      { title: "deliver", choices: choices("run") },
      { title: "look", choices: choices("logs") },
    ],
  };
  const linesAt = (rows: number) => menuLines(menu, { columns: 80, rows, style: noStyle });
  const whole = linesAt(80);
  assert.ok(whole.length > 30 && whole.some((line) => line.includes("in the lines below")));
  assert.equal(linesAt(24).length, 1 + 3 + 1 + 12);
  assert.equal(linesAt(18).length, 1 + 1 + 12);
  for (const rows of [80, 24, 18])
    for (const at of [1, 12]) assert.match(linesAt(rows).join("\n"), new RegExp(`^ *${at}  baton`, "m"));
});

test("status fits into 80 columns, also with files that are not committed", when, async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  box.write({ more: "x" });
  await box.baton("run");
  const head = box.git("rev-parse", "--short=7", "HEAD").trim();
  const terminal = openTerminal(t, box, ["status"], { columns: 80, rows: 40 });
  const text = await terminal.shows(/ended with 0/);
  assert.match(text, new RegExp(`r0001 +release 1 +[0-9a-f]{7} \\(${head}\\+\\) +succeeded .*just now$`, "m"));
});

test("what goes wrong in a command is said, and the menu comes back; Ctrl-D leaves", slow, async (t) => {
  const box = sandbox(t, { files: { ...storefrontFiles, "web/test.sh": "exit 3\n" } });
  const terminal = openTerminal(t, box, [], { columns: 120, rows: 60 });
  const first = await terminal.shows(/leave:\s*$/);
  terminal.keys(numberOf("run", first), "Enter");
  const failed = await terminal.shows(
    /release 1 failed[\s\S]*waits +a {2}baton retry r0001 +run what failed in release 1 again[\s\S]*leave:\s*$/,
  );
  assert.match(failed, /b {2}baton logs r0001/);
  box.write({ "baton.config.ts": "export default 1;\n" });
  terminal.keys("1", "Enter");
  await terminal.shows(
    /there is no delivery here that can be read[\s\S]*baton doctor +what is missing here[\s\S]*leave:\s*$/,
  );
  terminal.keys("C-d");
  await terminal.shows(/ended with 2/);
});

test("without a delivery it offers what helps", slow, async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  rmSync(join(box.root, "baton.config.ts"));
  const terminal = openTerminal(t, box, []);
  const text = await terminal.shows(/leave:\s*$/);
  assert.match(text, /1 {2}baton init[\s\S]*2 {2}baton doctor[\s\S]*3 {2}baton check[\s\S]*4 {2}baton --help/);
  terminal.keys("Enter");
  await terminal.shows(/ended with 0/);
});

test(
  "at 80 columns everything can be read; what waits for an answer has a letter, the numbers stay",
  slow,
  async (t) => {
    const box = sandbox(t, { files: storefrontFiles });
    await box.baton("run", "--to", "prod");
    const terminal = openTerminal(t, box, [], { columns: 80, rows: 50 });
    const text = await terminal.shows(/leave:\s*$/);
    assert.doesNotMatch(text, /…/, "nothing is cut");
    assert.match(text, /^ {2}dev +release 1 /m);
    assert.match(text, /^ {2}prod +nothing yet +release 1 waits for approval/m);
    assert.match(text, /a {2}baton approve r0001 prod +let release 1 into prod/);
    assert.match(text, / 1 {2}baton plan/);
    terminal.keys(numberOf("run --to prod", text), "Enter");
    await terminal.shows(/run it up to prod\? \[y\]es, \[N\]o/);
    terminal.keys("n", "Enter");
    terminal.keys("a", "Enter");
    await terminal.shows(/let release 1 into prod\? \[y\]es, \[N\]o/);
    terminal.keys("y", "Enter");
    await terminal.shows(/release 1 passed[\s\S]*prod +release 1 [\s\S]*leave:\s*$/);
    terminal.keys("Enter");
    await terminal.shows(/ended with 0/);
  },
);
