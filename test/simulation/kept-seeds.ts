/** Worlds in which something was wrong once, with what it was. They are lived through in every test run. */
export const keptSeeds: readonly { seed: number; was: string }[] = [
  { seed: 74, was: "two jobs of one group with different limits: one that wanted to be alone was joined by another" },
  { seed: 410, was: "after a retry a person was asked about prod while a job of test ran again" },
  { seed: 678, was: "after a retry a job began before a tolerated failure further up had been tried again" },
  { seed: 257, was: "an approval was told after a retry had taken it back (the checker was wrong)" },
  { seed: 1795, was: "a retried job kept its place in line from before the cancel (the checker was wrong)" },
];
