// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are shell scripts.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import type { Launch, LaunchStep } from "../../src/engine/ports.ts";
import { createCoprocessSpawner, type Starter } from "../../src/runner/coprocess-spawn.ts";
import { createDirectSpawner } from "../../src/runner/direct-spawn.ts";
import { keptBash } from "../../src/runner/kept-bash.ts";
import { cannotRunNative, nativeStarter } from "../../src/runner/native-starter.ts";
import { quote } from "../../src/runner/shell-text.ts";
import type { Spawner, StepCommand } from "../../src/runner/step-process.ts";
import { fullDepth, needs } from "../lane/needs.ts";
import { createRig, isRunning, pidIn, step, until } from "./rig.ts";

/** What a command sees must not tell what started it. */
async function sameInAll(t: TestContext, launch: Partial<Launch>, env: Record<string, string> = {}): Promise<string[]> {
  const seen: string[][] = [];
  for (const shells of ["native", "kept", "direct"] as const) {
    const rig = createRig(t, { shells, env: { ...process.env, ...env } });
    mkdirSync(join(rig.checkout, "dir"));
    symlinkSync("dir", join(rig.checkout, "link"));
    const ended = await rig.run(launch);
    const folder = rig.checkout.slice(0, -"/checkout".length);
    const texts = (await rig.texts(ended.token)).map((text) =>
      text
        .replaceAll(folder, "")
        .replaceAll(ended.token, "TOKEN")
        .replace(/^(BATON_STARTED_BY)=.*TOKEN$/, "$1"),
    );
    const result = ended.result.kind === "failed" ? JSON.stringify(ended.result.failure) : ended.result.kind;
    seen.push([...texts, result.replaceAll(folder, "")]);
  }
  const [native, kept, direct] = seen;
  assert.deepEqual(native, direct);
  assert.deepEqual(kept, direct);
  return direct!;
}

const scripts: [name: string, script: string][] = [
  ["environment", "env -u _ | sort"],
  ["zeroth argument and flags", 'echo "$0 $- $# $SHLVL ${OLDPWD-unset} ${BATON_RUNNER-unset}"'],
  ["open files", "ls -l /proc/self/fd | sed 's/.*[0-9] \\([0-9]* ->\\)/\\1/; s/:\\[.*//; s:/proc/.*::; s:pipes/.*::'"],
  ["signals", "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status"],
  ["limits and umask", "ulimit -a; umask; nice"],
  ["group and session leader", '[ "$(ps -o pgid= -p $$ | tr -d " ")" = $$ ] && echo leader; ps -o tty= -p $$'],
  ["no terminal", "(: < /dev/tty) 2>&1 | sed 's/.*: //'"],
  ["open its own output again", "echo a > /dev/stderr; echo b > /dev/stdout; echo c >> /dev/fd/1"],
  ["end of input", "wc -c"],
  ["command that is not there", "no-such-command-here"],
  ["syntax error", "if true; then"],
  ["failure in the middle", "echo a; false; echo b"],
  ["unfinished line", "printf abc; exit 7"],
  ["own signal", "kill -TERM $$"],
  [
    "stop and go on",
    "(until grep -q '^State:.T' /proc/$$/status; do :; done; kill -CONT $$) & kill -STOP $$; echo on; wait",
  ],
  ["traps", "trap 'echo bye' EXIT; exit 5"],
  ["state that is left", "shopt -s extglob; set -f; x=1; f() { :; }; alias a=b; cd /; exec 7>/dev/null"],
  ["state that must not be found", 'echo "${x-unset} $PWD $(type -t f) $-"; ls /proc/self/fd | wc -l'],
  ["long script", `: ${"x".repeat(140_000)}\necho "end $-"`],
  ["true", "true"],
  ["false", " false\n"],
  ["colon", ":"],
];

const mentioned = (script: string) =>
  (["grep", "ps", "sed"] as const).filter((program) => script.includes(`${program} `));

