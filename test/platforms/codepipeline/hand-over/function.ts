/** The function of the generated files, run by the real Python, with whatever stands in for CodePipeline given by a test. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What the function asks CodePipeline; null: there is no such run. */
export type Answers = (call: string, asked: never) => unknown;

export interface HandOverFunction extends AsyncDisposable {
  /** Sends one line and reads what is said until it is done. */
  ask<T>(line: object): Promise<T>;
}

export async function startFunction(
  source: string,
  { env, answers }: { env: NodeJS.ProcessEnv; answers?: Answers },
): Promise<HandOverFunction> {
  const folder = mkdtempSync(join(tmpdir(), "baton-hand-over-"));
  const file = join(folder, "index.py");
  writeFileSync(file, source);
  const script = fileURLToPath(new URL("function.py", import.meta.url));
  const child = spawn("python3", [script, file, ...(answers ? ["world"] : [])], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  await once(child, "spawn").catch((error) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const tell = (what: unknown) => child.stdin.write(`${JSON.stringify(what)}\n`);
  return {
    async ask<T>(line: object): Promise<T> {
      tell(line);
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`the function is gone: ${errors}`);
        if (!value.startsWith("SAYS")) continue;
        const said = JSON.parse(value.slice(4)) as { call?: string; arguments?: never; raised?: string };
        if (said.raised !== undefined) throw new Error(`the function has raised: ${said.raised}`);
        if (said.call === undefined) return said as T;
        tell(answers!(said.call, said.arguments!));
      }
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.stdin.end();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
