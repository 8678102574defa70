import type { Scheduler } from "../../../../src/simulation/simulator.ts";

/** A scheduler that chooses by a small seeded generator (mulberry32). */
export function randomScheduler(seed: number): Scheduler {
  let state = seed | 0;
  return {
    choose(options) {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) % options.length;
    },
  };
}
