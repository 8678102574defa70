import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { RunnerOptions } from "../../src/runner/runner.ts";
import { fullDepth, needs } from "../lane/needs.ts";
import { createRig as createAnyRig, failureOf, isRunning, pidIn, type Rig, step, until } from "./rig.ts";

/** What the steps printed, without bash's own word about a command that a signal ended. */
async function said(rig: Rig, token: string): Promise<string[]> {
  return (await rig.texts(token)).filter((text) => text !== "Terminated");
}

for (const shells of ["kept", "direct"] as const) {
  describe(`with ${shells} shells`, fullDepth(), () => {
    const createRig = (t: TestContext, options: Partial<RunnerOptions> = {}) => createAnyRig(t, { shells, ...options });

    test("the job's time limit ends the whole group", async (t) => {
      const rig = createRig(t);
      const ended = await rig.run({
        timeoutMs: 300,
        steps: [step("sleep 600 & echo $! > child; wait", { name: "slow" })],
      });
      const failure = failureOf(ended);
      assert.equal(failure.kind, "timeout");
      assert.match(failure.message, /longer than its limit of 300 ms.*'slow'/);
      assert.ok(!isRunning(await pidIn(join(rig.checkout, "child"))));
    });

    test("what ignores SIGTERM is sent SIGKILL after the grace time", async (t) => {
      const rig = createRig(t, { graceMs: 100 });
      const script = "trap '' TERM; echo $$ > shell; while :; do sleep 600; done";
      const failure = failureOf(await rig.run({ timeoutMs: 200, steps: [step(script)] }));
      assert.equal(failure.kind, "timeout");
      assert.match(
        failure.message,
        /limit of 200 ms .*; process \d+ \(bash\).* did not end within 100 ms of SIGTERM and had to be killed$/,
      );
      assert.ok(!isRunning(await pidIn(join(rig.checkout, "shell"))));
    });

    test("a step's time limit ends that step; the job may go on", async (t) => {
      const rig = createRig(t);
      const slow = step("sleep 600 & echo $! > child; wait", { name: "slow", timeoutMs: 200, continueOnFailure: true });
      const ended = await rig.run({ steps: [slow, step("echo on")] });
      assert.equal(ended.result.kind, "succeeded");
      const texts = await rig.texts(ended.token);
      assert.match(texts[0]!, /step 'slow' took longer than its limit of 200 ms/);
      assert.equal(texts[1], "on");
      assert.ok(!isRunning(await pidIn(join(rig.checkout, "child"))));
    });

    test("a graceful stop lets the job clean up", async (t) => {
      const rig = createRig(t);
      const running = rig.run({
        token: "stop-1",
        steps: [step("trap 'echo cleaned; exit 0' TERM; echo $$ > shell; sleep 600 & wait"), step("echo never")],
      });
      const shell = await pidIn(join(rig.checkout, "shell"));
      rig.runner.stop("stop-1", "graceful");
      assert.equal((await running).result.kind, "stopped");
      assert.deepEqual(await rig.texts("stop-1"), ["cleaned"]);
      assert.ok(!isRunning(shell));
    });

    for (const [what, script] of [
      ["while it waits", "sleep 600 & wait"],
      ["while a command runs", "sleep 600"],
      ["between commands", "while :; do sh -c :; done"],
    ]) {
      test(`what a trap starts to clean up ${what} is let finish`, async (t) => {
        const rig = createRig(t);
        const unlock = "sh -c 'sleep 0.3; echo unlocked'; sh -c 'sleep 0.1; echo told'";
        const running = rig.run({
          token: `stop ${what}`,
          steps: [step(`trap "${unlock}; exit 0" TERM; echo $$ > shell; ${script}`)],
        });
        await pidIn(join(rig.checkout, "shell"));
        rig.runner.stop(`stop ${what}`, "graceful");
        assert.equal((await running).result.kind, "stopped");
        assert.deepEqual(await said(rig, `stop ${what}`), ["unlocked", "told"]);
      });
    }

    test("a graceful stop misses nothing that is started while it looks", { timeout: 30_000 }, async (t) => {
      const rig = createRig(t, { graceMs: 3_600_000 });
      const running = rig.run({
        token: "stop-forks",
        steps: [step("echo $$ > shell; for n in {1..2000}; do sleep 600 & done; wait")],
      });
      await pidIn(join(rig.checkout, "shell"));
      rig.runner.stop("stop-forks", "graceful");
      assert.equal((await running).result.kind, "stopped");
    });

    test("a command that the trap waits for and that was never asked is asked before the grace time is over", async (t) => {
      const rig = createRig(t);
      const script = `trap 'echo cleaned; exit 0' TERM; (trap "echo asked; sleep 600" TERM; echo $$ > shell; while :; do sleep 600 & wait $!; done)`;
      const running = rig.run({ token: "stop-late", steps: [step(script)] });
      await pidIn(join(rig.checkout, "shell"));
      rig.runner.stop("stop-late", "graceful");
      assert.equal((await running).result.kind, "stopped");
      assert.deepEqual(await said(rig, "stop-late"), ["asked", "cleaned"]);
    });

    test("a second stop does not wait for the grace time", async (t) => {
      const rig = createRig(t, { graceMs: 3_600_000 });
      const running = rig.run({
        token: "stop-2",
        steps: [step("trap 'echo no' TERM; echo $$ > shell; while :; do sleep 600; done")],
      });
      await pidIn(join(rig.checkout, "shell"));
      rig.runner.stop("stop-2", "graceful");
      await until("the trap ran", () => rig.lines.some((line) => line.text === "no"));
      rig.runner.stop("stop-2", "now");
      assert.equal((await running).result.kind, "stopped");
    });

    test("a stop right after the start is not lost", async (t) => {
      const rig = createRig(t);
      const running = rig.run({ token: "stop-3", steps: [step("sleep 600")] });
      rig.runner.stop("stop-3", "now");
      rig.runner.stop("stop-3", "now");
      rig.runner.stop("no such token", "now");
      assert.equal((await running).result.kind, "stopped");
      assert.equal(rig.endedTimes("stop-3"), 1);
    });

    test("what a step leaves in the background serves the next steps and ends with the job", async (t) => {
      const rig = createRig(t);
      const ended = await rig.run({
        steps: [
          // It holds both ends: one who opens the pipe for each line may meet the end of the writer before.
          step('mkfifo ask; (while read -r l; do echo "got $l"; : > answered; done <> ask) & echo $! > server'),
          step("echo hi > ask"),
          step("until [ -e answered ]; do :; done; kill -0 $(cat server)"),
        ],
      });
      assert.equal(ended.result.kind, "succeeded");
      assert.ok(!isRunning(await pidIn(join(rig.checkout, "server"))));
      const log = await rig.log(ended.token);
      assert.deepEqual(
        log.map(({ step, text }) => ({ step, text })),
        [{ step: 0, text: "got hi" }],
      );
    });

    test("a daemon that left the group is found by its mark", needs("setsid"), async (t) => {
      const rig = createRig(t);
      const script =
        "setsid sh -c 'echo $$ > daemon; exec sleep 600' </dev/null >/dev/null 2>&1 & until [ -s daemon ]; do :; done";
      const ended = await rig.run(script);
      assert.equal(ended.result.kind, "succeeded");
      assert.ok(!isRunning(await pidIn(join(rig.checkout, "daemon"))));
    });

    test(
      "what hid its mark is ended by the output it holds, with what it started, and the log says so",
      needs("setsid"),
      async (t) => {
        const rig = createRig(t);
        const daemon = "echo $$ > daemon; sleep 600 > /dev/null 2>&1 & echo $! > child; wait";
        const other = "exec > /dev/null 2>&1; echo $$ > other; exec sleep 600";
        const ended = await rig.run(
          `setsid env -i sh -c '${daemon}' & setsid env -i sh -c '${other}' 7>&1 & until [ -s child ] && [ -s other ]; do :; done`,
        );
        assert.equal(ended.result.kind, "succeeded");
        const pids = [];
        for (const name of ["daemon", "child", "other"]) pids.push(await pidIn(join(rig.checkout, name)));
        assert.deepEqual(pids.map(isRunning), [false, false, false]);
        const text = (await rig.texts(ended.token)).join("\n");
        for (const pid of [pids[0], pids[2]])
          assert.match(text, new RegExp(`process ${pid} \\(s\\w+\\).* held its output and had to be ended`));
      },
    );

    test("who was given the output but was there before the job is left alone, and named", async (t) => {
      const rig = createRig(t);
      const stranger = spawn("bash", ["-c", 'read -r pipe; exec > "$pipe"; echo opened >&2; exec sleep 600']);
      t.after(() => stranger.kill("SIGKILL"));
      // Older by more than the 20 ms to which the system tells it.
      await rig.run("sleep 0.1");
      const running = rig.run("readlink /proc/$$/fd/1 > pipe; until [ -e go ]; do :; done");
      const pipe = join(rig.checkout, "pipe");
      await until("the step says where it writes", () => existsSync(pipe) && readFileSync(pipe, "utf8").endsWith("\n"));
      const opened = once(stranger.stderr, "data");
      stranger.stdin.write(readFileSync(pipe));
      await opened;
      writeFileSync(join(rig.checkout, "go"), "");
      const ended = await running;
      assert.equal(ended.result.kind, "succeeded");
      assert.ok(isRunning(stranger.pid!));
      assert.match((await rig.texts(ended.token)).join(), new RegExp(`process ${stranger.pid} .*there before the job`));
    });

    test(
      "a service that is kept may hold the output: it goes on, and the log says what to do",
      needs("setsid"),
      async (t) => {
        const rig = createRig(t);
        const script = `setsid env -i sleep 600 & echo $! > pid; echo "name=api pid=$!" >> "$BATON_SERVICE"`;
        const ended = await rig.run(script);
        assert.equal(ended.result.kind, "succeeded");
        const pid = await pidIn(join(rig.checkout, "pid"));
        assert.ok(isRunning(pid));
        assert.match(
          (await rig.texts(ended.token)).join(),
          /still holds this step's output; send its output to a file/,
        );
        for (const service of rig.runner.listServices()) await rig.runner.stopService(service);
      },
    );

    test("what had to be killed because it ignored SIGTERM is named in the log, with the time it was given", async (t) => {
      const rig = createRig(t, { graceMs: 100 });
      const ended = await rig.run(
        "(trap '' TERM; sh -c 'echo $PPID > deaf'; while :; do sleep 600; done) & until [ -s deaf ]; do :; done",
      );
      assert.equal(ended.result.kind, "succeeded");
      const deaf = await pidIn(join(rig.checkout, "deaf"));
      assert.ok(!isRunning(deaf));
      const words = new RegExp(
        `process ${deaf} \\(bash\\) .* did not end within 100 ms of SIGTERM and had to be killed`,
      );
      assert.match((await rig.texts(ended.token)).join("\n"), words);
    });

    test("a job that runs out of time in a last step that may fail has not passed", async (t) => {
      const rig = createRig(t);
      const slow = step("echo $$ > shell; sleep 600", { name: "slow", continueOnFailure: true });
      const failure = failureOf(await rig.run({ timeoutMs: 300, steps: [step("true"), slow] }));
      assert.equal(failure.kind, "timeout");
      assert.match(failure.message, /the job took longer than its limit of 300 ms/);
      assert.ok(!isRunning(await pidIn(join(rig.checkout, "shell"))));
    });

    test("a job that runs out of time has not passed although its step ends well when it is asked to", async (t) => {
      const rig = createRig(t);
      const polite = step("trap 'exit 0' TERM; echo $$ > shell; sleep 600 & wait", { continueOnFailure: true });
      assert.equal(failureOf(await rig.run({ timeoutMs: 300, steps: [polite] })).kind, "timeout");
    });

    test("a step that closes its output is waited for all the same", async (t) => {
      const rig = createRig(t);
      const running = rig.run("echo a; exec >&- 2>&-; echo $$ > closed; until [ -e go ]; do :; done; exit 4");
      await pidIn(join(rig.checkout, "closed"));
      await until("its line came", () => rig.lines.length === 1);
      writeFileSync(join(rig.checkout, "go"), "");
      const ended = await running;
      assert.equal(failureOf(ended).exitCode, 4);
      assert.deepEqual(await rig.texts(ended.token), ["a"]);
    });

    test("a service a step names is kept, listed with its address, and stopped", needs("ps"), async (t) => {
      const rig = createRig(t);
      const script = `sleep 600 > /dev/null 2>&1 & echo $! > pid; echo "name=api pid=$! url=http://127.0.0.1:1/" >> "$BATON_SERVICE"`;
      const first = await rig.run({ job: "api.deploy@dev", steps: [step(`${script}; sleep 600 & echo $! > other`)] });
      assert.equal(first.result.kind, "succeeded");
      const pid = await pidIn(join(rig.checkout, "pid"));
      assert.ok(isRunning(pid));
      assert.ok(!isRunning(await pidIn(join(rig.checkout, "other"))));
      const [service] = rig.runner.listServices();
      assert.deepEqual(
        { name: service?.name, job: service?.job, pid: service?.pid, url: service?.url },
        { name: "api", job: "api.deploy@dev", pid, url: "http://127.0.0.1:1/" },
      );
      const again = await rig.run({
        job: "api.deploy@dev",
        steps: [step(`case $(ps -o stat= -p ${pid}) in "" | Z*) ;; *) exit 9 ;; esac; ${script}`)],
      });
      assert.deepEqual(again.result, { kind: "succeeded", outputs: {}, artifacts: {} });
      const replaced = rig.runner.listServices();
      assert.equal(replaced.length, 1);
      await rig.runner.stopService(replaced[0]!);
      assert.deepEqual(rig.runner.listServices(), []);
      assert.ok(!isRunning(replaced[0]!.pid));
    });

    test("a service that cannot be registered is not left running", async (t) => {
      const rig = createRig(t, { shells });
      mkdirSync(join(rig.state, "services.json.new"), { recursive: true });
      const script = `sleep 600 > /dev/null 2>&1 & echo $! > pid; echo "name=api pid=$!" >> "$BATON_SERVICE"`;
      assert.match(failureOf(await rig.run(script)).message, /could not be run: .*services\.json/);
      assert.ok(!isRunning(await pidIn(join(rig.checkout, "pid"))));
    });

    test("a service of a job that fails is not kept", needs("setsid"), async (t) => {
      const rig = createRig(t);
      const script = `setsid sleep 600 > /dev/null 2>&1 & echo $! > pid; echo "name=api pid=$!" >> "$BATON_SERVICE"`;
      const ended = await rig.run({ outputs: { url: "url" }, steps: [step(script)] });
      assert.equal(failureOf(ended).kind, "output");
      assert.deepEqual(rig.runner.listServices(), []);
      assert.ok(!isRunning(await pidIn(join(rig.checkout, "pid"))));
    });
  });
}
