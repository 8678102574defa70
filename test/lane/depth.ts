/** How much is tried, and from where: docs/testing.md is about it. */
const asked = process.env.BATON_TEST_DEPTH || "fast";
const factor = asked === "fast" ? 0.1 : asked === "full" ? 1 : Number(asked);
if (!(factor >= 1 || asked === "fast")) throw new Error(`BATON_TEST_DEPTH is fast, full or a number from 1: ${asked}`);

/** Also what is slow for what it says. */
export const isFull = factor >= 1;

/** The one random case, or the beginning of all, that is asked for. */
export const seed = process.env.BATON_TEST_SEED === undefined ? undefined : Number(process.env.BATON_TEST_SEED);

/** How often something is tried that full depth tries so many times. */
export const times = (full: number): number => Math.ceil(full * factor);

/** On CI the same cases each time: it refuses what was changed, and not what chance came upon today. */
const always = process.env.CI ? 1 : undefined;

/** The same for a property of fast-check. `from` is where it begins when nobody says where. Absent: elsewhere each time. */
export function tries(full: number, from = always): { numRuns: number; seed?: number } {
  const begin = seed ?? from;
  return { numRuns: times(full), ...(begin !== undefined && { seed: begin }) };
}
