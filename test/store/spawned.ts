import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

/** A real process of the test's own: its lines as they come, its end, and nothing left of it after the test. */
export interface Spawned {
  child: ChildProcess;
  /** The next line it writes; undefined when it has ended. */
  line(): Promise<string | undefined>;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Everything it wrote on stderr until it ended. */
  complaint(): Promise<string>;
}

/** Starts a script of this folder with node. `through` is a command that starts it, with its arguments. */
export function spawnScript(
  test: TestContext,
  options: { script: string; args: string[]; through?: string[] },
): Spawned {
  const script = fileURLToPath(new URL(options.script, import.meta.url));
  const [program, ...args] = [...(options.through ?? []), process.execPath, script, ...options.args];
  const child = spawn(program!, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  test.after(() => {
    child.kill("SIGKILL");
    return ended;
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  let stderr = "";
  child.stderr!.on("data", (text) => {
    stderr += text;
  });
  return {
    child,
    line: async () => (await lines.next()).value as string | undefined,
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
    async complaint() {
      await ended;
      return stderr;
    },
  };
}
