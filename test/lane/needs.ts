/**
 * When a test runs at all: `test("dot reads it", needs("dot"), ...)`. What is left out here is counted by `main.ts`, which
 * tells a program that is missing from a test that belongs to full depth alone.
 */
import { isFull } from "./depth.ts";
import { howToGet, missingOf, type Program } from "./programs.ts";

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
  return { skip: missing + without.map((program) => `${program} (${howToGet[program]})`).join(" and ") };
}

/** Runs at full depth, where these programs are: what is slow for what it says. */
export function fullDepth(...programs: readonly Program[]): WhenToRun {
  return isFull ? needs(...programs) : { skip: `${notInFastLane}: BATON_TEST_DEPTH=full` };
}

export interface Missing {
  what: string;
  howToGet: string;
}

/** Reads back why a test was skipped. A test that says something else misses that. */
export function skippedFor(reason: string): "depth" | Missing[] {
  if (reason.startsWith(notInFastLane)) return "depth";
  const parts = reason.startsWith(missing)
    ? reason.slice(missing.length).matchAll(/(?:^| and )([^()]+) \(([^()]*)\)/g)
    : [];
  const told = Array.from(parts, ([, what, howToGet]) => ({ what: what!, howToGet: howToGet! }));
  return told.length > 0 ? told : [{ what: reason, howToGet: "" }];
}
