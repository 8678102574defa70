import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { openPipe, type PipeReader } from "../../src/runner/pipe-reader.ts";

test("a reader whose pipe has just been closed takes nothing from the pipe that got its number", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "baton-pipes-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [old, next] = [join(folder, "old"), join(folder, "next")];
  assert.equal(spawnSync("mkfifo", [old, next]).status, 0);
  const [ofOld, ofNext]: [string[], string[]] = [[], []];

  const number = lowestFree();
  const first = openPipe(old, (data) => ofOld.push(String(data)));
  const oldWriter = openSync(old, "w");
  writeSync(oldWriter, "old\n");
  while (ofOld.length === 0) await wait(1);
  closeSync(oldWriter);
  // Its number is free in the turn in which the end is seen, and the reader hears of that in the turn after.
  while (!first.isEnded() && lowestFree() !== number) await nextTurn();
  assert.equal(lowestFree(), number);

  const second: PipeReader = openPipe(next, (data) => ofNext.push(String(data)));
  const nextWriter = openSync(next, "w");
  writeSync(nextWriter, "next\n");
  first.drain();
  second.drain();
  closeSync(nextWriter);
  second.drain();
  await Promise.all([first.ended, second.ended]);
  assert.deepEqual({ ofOld, ofNext }, { ofOld: ["old\n"], ofNext: ["next\n"] });
  assert.ok(first.isAtEnd());
});

function lowestFree(): number {
  const file = openSync("/dev/null", "r");
  closeSync(file);
  return file;
}
