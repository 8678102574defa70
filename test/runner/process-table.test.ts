import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { findByEnvironment, findProcess, psTable } from "../../src/runner/process-table.ts";
import { needs } from "../lane/needs.ts";

test("ps tells what /proc tells, for systems without it", needs("ps"), async (t) => {
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
  const found = await findByEnvironment({ name: "MARK", accepts: (value) => value === "process-table-test" });
  assert.deepEqual(
    found.map(({ pid }) => pid),
    [child.pid],
  );
  assert.deepEqual(await findByEnvironment({ name: "ARK", accepts: () => true }), []);
  assert.equal(expected.group, child.pid);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(findProcess(child.pid!), undefined);
});

test("a process is found by its environment also while it changes its program", async (t) => {
  const child = spawn("sh", ["-c", 'exec sh -c "$0" "$0"', 'exec sh -c "$0" "$0"'], {
    env: { PATH: process.env.PATH, MARK: `changes-${process.pid}` },
    stdio: "ignore",
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  for (let look = 0; look < 500; look++) {
    const found = await findByEnvironment({
      name: "MARK",
      accepts: (value) => value === `changes-${process.pid}`,
      above: child.pid! - 1,
    });
    assert.deepEqual(
      found.map(({ pid }) => pid),
      [child.pid],
      `look ${look}`,
    );
  }
});

test("an empty environment is not waited for", async (t) => {
  const child = spawn("sleep", ["600"], { env: {}, stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  const search = { name: "MARK", accepts: () => true, above: child.pid! - 1 };
  // The first may still come upon the child's execve.
  await findByEnvironment(search);
  let hasWaited = false;
  const waiting = setImmediate(() => {
    hasWaited = true;
  });
  assert.deepEqual(await findByEnvironment(search), []);
  clearImmediate(waiting);
  assert.ok(!hasWaited);
});
