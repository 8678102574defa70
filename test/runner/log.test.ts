import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { createTextCleaner } from "../../src/runner/clean-text.ts";
import { logPath } from "../../src/runner/log-path.ts";
import { openRunLogs } from "../../src/runner/log-reader.ts";
import { tries } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";
import { createRig, failureOf, filesBelow, launchOf, step, until } from "./rig.ts";

test("100 MB of output: the head and the tail are kept, and what was cut is said", fullDepth(), async (t) => {
  const limit = 1024 * 1024;
  const rig = createRig(t, { logLimitBytes: limit, secrets: () => "sesame-open" });
  const script = `echo head $KEY; yes 'this line is printed again and again, as some tools do' | head -c 100000000 || true; echo; echo tail $KEY`;
  const before = process.memoryUsage().rss;
  rig.lines.push = () => 0;
  const ended = await rig.run({ job: "web.loud", env: { KEY: [{ secret: "KEY" }] }, steps: [step(script)] });
  assert.equal(ended.result.kind, "succeeded");
  const file = logPath(rig.state, { run: "r1", job: "web.loud", attempt: 1 });
  assert.ok(statSync(file).size < limit * 1.2, `${statSync(file).size} bytes`);
  const texts = await rig.texts(ended.token);
  assert.equal(texts[0], "head ***");
  assert.equal(texts.at(-1), "tail ***");
  const cut = texts.filter((text) =>
    /^\[baton: the log is full; \d+ lines, \d+ bytes were left out here\]$/.test(text),
  );
  assert.equal(cut.length, 1);
  const left = Number(/(\d+) lines/.exec(cut[0]!)![1]);
  assert.equal(texts.length - 1 + left, 2 + Math.ceil(100_000_000 / 55), "every line is in the log or counted");
  assert.ok(process.memoryUsage().rss - before < 200_000_000, "memory is bounded");
});

test("what an attempt had printed whose start a crash has lost is not taken for what the next of its number prints", async (t) => {
  const rig = createRig(t);
  const attempt = { run: "r1", job: "web.again", attempt: 1 };
  const lost = await rig.run({ ...attempt, token: "lost", steps: [step("echo before")] });
  assert.deepEqual(await rig.texts(lost.token), ["before"]);
  const next = await rig.run({ ...attempt, token: "next", steps: [step("true")] });
  assert.deepEqual(await rig.texts(next.token), []);
});

test("attempts that print little and pass share a file; one that fails has its own, in which all of it stands", async (t) => {
  const rig = createRig(t);
  const passed = await rig.run({ job: "web.a", steps: [step("echo a1; echo a2")] });
  const failed = await rig.run({ job: "web.b", steps: [step("echo b1"), step("echo b2; exit 1")] });
  const silent = await rig.run({ job: "web.c", steps: [step("exit 1")] });
  assert.deepEqual(filesBelow(join(rig.state, "logs/r1")).sort(), ["shared.log", "web.b.1.log"]);
  assert.deepEqual(await rig.texts(passed.token), ["a1", "a2"]);
  assert.deepEqual(await rig.texts(failed.token), ["b1", "b2"]);
  assert.deepEqual(await rig.texts(silent.token), []);
});

test("of attempts that print at the same time each line is told whose it is, and none is given twice when a log moves", async (t) => {
  const rig = createRig(t);
  const go = (name: string) => writeFileSync(join(rig.checkout, name), "");
  const wait = (name: string) => `until [ -e ${name} ]; do :; done`;
  const long = { run: "r1", job: "web.long", attempt: 1 };
  const both = [
    rig.run({
      ...long,
      steps: [step(`echo long 1; ${wait("one")}; echo long 2; ${wait("two")}; seq 20000; ${wait("three")}`)],
    }),
    rig.run({ job: "web.short", steps: [step(`echo short 1; ${wait("one")}; echo short 2; ${wait("three")}`)] }),
  ];
  const follower = openRunLogs(rig.state, "r1").follow(long);
  const texts: string[] = [];
  const read = () => texts.push(...Array.from(follower.read(), ({ text }) => text));
  await until("both have printed", () => rig.lines.length === 2);
  read();
  assert.deepEqual(texts, ["long 1"]);
  assert.equal(existsSync(logPath(rig.state, long)), false);
  go("one");
  await until("both have printed again", () => rig.lines.length === 4);
  read();
  go("two");
  await until("it has printed much", () => existsSync(logPath(rig.state, long)));
  read();
  go("three");
  const [, short] = await Promise.all(both);
  read();
  assert.deepEqual(texts, ["long 1", "long 2", ...Array.from({ length: 20_000 }, (_, index) => String(index + 1))]);
  assert.deepEqual(await rig.texts(short!.token), ["short 1", "short 2"]);
});

test("a later session goes on in the log of a run whose last line a crash cut short", async (t) => {
  const rig = createRig(t);
  const first = await rig.run({ job: "web.first", steps: [step("echo before")] });
  const shared = join(rig.state, "logs/r1/shared.log");
  const cut = "web.cut.1 2026-01-01T00:00:00.000Z 0 hal";
  appendFileSync(shared, `web.cut.1 2026-01-01T00:00:00.000Z 0 whole\n${cut}`);
  const later = createRig(t, { stateFolder: rig.state });
  const again = launchOf({ job: "web.cut", steps: [step("true")] });
  const next = await later.run({ job: "web.next", steps: [step("echo after")] });
  const read = (job: string, attempt = 1) =>
    Array.from(openRunLogs(rig.state, "r1").follow({ run: "r1", job, attempt }).read(), ({ text }) => text);
  assert.deepEqual([read("web.first"), read("web.cut"), read("web.next")], [["before"], ["whole", "hal"], ["after"]]);
  assert.equal(first.result.kind, next.result.kind);
  await later.run(again);
  assert.deepEqual([read("web.first"), read("web.cut"), read("web.next")], [["before"], [], ["after"]]);
});

