/**
 * Worlds in which the engine was wrong once, with what it was. They are lived through in every test run. When the generator
 * changes a seed means another world: find one again with the old mistake, and see that it also stands as a plain test.
 */
export const keptSeeds: readonly { seed: number; was: string }[] = [
  { seed: 59, was: "a job that wanted to be alone in its group was joined by one with a higher limit" },
  { seed: 7, was: "in a retried run a lock was asked for before a tolerated failure further up had been tried again" },
  { seed: 512, was: "in a retried run a person was asked about prod while a check of dev was tried again" },
  { seed: 14, was: "in a retried run a job began before one at a distance, which was tried again, had ended" },
  { seed: 28, was: "what stood down first was named as the reason although something had failed" },
  { seed: 3, was: "a release took itself for a newer one that had come before it" },
  { seed: 1103, was: "a promotion that was retried went over what another run had changed while it ran" },
  {
    seed: 686,
    was: "a run that failed and was taken back verified what the rollback had left, and said that it was there",
  },
  { seed: 6494, was: "a rollback was to take out what a newer release had brought before its own was tried again" },
  {
    seed: 8149,
    was: "a promotion was given up for what an older run told of, at its end, while the promotion had the lock",
  },
  {
    seed: 2114,
    was: "what a release had left was undone with values of the first time that it was there, not of the last",
  },
  {
    seed: 2241,
    was: "what a retried run had begun the first time was undone as if it had come again, upon a newer release",
  },
  { seed: 7047, was: "a session that had lost its lease began a job that nobody could know of, and crashed" },
];
