import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { needs } from "../lane/needs.ts";
import { createRig, isRunning, pidIn, type Rig, step, until } from "./rig.ts";

const when = needs("setsid");

/** Starts the scripts in a Baton of their own and kills it once `ready` holds. */
async function crash(rig: Rig, options: { shells: string; scripts: string[]; ready(): Promise<void> }): Promise<void> {
  const victim = join(import.meta.dirname, "crash-victim.ts");
  const child = spawn(process.execPath, [victim, rig.state, rig.checkout, options.shells, ...options.scripts], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const exited = once(child, "exit");
  await options.ready();
  child.kill("SIGKILL");
  await exited;
}

/** Living processes that have this text in their environment. */
function marked(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => {
      try {
        return (
          /^\d+$/.test(name) &&
          Number(name) !== process.pid &&
          readFileSync(`/proc/${name}/environ`, "latin1").includes(text) &&
          isRunning(Number(name))
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

for (const shells of ["native", "kept", "direct"] as const) {
  test(`after kill -9 everything of the attempts is gone, daemons too (${shells} shells)`, when, async (t) => {
    const rig = createRig(t, { shells, graceMs: 100 });
    const scripts = [
      "trap '' TERM; sleep 600 & echo $! > a; echo $$ > shell; while :; do sleep 600; done",
      "setsid sleep 600 </dev/null >/dev/null 2>&1 & echo $! > b; sleep 600",
      "env -i sh -c 'echo $$ > c; while :; do sleep 600; done'",
      "exec env -i sh -c 'echo $$ > d; exec sleep 600'",
    ];
    const pids: number[] = [];
    const names = ["a", "b", "c", "d", "shell"];
    const ready = async () => {
      for (const name of names) pids.push(await pidIn(join(rig.checkout, name)));
    };
    await crash(rig, { shells, scripts, ready });
    assert.deepEqual(
      pids.map(isRunning),
      pids.map(() => true),
      "they outlive Baton",
    );
    await rig.run("mkfifo go");
    const own = rig.run({ token: "own", steps: [step("echo $$ > own; read -r < go")] });
    await pidIn(join(rig.checkout, "own"));
    await rig.runner.reap({ tokens: scripts.map((_, number) => `victim-${number}`), runs: [] });
    assert.deepEqual(
      pids.map(isRunning),
      pids.map(() => false),
    );
    assert.deepEqual(marked("victim-"), []);
    assert.deepEqual(readdirSync(join(rig.state, "pipes")).length, 1, "the pipes of the dead Baton are gone");
    assert.ok(isRunning(await pidIn(join(rig.checkout, "own"))), "what this Baton started is left alone");
    rig.runner.stop("own", "now");
    await own;
  });
}

for (const shells of ["native", "kept"] as const) {
  test(`a command that waited in the input of what starts it does not start after the reap (${shells})`, async (t) => {
    const rig = createRig(t, { shells });
    const scripts = Array.from({ length: 6 }, (_, number) => `echo ${number} >> started; sleep 600`);
    await crash(rig, {
      shells,
      scripts,
      ready: () => until("one was started", () => marked("BATON_RUNNER=").length > 0),
    });
    await rig.runner.reap({ tokens: scripts.map((_, number) => `victim-${number}`), runs: [] });
    const id = readFileSync(join(rig.state, "runner-id"), "utf8").trim();
    assert.deepEqual(marked(id), []);
    assert.deepEqual(marked("victim-"), []);
  });
}

test("reaping keeps the services of attempts that ended well, and ends those of attempts that are reaped", async (t) => {
  const rig = createRig(t);
  const service = (name: string) =>
    step(`sleep 600 >/dev/null 2>&1 & echo $! > ${name}; echo "name=${name} pid=$!" >> "$BATON_SERVICE"`);
  await rig.run({ token: "kept-one", steps: [service("kept")] });
  await rig.run({ token: "lost-one", steps: [service("lost")] });
  await rig.runner.reap({ tokens: ["lost-one", "never-seen"], runs: [] });
  assert.deepEqual(
    rig.runner.listServices().map(({ name }) => name),
    ["kept"],
  );
  assert.ok(!isRunning(await pidIn(join(rig.checkout, "lost"))));
  for (const kept of rig.runner.listServices()) await rig.runner.stopService(kept);
  assert.ok(!isRunning(await pidIn(join(rig.checkout, "kept"))));
});

test(
  "attempts that the journal does not know are found by their run; those of other runs and of Batons that live are let be",
  when,
  async (t) => {
    const rig = createRig(t, { graceMs: 100 });
    const scripts = [
      "exec >/dev/null 2>&1; echo $$ > a; sleep 600",
      "exec >/dev/null 2>&1; setsid sleep 600 </dev/null >/dev/null 2>&1 & echo $! > b; sleep 600",
    ];
    const ready = async () => {
      for (const name of ["a", "b"]) await pidIn(join(rig.checkout, name));
    };
    await crash(rig, { shells: "native", scripts, ready });
    const left = await Promise.all(["a", "b"].map((name) => pidIn(join(rig.checkout, name))));
    await rig.run("mkfifo go");
    const own = rig.run({ token: "own", run: "r1", steps: [step("echo $$ > own; read -r < go")] });
    const mine = await pidIn(join(rig.checkout, "own"));
    await rig.runner.reap({ tokens: [], runs: ["r2"] });
    assert.deepEqual(left.map(isRunning), [true, true]);
    await rig.runner.reap({ tokens: [], runs: ["r1"] });
    assert.deepEqual(left.map(isRunning), [false, false]);
    assert.ok(isRunning(mine));
    rig.runner.stop("own", "now");
    await own;
  },
);
