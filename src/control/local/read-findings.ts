import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { type Asked, Refused, refused } from "../control.ts";
import type { Place } from "../project.ts";
import { type FindingsView, findingsView } from "../views/findings.ts";
import { checkRepository } from "./check-repository.ts";

/** What the child prints: `commands/read-findings.ts`. */
export type FindingsAnswer = Asked<FindingsView>;

/** A check of a large repository takes seconds. */
const limitMs = 60_000;

/**
 * What `check` finds in the repository that the definition stands in. Whoever asks for days has it looked at by a process of
 * its own, which may take its time and its memory. @throws {Refused}
 */
export async function readFindings({ project, caller }: Place): Promise<FindingsView> {
  const root = project.repository ?? dirname(project.file);
  return caller.isLasting ? await inChild(root, caller) : await findingsIn(root);
}

/** @throws {Refused} */
export async function findingsIn(root: string): Promise<FindingsView> {
  return findingsView(await checkRepository(root));
}

async function inChild(root: string, { cwd, entry }: Place["caller"]): Promise<FindingsView> {
  const child = spawn(process.execPath, [...process.execArgv, entry, "read-findings", root], {
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
  const isLate = (await promise) === "SIGKILL";
  if (isLate || text === "") {
    const because = isLate ? `the check took longer than ${limitMs / 1000} s` : "the check ended without an answer";
    throw refused("not-ready", { subject: root, because });
  }
  const answer = JSON.parse(text) as FindingsAnswer;
  if (answer.ok) return answer.value;
  throw new Refused(answer.refusal);
}
