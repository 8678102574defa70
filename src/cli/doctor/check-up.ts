import { problemIn } from "../refusals.ts";

/** One thing that was looked at. `remedy` says what to do; only where something is not as it should be. */
export interface CheckUp {
  name: string;
  verdict: "ok" | "warn" | "fail";
  text: string;
  remedy?: string;
}

/** Puts what was refused on one line; what is no refusal is a bug and goes on. */
export function refused(name: string, error: unknown): CheckUp {
  const problem = problemIn(error);
  if (problem === undefined) throw error;
  const { message, next } = problem;
  return { name, verdict: "fail", text: message, ...(next !== undefined && { remedy: next }) };
}
