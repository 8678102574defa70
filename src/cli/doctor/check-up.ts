import { Failure, UsageError } from "../problem.ts";

/** One thing that was looked at. `remedy` says what to do; only where something is not as it should be. */
export interface CheckUp {
  name: string;
  verdict: "ok" | "warn" | "fail";
  text: string;
  remedy?: string;
}

/** Puts what was refused on one line; what is no refusal is a bug and goes on. */
export function refused(name: string, error: unknown): CheckUp {
  const isWorldly = error instanceof UsageError || error instanceof Failure || (error as Error)?.name === "StoreError";
  if (!isWorldly) throw error;
  const { message, next } = error as UsageError;
  return { name, verdict: "fail", text: message, ...(next !== undefined && { remedy: next }) };
}
