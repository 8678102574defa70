/** What pipelines use in a month, whether they were read from files or are yet to be made: the input of every count. */

import type { PriceId } from "./prices.ts";

export interface MonthlyUse {
  readonly pipelines: readonly UsedPipeline[];
  /** What belongs to no single pipeline. */
  readonly things: readonly UsedThing[];
  /** What costs something and has no price here. */
  readonly unpriced: readonly string[];
}

export interface UsedPipeline {
  readonly name: string;
  readonly type: "V1" | "V2";
  readonly runs: number;
  readonly actions: readonly UsedAction[];
  /** How long an artifact is kept. */
  readonly keptDays: number;
}

export interface UsedAction {
  /** Names by which its minutes may be given, the most exact first. */
  readonly names: readonly string[];
  /** Whole minutes of one run, as they are billed; 0 for what is not. */
  readonly minutes: number;
  readonly basis: Basis;
  /** Whether it is a build, and what its machine is paid by; a machine that has no price here costs nothing. */
  readonly build: { readonly machine: PriceId | undefined } | undefined;
  /** Artifacts that it reads and leaves. */
  readonly inputs: number;
  readonly outputs: number;
}

/** Where a duration is from: `free` work is not billed, whatever it takes. */
export type Basis = "measured" | "given" | "assumed" | "free";

export interface UsedThing {
  readonly price: PriceId;
  /** What it is, for people: `2 alarms`. */
  readonly item: string;
  readonly quantity: number;
  /** Why so many. */
  readonly because: string;
}
