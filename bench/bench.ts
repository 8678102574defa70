/**
 * One question about speed. Its sides answer it in turns (A B A B …), so that a busy minute of the machine falls on all
 * of them; the first round only warms up. The time that passed misleads on a machine that others use, so processor time
 * stands beside it. A ratio belongs to one run on one machine, so it can be compared with others.
 */
export interface Bench {
  name: string;
  /** What is done, in one sentence without a final stop. */
  about: string;
  /** What the design allows, for the reader. */
  budget?: string;
  unit: "ms" | "MB" | "µs";
  rounds: number;
  /** Without a round to warm up: each takes minutes. */
  isLong?: true;
  /** The ratio of each side is to the first. */
  sides: Side[];
}

export interface Side {
  name: string;
  /** Measured amounts are divided by this before they are compared: items, for a question of growth. */
  per?: number;
  /** The command that installs it, where it is not on this machine. */
  missing?: string;
  /** Before each measurement, not measured. */
  prepare?(): void;
  /** Does it once and returns the amount in the bench's unit, and what it took of all processors where that is known. */
  measure(): number | Spent;
}

/** By a whole process and all that it started. */
export interface Spent {
  wallMs: number;
  /** Absent where there is nothing to measure it with. */
  cpuMs?: number;
}
