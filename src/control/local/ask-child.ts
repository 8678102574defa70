import { spawn } from "node:child_process";
import { type Asked, Refused } from "../control.ts";

/** What keeps a child from answering. */
export type NoAnswer = "late" | "silent";

export interface ChildQuestion {
  /** Baton's own entry, and the command of it that prints what it found as one `Asked`. */
  entry: string;
  command: string[];
  cwd: string;
  limitMs: number;
  /** What to throw then. */
  explain(none: NoAnswer): Error;
}

/** Asks a Baton of its own, which may take its time and its memory, and is ended when it takes too long. @throws {Refused} */
export async function askChild<Answer>({ entry, command, cwd, limitMs, explain }: ChildQuestion): Promise<Answer> {
  const child = spawn(process.execPath, [...process.execArgv, entry, ...command], {
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
  if ((await promise) === "SIGKILL") throw explain("late");
  if (text === "") throw explain("silent");
  const answer = JSON.parse(text) as Asked<Answer>;
  if (answer.ok) return answer.value;
  throw new Refused(answer.refusal);
}
