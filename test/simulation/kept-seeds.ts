/** Worlds in which the engine was wrong once, with what it was. They are lived through in every test run. */
export const keptSeeds: readonly { seed: number; was: string }[] = [
  { seed: 776, was: "a job that wanted to be alone in its group was joined by one with a higher limit" },
  { seed: 1369, was: "the same, between two runs" },
  { seed: 89, was: "after a retry a job's turn came before a tolerated failure further up had been tried again" },
  { seed: 412, was: "the same, and it asked for a lock" },
];