test("logs in files of each attempt, as older versions wrote them, are read", (t) => {
  const rig = createRig(t);
  const old = { run: "r1", job: "web.old", attempt: 2 };
  mkdirSync(join(rig.state, "logs/r1"), { recursive: true });
  writeFileSync(logPath(rig.state, old), "2026-01-01T00:00:00.000Z 1 as it was\n");
  const lines = [...openRunLogs(rig.state, "r1").follow(old).read()];
  assert.deepEqual(lines, [{ at: Date.parse("2026-01-01"), step: 1, text: "as it was" }]);
});

test("a log that cannot be written does not undo the job, and is said", async (t) => {
  const rig = createRig(t);
  mkdirSync(rig.state);
  writeFileSync(join(rig.state, "logs"), "in the way");
  const ended = await rig.run("echo a; echo b > done");
  assert.equal(ended.result.kind, "succeeded");
  const texts = rig.lines.map((line) => line.text);
  assert.equal(texts[0], "a");
  assert.match(texts[1]!, /^\[baton: the log of this attempt is incomplete: .*logs/);
});

test("a state folder that cannot be written fails the job and says why", async (t) => {
  const rig = createRig(t);
  writeFileSync(rig.state, "in the way");
  const failure = failureOf(await rig.run("true"));
  assert.equal(failure.kind, "spawn");
  assert.match(failure.message, /the job could not be run: .*state/);
});

test("a line without end is broken, never within a character", async (t) => {
  const rig = createRig(t);
  const ended = await rig.run(`printf 'x'; yes '😀' | head -20000 | tr -d '\\n'`);
  const texts = await rig.texts(ended.token);
  assert.ok(texts.length > 1);
  assert.ok(texts.every((text) => text.isWellFormed()));
  assert.equal(texts.join(""), `x${"😀".repeat(20_000)}`);
});

test("shows what is not UTF-8 as such, keeps colours, drops what moves the cursor", async (t) => {
  const rig = createRig(t);
  const ended = await rig.run(
    `printf 'a\\377b\\xe2\\x82\\n\\033[31mred\\033[0m\\033[2K\\033]0;title\\007!\\n10%%\\r20%%\\r\\nz\\b\\0y\\n\\xef\\xbb\\xbf.'`,
  );
  const texts = ["a\ufffdb\ufffd", "\x1b[31mred\x1b[0m!", "10%", "20%", "zy", "\ufeff."];
  assert.deepEqual(await rig.texts(ended.token), texts);
});

test("drops what hides text or turns the order of a line around, and keeps the colours that look like it", async (t) => {
  const rig = createRig(t);
  const ended = await rig.run(
    `printf 'a\\033[8mb\\033[1;08;31mc\\033[38;5;8md\\033[48;2;8;8;8me\\033[0m\\u202egnp\\u2066.\\u2069\n'`,
  );
  assert.deepEqual(await rig.texts(ended.token), ["abc\x1b[38;5;8md\x1b[48;2;8;8;8me\x1b[0mgnp."]);
});

test("cleaning does not depend on how the text was cut, and leaves only colours", () => {
  const piece = fc.constantFrom(
    "\x1b",
    "[",
    "]",
    "0;",
    "31",
    "m",
    "K",
    "\x07",
    "\\",
    "\r",
    "\n",
    "P",
    "a",
    "\x9b",
    " ",
    "\x1b[1m",
    "\x1b[8m",
    "\u202e",
  );
  const property = fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
    const whole = createTextCleaner();
    const expected = whole.push(pieces.join("")) + whole.end();
    const cleaner = createTextCleaner();
    assert.equal(pieces.map((part) => cleaner.push(part)).join("") + cleaner.end(), expected);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    assert.doesNotMatch(expected.replace(/\x1b\[[0-9;:]*m/g, ""), /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
  });
  fc.assert(property, tries(3_000));
});

test("job ids become file names that differ and stay inside the folder", () => {
  const paths = [
    "a.b",
    "a.b@dev",
    "a.b@dev[os=linux,x=../y]",
    "..",
    "a/b",
    `a.b[x=${"y".repeat(400)}]`,
    `a.b[x=${"y".repeat(401)}]`,
  ].map((job) => logPath("/s", { run: "r", job, attempt: 1 }));
  assert.equal(new Set(paths).size, paths.length);
  for (const path of paths) assert.match(path, /^\/s\/logs\/r\/[^/]{1,230}\.1\.log$/);
  assert.equal(paths[1], "/s/logs/r/a.b@dev.1.log");
});

test("time stamps are in order and in ISO form", async (t) => {
  const rig = createRig(t);
  const running = rig.run("echo 1; until [ -e go ]; do :; done; echo 2; echo 3");
  await until("the first line is older than now", () => rig.lines[0] !== undefined && rig.lines[0].at < Date.now());
  writeFileSync(join(rig.checkout, "go"), "");
  const ended = await running;
  for (const line of readFileSync(join(rig.state, "logs/r1/shared.log"), "utf8").trim().split("\n"))
    assert.match(line, /^web\.job\d+\.1 \d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z 0 \d$/);
  const times = rig.log(ended.token).map((line) => line.at);
  assert.deepEqual(times, times.toSorted());
  assert.ok(times[0]! < times[2]!);
});