for (const shell of ["bash", "sh"] as const) {
  describe(`a ${shell} command sees the same from the starter in C and a kept shell as from Node`, fullDepth(), () => {
    for (const [name, script] of scripts) {
      if (shell === "sh" && script.includes("shopt")) continue;
      test(name, needs(...mentioned(script)), async (t) => {
        await sameInAll(t, { env: { A: "1" }, steps: [step(script, { shell })] });
      });
    }

    test("variables that a shell script is likely to have itself", async (t) => {
      const names = ["size", "text", "status", "left", "pid", "line"];
      const env = Object.fromEntries(names.map((name) => [name, `own ${name}`]));
      const seen = await sameInAll(t, { steps: [step(`echo "$size $text $status $left $pid $line"`, { shell })] }, env);
      assert.equal(seen[0], Object.values(env).join(" "));
    });

    test("values of all kinds, and the path a link was followed by", async (t) => {
      const env: LaunchStep["env"] = {
        QUOTES: `'"\`$x\\ `,
        LINES: "a\n\nb\n",
        UTF: "é😀\u0080",
        EMPTY: "",
        TAB: "\t\x01\x7f",
      };
      const show = step('for n in QUOTES LINES UTF EMPTY TAB; do printenv $n | od -c; done; echo "$PWD"; pwd; pwd -P', {
        shell,
        env,
      });
      const texts = await sameInAll(t, { workingDirectory: "link", steps: [show] });
      assert.ok(texts.includes("/checkout/link") && texts.includes("/checkout/dir"));
    });

    test("variables that matter to the shell itself", needs("grep"), async (t) => {
      for (const env of [
        { IFS: ":" },
        { BASH_ENV: "/nowhere" },
        { LC_ALL: "C" },
        { PATH: "/nowhere" },
        { SHELLOPTS: "noglob" },
        { "a.b": "c" },
      ]) {
        await sameInAll(t, {
          env: env as Record<string, string>,
          steps: [step('x="a:b"; echo $x /bi*; echo "$-"; /usr/bin/env | /usr/bin/grep -c ^a.b=', { shell })],
        });
      }
      for (const env of [
        { BASH_ENV: "/nowhere" },
        { TMOUT: "1" },
        { "a.b": "c" },
        { IFS: ":" },
        { "BASH_FUNC_f%%": "() { echo f; }" },
      ]) {
        await sameInAll(
          t,
          { steps: [step('type f 2>&1; echo "$TMOUT"; env | grep -c -e ^a.b= -e ^BASH', { shell })] },
          env as Record<string, string>,
        );
      }
    });
  });
}

/** What starts commands, each by itself; it ends with the test. */
function spawnerOf(t: TestContext, starter: Starter | undefined, env = { PATH: process.env.PATH! }): Spawner {
  const spawner = createCoprocessSpawner({ starter, env, mark: () => "none.none", instead: createDirectSpawner(env) });
  t.after(() => spawner.close());
  return spawner;
}

for (const shells of ["native", "kept"] as const) {
  test(`what one command leaves behind the next one does not find (${shells})`, needs("grep"), async (t) => {
    const rig = createRig(t, { shells });
    const dirty = await rig.run("set -f; export LEFT=1; cd /; umask 0; trap '' TERM; exec 9>&1");
    assert.equal(dirty.result.kind, "succeeded");
    const ended = await rig.run('echo "${LEFT-unset} $- $(umask)"; ls /proc/self/fd | grep -c 9 || :; trap; pwd');
    const texts = await rig.texts(ended.token);
    assert.deepEqual([texts[0]!.slice(0, 5), texts.at(-1)], ["unset", rig.checkout]);
    assert.ok(!texts[0]!.includes("f"));
  });

  test(
    `it is known whether a command has left anything running (${shells})`,
    needs("cc", "perl", "setsid"),
    async (t) => {
      const rig = createRig(t);
      const env = { PATH: process.env.PATH! };
      const spawner = spawnerOf(t, shells === "native" ? nativeStarter() : keptBash(env));
      const pidFile = join(rig.checkout, "pid");
      const exitOf = (script: string) =>
        spawner.spawn({ script, shell: "bash", env: {}, directory: rig.checkout, pipe: "/dev/null" }).exit;
      const nothing = (status: number) => ({ kind: "exited", status, left: "nothing" });
      assert.deepEqual(await exitOf("sleep 0 & wait; sh -c true; exit 3"), nothing(3));
      for (const script of [
        "sleep 600 & echo $! > pid",
        "(sh -c 'echo $$ > pid; exec sleep 600' & ) ; until [ -s pid ]; do :; done; exit 4",
        "setsid env -i sh -c 'echo $$ > pid; exec sleep 600' </dev/null >/dev/null 2>&1 & until [ -s pid ]; do :; done",
      ]) {
        const exit = await exitOf(script);
        assert.deepEqual(exit, { ...exit, kind: "exited", left: "unknown" }, script);
        process.kill(await pidIn(pidFile), "SIGKILL");
        rmSync(pidFile);
        while (true) {
          const next = await exitOf("true");
          if (next.kind === "exited" && next.left === "nothing") break;
        }
      }
    },
  );

  test(`a job whose starter is killed is lost, not left waiting, and the next one runs (${shells})`, async (t) => {
    const rig = createRig(t, { shells });
    const ended = await rig.run("sleep 600 & echo $! > pid; kill -9 $PPID; wait");
    assert.equal(ended.result.kind === "failed" && ended.result.failure.kind, "lost");
    assert.ok(!isRunning(await pidIn(join(rig.checkout, "pid"))), "nothing of it goes on");
    assert.equal((await rig.run("true")).result.kind, "succeeded");
    assert.equal((await rig.run("echo a")).result.kind, "succeeded");
  });
}

test(
  "the starter in C is built where there is a compiler, and is what starts commands",
  needs("cc", "ps"),
  async (t) => {
    assert.notEqual(nativeStarter(), undefined, "node build/build.ts builds it");
    const rig = createRig(t);
    const { token } = await rig.run("ps -o comm= -p $PPID");
    assert.deepEqual(await rig.texts(token), ["step-starter"]);
  },
);

