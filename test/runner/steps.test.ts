import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { RunnerOptions } from "../../src/runner/runner.ts";
import { createRig as createAnyRig, failureOf, filesBelow, step } from "./rig.ts";

for (const shells of ["kept", "direct"] as const) {
  describe(`with ${shells} shells`, () => {
    const createRig = (t: TestContext, options: Partial<RunnerOptions> = {}) => createAnyRig(t, { shells, ...options });

    test("runs the steps in order and keeps their output, both streams in the order they came", async (t) => {
      const rig = createRig(t);
      const ended = await rig.run({ steps: [step("echo a; echo b >&2; echo c"), step("echo d; printf e")] });
      assert.deepEqual(ended.result, { kind: "succeeded", outputs: {}, artifacts: {} });
      const log = await rig.log(ended.token);
      assert.deepEqual(
        log.map(({ step, text }) => [step, text]),
        [
          [0, "a"],
          [0, "b"],
          [0, "c"],
          [1, "d"],
          [1, "e"],
        ],
      );
      assert.deepEqual(
        rig.lines.map(({ token, step, text, at }) => ({ token, step, text, at })),
        log.map((line) => ({ token: ended.token, ...line })),
      );
      assert.equal(rig.endedTimes(ended.token), 1);
    });

    test("stops at the first step that fails and names it", async (t) => {
      const rig = createRig(t);
      const ended = await rig.run({ steps: [step("false | true", { name: "first" }), step("echo never")] });
      assert.deepEqual(failureOf(ended), {
        kind: "exit",
        message: "step 'first' ended with exit code 1",
        step: 0,
        exitCode: 1,
      });
      assert.deepEqual(await rig.texts(ended.token), []);
    });

    test("goes on after a step that may fail, and says so in the log", async (t) => {
      const rig = createRig(t);
      const steps = [step("exit 3", { name: "lint", continueOnFailure: true }), step("echo on")];
      const ended = await rig.run({ steps });
      assert.equal(ended.result.kind, "succeeded");
      assert.deepEqual(await rig.texts(ended.token), [
        "[baton: step 'lint' ended with exit code 3; the job goes on, as the step allows it]",
        "on",
      ]);
    });

    test("a process that a signal ended is told from one that failed", async (t) => {
      const rig = createRig(t);
      const failure = failureOf(await rig.run("kill -SEGV $$"));
      assert.equal(failure.kind, "signal");
      assert.match(failure.message, /SIGSEGV/);
      assert.equal(failure.exitCode, 139);
    });

    test("gives job and step variables, the step's first, and the checkout's path", async (t) => {
      const rig = createRig(t);
      const ended = await rig.run({
        env: { A: "job", B: "job", WHERE: ["at ", { context: "directory" }] },
        steps: [step('echo "$A $B $WHERE"', { env: { B: 'it\'s "quoted" $(no) `no` \\ \n2' } })],
      });
      assert.deepEqual(await rig.texts(ended.token), [`job it's "quoted" $(no) \`no\` \\ `, `2 at ${rig.checkout}`]);
    });

    test("runs in the working directory of the step within that of the job", async (t) => {
      const rig = createRig(t);
      mkdirSync(join(rig.checkout, "web/sub dir"), { recursive: true });
      const ended = await rig.run({ workingDirectory: "web", steps: [step("pwd", { workingDirectory: "sub dir" })] });
      assert.deepEqual(await rig.texts(ended.token), [join(rig.checkout, "web/sub dir")]);
    });

    test("a working directory that is not there, or gone, is named", async (t) => {
      const rig = createRig(t);
      const never = failureOf(await rig.run({ workingDirectory: "nowhere", steps: [step("true")] }));
      assert.equal(never.kind, "spawn");
      assert.match(never.message, /'nowhere' does not exist/);
      mkdirSync(join(rig.checkout, "web/build"), { recursive: true });
      const steps = [step("rm -r build"), step("true", { workingDirectory: "build" })];
      const gone = failureOf(await rig.run({ workingDirectory: "web", steps }));
      assert.match(gone.message, /'web\/build' of step 'step' does not exist/);
      assert.equal(gone.step, 1);
    });

    test("a tool that is missing or of another version fails the job before its first step", async (t) => {
      const rig = createRig(t);
      const bin = join(rig.checkout, "bin");
      mkdirSync(bin);
      writeFileSync(join(bin, "hammer"), "#!/bin/sh\necho Hammer v1.4.2, built today\n", { mode: 0o755 });
      const env = { PATH: `${bin}:${process.env.PATH}` };
      const missing = await rig.run({ env, tools: [{ name: "no-such-tool" }], steps: [step("echo ran")] });
      assert.equal(failureOf(missing).kind, "tool");
      assert.match(failureOf(missing).message, /'no-such-tool'.*not on the PATH.*install/);
      const older = failureOf(
        await rig.run({ env, tools: [{ name: "hammer", version: ">=1.5 <2" }], steps: [step("echo ran")] }),
      );
      assert.equal(older.kind, "tool");
      assert.match(older.message, /'hammer' >=1\.5 <2.*is 1\.4\.2/);
      const right = await rig.run({ env, tools: [{ name: "hammer", version: "^1.4" }], steps: [step("true")] });
      assert.equal(right.result.kind, "succeeded");
      assert.deepEqual(rig.lines, []);
    });

    test("inputs are laid before the first step and artifacts taken after the last", async (t) => {
      const rig = createRig(t);
      const ended = await rig.run({
        inputs: [{ artifact: { digest: "sha256:ab", sizeBytes: 2 }, name: "in", path: "in.txt" }],
        artifacts: { out: { path: "out.txt" } },
        steps: [step("cat in.txt; printf xy > out.txt")],
      });
      assert.deepEqual(await rig.texts(ended.token), ["sha256:ab"]);
      const artifacts = { out: { digest: "sha256:7879", sizeBytes: 2 } };
      assert.deepEqual(ended.result, { kind: "succeeded", outputs: {}, artifacts });
      const missing = failureOf(await rig.run({ artifacts: { dist: { path: "dist" } }, steps: [step("true")] }));
      assert.equal(missing.kind, "artifact");
      assert.match(missing.message, /'dist'/);
      const outside = failureOf(await rig.run({ artifacts: { out: { path: "../x" } }, steps: [step("true")] }));
      assert.match(outside.message, /leads out of the checkout/);
    });

    test("an input is never laid into a .git, whatever way its path takes", async (t) => {
      const rig = createRig(t);
      for (const path of [".git", "a/../.git", "lib/.GIT/hooks"]) {
        const inputs = [{ artifact: { digest: "sha256:ab", sizeBytes: 2 }, name: "in", path }];
        const failure = failureOf(await rig.run({ inputs, steps: [step("true")] }));
        assert.equal(failure.kind, "artifact");
        assert.match(failure.message, /artifact 'in' may not be laid at '.*': that is where git keeps a repository/);
      }
      assert.deepEqual(filesBelow(rig.checkout), []);
    });

    test("an ended attempt leaves nothing but its log", async (t) => {
      const rig = createRig(t);
      await rig.run({ outputs: { a: "string" }, steps: [step('echo a=1 >> "$BATON_OUTPUT"; echo x')] });
      const left = filesBelow(rig.state).filter((file) => !/^(pipes|runner-id)/.test(file));
      assert.deepEqual(left.sort(), ["attempts", "logs", "logs/r1", "logs/r1/shared.log"]);
    });

    test("a step gets no input and no open files of Baton's", async (t) => {
      const rig = createRig(t);
      const ended = await rig.run("cat; ls /proc/self/fd");
      const plain = spawnSync("ls", ["/proc/self/fd"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
      assert.deepEqual(await rig.texts(ended.token), plain.stdout.trim().split("\n"));
    });
  });
}
