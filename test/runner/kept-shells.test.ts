import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRig, isRunning, step, until } from "./rig.ts";

const together = 12;

test("as many shells as were needed at a time are kept for the next jobs, and fewer when nothing has run for a while", async (t) => {
  const rig = createRig(t);
  const gate = join(rig.checkout, "gate");
  spawnSync("mkfifo", [gate]);
  const lines = openSync(gate, "r+");
  t.after(() => closeSync(lines));

  /** The shells that started so many jobs, all of them running at the same time. */
  async function wave(): Promise<Set<number>> {
    const before = rig.lines.length;
    const jobs = Array.from({ length: together }, () => rig.run({ steps: [step("echo $PPID; read -r go <gate")] }));
    await until("all of them run", () => rig.lines.length === before + together);
    // Each reads one line, whoever comes first.
    writeSync(lines, "go\n".repeat(together));
    for (const { result } of await Promise.all(jobs)) assert.equal(result.kind, "succeeded");
    return new Set(rig.lines.slice(before).map(({ text }) => Number(text)));
  }

  const first = await wave();
  assert.equal(first.size, together);
  assert.deepEqual(await wave(), first);
  await until("some of them are gone", () => [...first].filter(isRunning).length === 8);
});
