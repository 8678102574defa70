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
 * has ended, with its status.
 */
const BASH_LOOP = `((BASH_VERSINFO[0] >= 5)) || exit 3
while IFS= read -r -N 8 size && IFS= read -r -N "$size" text; do
  set -m
  eval "$text"
  set +m
  echo $!
  wait $!
  echo $?
done`;

/** With this a bash says that it is older than those this was tried with. */
const TOO_OLD = 3;

/** More shells than this are not kept while nothing runs. */
const IDLE_SHELLS = 8;

/** Starts commands through kept shells: each is a real shell of its own that the kept one forks and replaces itself with. */
export function createCoprocessSpawner({ env, mark, direct }: CoprocessSpawnerOptions): Spawner {
  const idle: Coprocess[] = [];
  const all = new Set<Coprocess>();
  const bash = findShell("bash", env);
  let usable = bash !== undefined && Object.keys(env).every((name) => fitsCoprocess(name, "inherited"));

  const restored = { SHLVL: env.SHLVL, OLDPWD: undefined, [RUNNER_MARK]: undefined };

  function take(): Coprocess {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) if (!kept.isGone) return kept;
    const words = ["--noprofile", "--norc", "-c", BASH_LOOP];
    const shell = startCoprocess({ program: bash!, arguments: words, env: { ...env, [RUNNER_MARK]: mark() } });
    all.add(shell);
    return shell;
  }

  function giveBack(shell: Coprocess): void {
    shell.rest();
    if (idle.length < IDLE_SHELLS) {
      idle.push(shell);
      return;
    }
    all.delete(shell);
    shell.close();
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
          resolve({ kind: "exited", status: Number(line) });
        },
        onGone(status) {
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
      for (const shell of all) shell.close();
      all.clear();
    },
  };
}
