import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { findByEnvironment, findProcess, psTable } from "../../src/runner/process-table.ts";

test("ps tells what /proc tells, for systems without it", async (t) => {
  const child = spawn("sleep", ["600"], {
    env: { PATH: process.env.PATH, MARK: "process-table-test" },
    detached: true,
    stdio: "ignore",
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  const byPs = psTable().find((entry) => entry.pid === child.pid)!;
  const { startedAt: _, environment, ...numbers } = byPs;
  const { startedAt: __, ...expected } = findProcess(child.pid!)!;
  assert.deepEqual(numbers, expected);
  assert.ok(environment.split("\0").includes("MARK=process-table-test"));
  const found = findByEnvironment({ name: "MARK", accepts: (value) => value === "process-table-test" });
  assert.deepEqual(
    found.map(({ pid }) => pid),
    [child.pid],
  );
  assert.deepEqual(findByEnvironment({ name: "ARK", accepts: () => true }), []);
  assert.equal(expected.group, child.pid);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(findProcess(child.pid!), undefined);
});
