import { spawn } from "node:child_process";
import { type Asked, Refused } from "../control.ts";
import { waitedMs } from "./waited.ts";

/** What keeps a child from answering. */
export type NoAnswer = "late" | "silent";

export interface ChildQuestion {
  /** Baton's own entry, and the command of it that prints what it found as one `Asked`. */
  entry: string;
  command: string[];
  cwd: string;
  /** Without the time in which the machine had no processor for it. */
  limitMs: number;
  /** What to throw then. */
  explain(none: NoAnswer): Error;
}

/** Asks a Baton of its own, which may take its time and its memory, and is ended when it takes too long. @throws {Refused} */
export async function askChild<Answer>({ entry, command, cwd, limitMs, explain }: ChildQuestion): Promise<Answer> {
  const child = spawn(process.execPath, [...process.execArgv, entry, ...command], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const began = performance.now();
  const look = () => {
    const leftMs = limitMs - (performance.now() - began - waitedMs(child.pid ?? 0));
    if (leftMs > 0) timer = setTimeout(look, Math.max(leftMs, 20));
    else child.kill("SIGKILL");
  };
  let timer = setTimeout(look, limitMs);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  const { promise, resolve, reject } = Promise.withResolvers<NodeJS.Signals | null>();
  child.once("error", reject);
  child.once("close", (_code, signal) => resolve(signal));
  const signal = await promise.finally(() => clearTimeout(timer));
  if (signal === "SIGKILL") throw explain("late");
  if (text === "") throw explain("silent");
  const answer = JSON.parse(text) as Asked<Answer>;
  if (answer.ok) return answer.value;
  throw new Refused(answer.refusal);
}
