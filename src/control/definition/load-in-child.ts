import { spawn } from "node:child_process";
import type { Delivery } from "../../model/delivery.ts";
import { type Asked, Refused } from "../control.ts";
import { explainExit, explainTimeout } from "./explain.ts";
import type { CodeFile } from "./load-code.ts";

/** What the child prints: `commands/read-definition.ts`. */
export type ChildAnswer = Asked<Delivery>;

/**
 * Loads a definition in a process of its own, for two reasons: after an `await` at its top level nothing in this
 * process could stop a loop, and what a process has loaded once it does not read again. Costs one start of Node.
 */
export async function loadInChild(request: Omit<CodeFile, "say"> & { entry: string }): Promise<Delivery> {
  const { file, cwd, limitMs, entry } = request;
  const child = spawn(process.execPath, [...process.execArgv, entry, "read-definition", file], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  const { promise, resolve, reject } = Promise.withResolvers<NodeJS.Signals | null>();
  child.once("error", reject);
  child.once("close", (_code, signal) => resolve(signal));
  if ((await promise) === "SIGKILL") throw explainTimeout(file, limitMs, cwd);
  if (text === "") throw explainExit(file, cwd);
  const answer = JSON.parse(text) as ChildAnswer;
  if (answer.ok) return answer.value;
  throw new Refused(answer.refusal);
}
