import { existsSync } from "node:fs";
import { type Coprocess, startCoprocess } from "./coprocess.ts";
import { RUNNER_MARK } from "./reap.ts";
import { commandText, fitsCoprocess } from "./shell-text.ts";
import {
  findShell,
  type Spawner,
  type StepCommand,
  type StepExit,
  type StepProcess,
  scriptArguments,
} from "./step-process.ts";

export interface CoprocessSpawnerOptions {
  /** The environment every command begins with. */
  env: Record<string, string>;
  /** The value of the variable that marks the shells, see reap.ts. */
  mark(): string;
  /** For commands that must not, or cannot, go through a kept shell. */
  direct: Spawner;
}

/**
 * Reads the length of a command and the command, starts it in a process group of its own (that is what `set -m` is for;
 * while it is on, a command that was merely stopped would count as ended), answers with its process number and, when it
 * has ended, with its status and what is left of it: the numbers of the shell's children, or a question mark. Its own variables
 * have names that no environment has, for one that is inherited would reach the command changed.
 */
const BASH_LOOP = `((BASH_VERSINFO[0] >= 5)) || exit 3
while IFS= read -r -N 8 __baton_size && IFS= read -r -N "$__baton_size" __baton_text; do
  set -m
  eval "$__baton_text"
  set +m
  echo $!
  wait $!
  __baton_status=$?
  __baton_left=?
  [ "$1" != reaper ] || read -r __baton_left <"/proc/self/task/$$/children"
  echo "$__baton_status $__baton_left"
done`;

/**
 * Makes the shell a subreaper: whatever a command starts, in whatever session and with whatever environment, is the shell's
 * child once its parents are gone. So a shell without children has left nothing behind, and nobody has to look at all
 * processes of the machine for it. A shell cannot ask for that itself and neither can Node, but perl can, before it becomes
 * the shell.
 */
const BECOME_SUBREAPER = `my $prctl = shift; my $result = syscall($prctl + 0, 36, 1, 0, 0, 0);
exec { $ARGV[0] } @ARGV, $result == 0 ? "reaper" : "none"`;

/** Where a system has its perl, if it has one. One that is found on the path may be a script that looks for another. */
const PERL = "/usr/bin/perl";

/** The number of prctl(2). */
const PRCTL: Partial<Record<NodeJS.Architecture, number>> = {
  x64: 157,
  arm64: 167,
  riscv64: 167,
  ppc64: 171,
  s390x: 172,
};

/** The words in front of those of a shell that make it a subreaper; none where that cannot be had. */
function asSubreaper(env: Record<string, string>): string[] {
  const prctl = PRCTL[process.arch];
  if (process.platform !== "linux" || prctl === undefined || env.PERL5OPT !== undefined || !existsSync(PERL)) return [];
  return [PERL, "-f", "-e", BECOME_SUBREAPER, String(prctl)];
}

/** With this a bash says that it is older than those this was tried with. */
const TOO_OLD = 3;

/** More shells than this are not kept when nothing has run for a while. */
const IDLE_SHELLS = 8;
const A_WHILE_MS = 1000;

/** Starts commands through kept shells: each is a real shell of its own that the kept one forks and replaces itself with. */
export function createCoprocessSpawner({ env, mark, direct }: CoprocessSpawnerOptions): Spawner {
  const idle: Coprocess[] = [];
  let tidying: NodeJS.Timeout | undefined;
  const all = new Set<Coprocess>();
  const bash = findShell("bash", env);
  let usable = bash !== undefined && Object.keys(env).every((name) => fitsCoprocess(name, "inherited"));

  const reaper = asSubreaper(env);
  const restored = { SHLVL: env.SHLVL, OLDPWD: undefined, [RUNNER_MARK]: undefined };

  function take(): Coprocess {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      if (!kept.isGone) return kept;
      all.delete(kept);
    }
    const [program, ...words] = [...reaper, bash!, "--noprofile", "--norc", "-c", BASH_LOOP, "bash"];
    const shell = startCoprocess({ program: program!, arguments: words, env: { ...env, [RUNNER_MARK]: mark() } });
    all.add(shell);
    return shell;
  }

  function giveBack(shell: Coprocess): void {
    shell.rest();
    idle.push(shell);
    tidying ??= setTimeout(tidy, A_WHILE_MS).unref();
  }

  /** As many as ran at a time are needed again in a moment, mostly: starting one takes longer than a short command. */
  function tidy(): void {
    tidying = undefined;
    if (idle.length < all.size) return;
    for (const shell of idle.splice(0, idle.length - IDLE_SHELLS)) {
      all.delete(shell);
      shell.close();
    }
  }

  function run(command: StepCommand, shellPath: string): StepProcess {
    const script = scriptArguments(command);
    const text = commandText({ command, shellPath, script: script.arguments, restored });
    const shell = take();
    let known!: (pid: number | undefined) => void;
    const pid = new Promise<number | undefined>((resolve) => {
      known = resolve;
    });
    const exit = new Promise<StepExit>((resolve) => {
      let started = false;
      shell.send(`${String(text.length).padStart(8, "0")}${text}`, {
        onLine(line) {
          if (!started) {
            started = true;
            known(Number(line));
            return;
          }
          giveBack(shell);
          script.remove();
          const [, status, left] = /^(\d+) ?(.*)$/.exec(line)!;
          resolve({ kind: "exited", status: Number(status), left: left === "" ? "nothing" : "unknown" });
        },
        onGone(status) {
          all.delete(shell);
          script.remove();
          if (status !== TOO_OLD || started) {
            known(undefined);
            resolve({ kind: "lost" });
            return;
          }
          usable = false;
          const instead = direct.spawn(command);
          void instead.pid.then(known);
          void instead.exit.then(resolve);
        },
      });
    });
    return { pid, exit };
  }

  return {
    spawn(command) {
      if (!usable || !Object.keys(command.env).every((name) => fitsCoprocess(name, "added")))
        return direct.spawn(command);
      const shellPath = findShell(command.shell, { ...env, ...command.env });
      if (shellPath === undefined) return direct.spawn(command);
      return run(command, shellPath);
    },
    close() {
      clearTimeout(tidying);
      for (const shell of all) shell.close();
      all.clear();
    },
  };
}
