/** A long log by the numbers of its lines: the same lines that are read from its beginning, wherever one begins. */
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createAttemptLog } from "../../src/runner/attempt-log.ts";
import { IndexedLog } from "../../src/runner/indexed-log.ts";

const at = Date.UTC(2026, 10, 30, 14);

/** A log as a job of those lines leaves it. */
function written(t: TestContext, texts: readonly string[], limitBytes = 1 << 30): string {
  const folder = mkdtempSync(join(tmpdir(), "log-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "job.1.log");
  const log = createAttemptLog({ share: () => {}, ownPath: () => path, close: () => {} }, limitBytes);
  for (const [index, text] of texts.entries()) log.write({ step: index % 3, at: at + index, texts: [text] });
  log.close({ apart: true });
  return path;
}

async function linesFrom(log: IndexedLog, from: number, most: number): Promise<string[]> {
  const found: string[] = [];
  for await (const lines of log.read(from)) {
    found.push(...lines.map(({ at: time, step, text }) => `${time - at} ${step} ${text}`));
    if (found.length >= most) break;
  }
  return found.slice(0, most);
}

const long = Array.from({ length: 20_000 }, (_, line) =>
  line % 7000 === 6999 ? "x".repeat(300_000) : `line ${line} ✓ é`,
);

test("any line of a long log is found by its number, over pieces and lines that are longer than one", async (t) => {
  const log = IndexedLog.of(written(t, long));
  assert.equal(await log.look(), true);
  assert.deepEqual([log.lines, log.cut], [long.length, undefined]);
  for (const from of [0, 1, 1023, 1024, 1025, 6998, 7000, 14_001, 19_999]) {
    const expected = long.slice(from, from + 3).map((text, more) => `${from + more} ${(from + more) % 3} ${text}`);
    assert.deepEqual(await linesFrom(log, from, 3), expected, `from ${from}`);
  }
  assert.deepEqual(await linesFrom(log, 20_000, 3), []);
});

test("what is appended is found, and a line without its end only once it has one", async (t) => {
  const path = written(t, long.slice(0, 3));
  const log = IndexedLog.of(path);
  await log.look();
  appendFileSync(path, "2026-11-30T14:00:00.009Z 2 with");
  await log.look();
  assert.equal(log.lines, 3);
  appendFileSync(path, "out its end\n2026-11-30T14:00:00.010Z 2 and more\n");
  await Promise.all([log.look(), log.look()]);
  assert.equal(log.lines, 5);
  assert.deepEqual(await linesFrom(log, 3, 9), ["9 2 without its end", "10 2 and more"]);
  writeFileSync(path, "2026-11-30T14:00:00.000Z 0 anew\n");
  await log.look();
  assert.deepEqual(await linesFrom(log, 0, 9), ["0 0 anew"], "an attempt of the same name that began anew");
  rmSync(path);
  assert.equal(await log.look(), false);
});

test("where lines were left out is told, and a job that prints those words is not believed for it", async (t) => {
  const full = IndexedLog.of(written(t, long.slice(0, 6000), 20_000));
  await full.look();
  assert.match(
    (await linesFrom(full, full.cut!, 1))[0]!,
    /the log is full; \d+ lines, \d+ bytes were left out here\]$/,
  );
  const other = IndexedLog.of(written(t, ["said: [baton: the log is full; 3 lines"]));
  await other.look();
  assert.equal(other.cut, undefined);
});

test("a question about lines goes on where it was when the log has grown", async (t) => {
  const path = written(t, long.slice(0, 2000));
  const log = IndexedLog.of(path);
  await log.look();
  const asked: string[] = [];
  const isError = ({ text }: { text: string }) => {
    asked.push(text);
    return text === "Error";
  };
  assert.equal(await log.find("error", isError), undefined);
  appendFileSync(path, "2026-11-30T14:00:02.000Z 2 more\n2026-11-30T14:00:02.000Z 2 Error\n");
  await log.look();
  assert.equal(await log.find("error", isError), 2001);
  assert.equal(await log.find("error", isError), 2001);
  assert.equal(asked.length, 2002, "each line once");
});
