import { createRequire } from "node:module";
import { types } from "node:util";
import { Script } from "node:vm";
import type { Caller, Refused } from "../control.ts";
import { waitedMs } from "../local/waited.ts";
import { explainExit, explainLoadError, explainTimeout } from "./explain.ts";
import { registerDefinitionHooks } from "./module-hooks.ts";

export interface CodeFile {
  file: string;
  cwd: string;
  limitMs: number;
  /** Lines for the person, when the file leaves the process. */
  say: Caller["say"];
}

/**
 * It cannot be loaded under a time limit in this process: the module uses `await` at its top level, or the machine was so busy
 * that what the limit leaves it was not given.
 */
export class NeedsProcess extends Error {
  override readonly name = "NeedsProcess";
}

/**
 * Loads a definition written as code and returns what it exports. A synchronous `require` inside a script with a timeout
 * is the one way to stop a loop that never ends without a second thread or process, so it costs nothing when all is well.
 *
 * @throws {Refused} that explains what is wrong with the file.
 * @throws {NeedsProcess}
 */
export function loadCode({ file, cwd, limitMs, say }: CodeFile): Record<string, unknown> {
  const require = createRequire(import.meta.url);
  const hooks = registerDefinitionHooks();
  const key = Symbol.for("baton.load");
  const place = globalThis as Record<symbol, unknown>;
  place[key] = () => require(file);
  const calm = keepQuiet(() => explainExit(file, cwd), say);
  const before = waitedMs("self");
  try {
    const script = new Script('globalThis[Symbol.for("baton.load")]()', { filename: "baton-load" });
    return exportsOf(script.runInThisContext({ timeout: limitMs }));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (code === "ERR_REQUIRE_ASYNC_MODULE") throw new NeedsProcess();
    if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
      // A cut script cannot go on; in a process of its own it is watched by another clock.
      if (waitedMs("self") - before > limitMs / 10) throw new NeedsProcess();
      throw explainTimeout(file, limitMs, cwd);
    }
    throw explainLoadError(error, file, cwd);
  } finally {
    calm();
    hooks.deregister();
    delete place[key];
  }
}

/** `module.exports = delivery(…)` is what `export default delivery(…)` is in a module. */
function exportsOf(loaded: unknown): Record<string, unknown> {
  const isNamed = types.isModuleNamespaceObject(loaded) || Object(loaded).__esModule === true;
  return isNamed ? (loaded as Record<string, unknown>) : { default: loaded };
}

/** The same without a time limit, for a process that somebody else watches. */
export async function loadCodeThatAwaits({ file, cwd, say }: CodeFile): Promise<Record<string, unknown>> {
  const hooks = registerDefinitionHooks();
  const calm = keepQuiet(() => explainExit(file, cwd), say);
  try {
    return (await import(file)) as Record<string, unknown>;
  } catch (error) {
    throw explainLoadError(error, file, cwd);
  } finally {
    calm();
    hooks.deregister();
  }
}

/** What a definition prints must not mix with our data, and its `process.exit` must not look like a success. */
function keepQuiet(onExit: () => Refused, say: Caller["say"]): () => void {
  const { write } = process.stdout;
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof write;
  const complain = () => {
    const { because = "", remedy } = onExit().refusal;
    say(...`baton: ${because}`.split("\n"), ...(remedy === undefined ? [] : [`  next: ${remedy}`]));
    process.exitCode = 2;
  };
  process.once("exit", complain);
  return () => {
    process.stdout.write = write;
    process.off("exit", complain);
  };
}
