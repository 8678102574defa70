import { getSystemErrorMap } from "node:util";
import { type Coprocess, framed, startCoprocess } from "./coprocess.ts";
import { RUNNER_MARK } from "./reap.ts";
import {
  findShell,
  type Spawner,
  type StepCommand,
  type StepExit,
  type StepProcess,
  scriptArguments,
} from "./step-process.ts";

/**
 * A program that is kept and starts commands. It is sent eight digits, the bytes that follow, and that many bytes; it answers
 * with a line for each process that it started, and one when that has ended:
 *
 *     <process number>
 *     <status> <what is left of it: nothing, or anything that says that it is not known>
 *
 * or with `!<errno>` where it could not start it.
 */
export interface Starter {
  program: string;
  arguments: readonly string[];
  /** Whether this end of it, before it has answered anything, says that it cannot be used on this machine. */
  cannotRun(status: number | "not-started" | null): boolean;
  /** Whether it can start this command at all. */
  fits(command: StepCommand): boolean;
  /** `script`: the last arguments of the shell. */
  request(command: StepCommand, shellPath: string, script: readonly string[]): string;
}

export interface CoprocessSpawnerOptions {
  starter: Starter | undefined;
  /** The environment every command begins with. */
  env: Record<string, string>;
  /** The value of the variable that marks what is kept, see reap.ts. */
  mark(): string;
  /** For commands that must not, or cannot, go through what is kept. */
  instead: Spawner;
}

/** More shells than this are not kept when nothing has run for a while. */
const IDLE_SHELLS = 8;
const A_WHILE_MS = 1000;

/** Starts commands through processes that are kept: each command is a real shell of its own. */
export function createCoprocessSpawner({ starter, env, mark, instead }: CoprocessSpawnerOptions): Spawner {
  return starter === undefined ? instead : keepingSpawner({ starter, env, mark, instead });
}

function keepingSpawner({ starter, env, mark, instead }: CoprocessSpawnerOptions & { starter: Starter }): Spawner {
  const idle: Coprocess[] = [];
  let tidying: NodeJS.Timeout | undefined;
  const all = new Set<Coprocess>();
  let usable = true;

  function take(): Coprocess {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      if (!kept.isGone) return kept;
      all.delete(kept);
    }
    const { program, arguments: words } = starter;
    const shell = startCoprocess({ program, arguments: words, env: { ...env, [RUNNER_MARK]: mark() } });
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
    const text = framed(starter.request(command, shellPath, script.arguments));
    if (text === undefined) {
      script.remove();
      return instead.spawn(command);
    }
    const shell = take();
    let known!: (pid: number | undefined) => void;
    const pid = new Promise<number | undefined>((resolve) => {
      known = resolve;
    });
    const exit = new Promise<StepExit>((resolve) => {
      let started = false;
      shell.send(text, {
        onLine(line) {
          if (!started && line.startsWith("!")) {
            giveBack(shell);
            script.remove();
            known(undefined);
            resolve({ kind: "not-started", reason: startProblem(shellPath, Number(line.slice(1))) });
            return;
          }
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
          if (started || !starter.cannotRun(status)) {
            known(undefined);
            resolve({ kind: "lost" });
            return;
          }
          usable = false;
          const other = instead.spawn(command);
          void other.pid.then(known);
          void other.exit.then(resolve);
        },
      });
    });
    return { pid, exit };
  }

  return {
    spawn(command) {
      if (!usable || !starter.fits(command)) return instead.spawn(command);
      const shellPath = findShell(command.shell, { ...env, ...command.env });
      if (shellPath === undefined) return instead.spawn(command);
      return run(command, shellPath);
    },
    close() {
      clearTimeout(tidying);
      for (const shell of all) shell.close();
      all.clear();
      instead.close();
    },
  };
}

/** As Node says it. */
function startProblem(shellPath: string, errno: number): string {
  return `spawn ${shellPath} ${getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`}`;
}
