/**
 * When a test runs at all: `test("dot reads it", needs("dot"), ...)`. What is left out here is counted by `main.ts`, which
 * tells a program that is missing from a test that belongs to full depth alone.
 */
import { isFull } from "./depth.ts";
import { howToGetProgram, missingOf, type Program } from "./programs.ts";

export interface WhenToRun {
  skip?: string;
}

/** Emulated AWS, with the command line that asks it: see `../aws/emulator.ts`. */
export const emulator = ["python3", "moto_server", "aws"] as const;

const missing = "needs ";
const notInFastLane = "not in the fast lane";

/** Runs where these programs are. */
export function needs(...programs: readonly Program[]): WhenToRun {
  const without = missingOf(programs);
  if (without.length === 0) return {};
  return { skip: missing + without.map((program) => `${program} (${howToGetProgram(program)})`).join(" and ") };
}

/** Runs at full depth, where these programs are: what is slow for what it says. */
export function fullDepth(...programs: readonly Program[]): WhenToRun {
  return isFull ? needs(...programs) : { skip: `${notInFastLane}: BATON_TEST_DEPTH=full` };
}

/** Reads back why a test was skipped. */
export function skippedFor(reason: string): "depth" | { programs: string[] } | "other" {
  if (reason.startsWith(notInFastLane)) return "depth";
  if (!reason.startsWith(missing)) return "other";
  return { programs: [...reason.slice(missing.length).matchAll(/(?:^| and )(\S+) \(/g)].map((match) => match[1]!) };
}
