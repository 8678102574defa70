/** How much is tried, and from where: docs/testing.md is about it. */
const asked = process.env.BATON_TEST_DEPTH || "fast";
const factor = asked === "fast" ? 0.1 : asked === "full" ? 1 : Number(asked);
if (!(factor >= 1 || asked === "fast")) throw new Error(`BATON_TEST_DEPTH is fast, full or a number from 1: ${asked}`);

/** Also what is slow for what it says. */
export const isFull = factor >= 1;

const begin = process.env.BATON_TEST_SEED || undefined;
if (begin !== undefined && begin !== "random" && !Number.isInteger(Number(begin))) {
  throw new Error(`BATON_TEST_SEED is a whole number or random: ${begin}`);
}

/** The one random case, or the beginning of all, that is asked for. */
export const seed = begin === undefined || begin === "random" ? undefined : Number(begin);

/** Where what draws its cases itself begins. */
export const firstSeed = seed ?? (begin === "random" ? Date.now() % 1_000_000 : 1);

/** How often something is tried that full depth tries so many times. */
export const times = (full: number): number => Math.ceil(full * factor);

/**
 * The same for a property of fast-check. `from` is where it begins when nobody says where: the same cases each time, so that
 * a change is refused for what it did, and not for what chance came upon today.
 */
export function tries(full: number, from = 1): { numRuns: number; seed?: number } {
  return { numRuns: times(full), ...(begin !== "random" && { seed: seed ?? from }) };
}