test(
  "what a command left behind and what has ended since is no zombie of the starter",
  needs("cc", "ps"),
  async (t) => {
    const rig = createRig(t);
    const spawner = spawnerOf(t, nativeStarter());
    const exit = await spawner.spawn({
      script: "sleep 600 & echo $! > pid",
      shell: "bash",
      env: {},
      directory: rig.checkout,
      pipe: "/dev/null",
    }).exit;
    assert.equal(exit.kind, "exited");
    const pid = await pidIn(join(rig.checkout, "pid"));
    process.kill(pid, "SIGKILL");
    await until("it is gone", () => !existsSync(`/proc/${pid}`));
  },
);

test("the starter says what keeps a command from being started, and goes on", needs("cc"), async (t) => {
  const rig = createRig(t);
  const spawner = spawnerOf(t, nativeStarter());
  const command = { script: "exit 5", shell: "bash", env: {}, directory: rig.checkout, pipe: "/dev/null" } as const;
  const reasonOf = async (changed: Partial<StepCommand>) => {
    const exit = await spawner.spawn({ ...command, ...changed }).exit;
    return exit.kind === "not-started" ? exit.reason : exit;
  };
  assert.match(String(await reasonOf({ directory: join(rig.checkout, "nowhere") })), /^spawn .*\/bash ENOENT$/);
  assert.match(String(await reasonOf({ env: { LARGE: "x".repeat(3_000_000) } })), /^spawn .*\/bash E2BIG$/);
  assert.deepEqual(await reasonOf({}), { kind: "exited", status: 5, left: "nothing" });
});

test("a starter that cannot be executed here is done without", async (t) => {
  const rig = createRig(t);
  const env = { PATH: process.env.PATH! };
  const foreign = join(rig.checkout, "foreign");
  writeFileSync(foreign, "\x7fELF of another machine", { mode: 0o755 });
  const loaderGone = join(rig.checkout, "loader-gone");
  writeFileSync(loaderGone, "#!/bin/sh\nexit 127\n", { mode: 0o755 });
  const libraryOld = join(rig.checkout, "library-old");
  writeFileSync(libraryOld, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  for (const program of [foreign, loaderGone, libraryOld, join(rig.checkout, "nowhere")]) {
    const starter: Starter = { ...keptBash(env)!, program, arguments: [], cannotRun: cannotRunNative };
    const spawner = spawnerOf(t, starter);
    for (const status of [3, 4]) {
      const { exit } = spawner.spawn({
        script: `exit ${status}`,
        shell: "bash",
        env: {},
        directory: rig.checkout,
        pipe: "/dev/null",
      });
      assert.deepEqual(await exit, { kind: "exited", status, left: "unknown" }, program);
    }
  }
});

test(
  "commands that last longer than what is told in one answer can be stopped and timed out",
  needs("cc"),
  async (t) => {
    const rig = createRig(t);
    const limited = await rig.run({ steps: [step("sleep 600", { timeoutMs: 50 })] });
    assert.equal(limited.result.kind === "failed" && limited.result.failure.kind, "timeout");
    const spawner = spawnerOf(t, nativeStarter());
    const started = spawner.spawn({
      script: "exec sleep 600",
      shell: "sh",
      env: {},
      directory: rig.checkout,
      pipe: "/dev/null",
    });
    process.kill((await started.pid)!, "SIGTERM");
    assert.deepEqual(await started.exit, { kind: "exited", status: 143, left: "nothing" });
  },
);

test("where perl cannot be had as it is, commands run all the same", async (t) => {
  const rig = createRig(t, { shells: "kept", env: { PATH: process.env.PATH, PERL5OPT: "-Mno::such::module" } });
  const ended = await rig.run("sleep 600 & echo $! > pid");
  assert.equal(ended.result.kind, "succeeded");
  assert.ok(!isRunning(await pidIn(join(rig.checkout, "pid"))));
});

test("a quoted word is one word of ASCII that bash reads as the same text", async (t) => {
  const words = fc.sample(
    fc.string({ unit: "binary", maxLength: 30 }).filter((word) => !word.includes("\0")),
    { numRuns: 300, seed: 7 },
  );
  const rig = createRig(t);
  const ended = await rig.run({
    outputs: { words: "string" },
    steps: [step(`printf '%s\\0' ${words.map(quote).join(" ")} | { printf words=; base64 -w0; } >> "$BATON_OUTPUT"`)],
  });
  assert.ok(ended.result.kind === "succeeded");
  const read = Buffer.from(ended.result.outputs.words!, "base64").toString();
  assert.deepEqual(
    read.split("\0").slice(0, -1),
    words.map((word) => word.toWellFormed()),
  );
  for (const word of words) assert.match(quote(word), /^[\t\n -~]+$/);
});
