import type { CheckUp } from "../../platforms/live.ts";
import { problemIn } from "../refusals.ts";

/** Puts what was refused on one line; what is no refusal is a bug and goes on. */
export function refused(name: string, error: unknown): CheckUp {
  const problem = problemIn(error);
  if (problem === undefined) throw error;
  const { message, next } = problem;
  return { name, verdict: "fail", text: message, ...(next !== undefined && { remedy: next }) };
}
