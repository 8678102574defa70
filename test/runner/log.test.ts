import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { createTextCleaner } from "../../src/runner/clean-text.ts";
import { logPath } from "../../src/runner/log-path.ts";
import { tries } from "../lane/depth.ts";
import { createRig, failureOf, filesBelow, step, until } from "./rig.ts";

test("100 MB of output: the head and the tail are kept, and what was cut is said", async (t) => {
  const limit = 1024 * 1024;
  const rig = createRig(t, { logLimitBytes: limit, secrets: () => "sesame-open" });
  const script = `echo head $KEY; yes 'this line is printed again and again, as some tools do' | head -c 100000000 || true; echo; echo tail $KEY`;
  const before = process.memoryUsage().rss;
  rig.lines.push = () => 0;
  const ended = await rig.run({ env: { KEY: [{ secret: "KEY" }] }, steps: [step(script)] });
  assert.equal(ended.result.kind, "succeeded");
  const file = join(rig.state, "logs/r1", filesBelow(join(rig.state, "logs/r1"))[0]!);
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
  const path = join(rig.state, "logs/r1", filesBelow(join(rig.state, "logs/r1"))[0]!);
  for (const line of readFileSync(path, "utf8").trim().split("\n"))
    assert.match(line, /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z 0 \d$/);
  const times = (await rig.log(ended.token)).map((line) => line.at);
  assert.deepEqual(times, times.toSorted());
  assert.ok(times[0]! < times[2]!);
});
