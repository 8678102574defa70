/** What a platform offers that knows what its pipelines cost a month. All of it is plain data, for any face. */

import type { Wanted } from "./writer.ts";

export interface Costs {
  load(): Promise<CostEstimator>;
}

/** What a minute of a job costs on the machines that a platform starts by itself, each begun minute of each job counted whole. */
export interface MinutePrice {
  /** As the platform names it: `Linux 2-core`. */
  readonly machine: string;
  readonly usd: number;
  readonly source: string;
  /** When it was looked up, as year and month. */
  readonly asOf: string;
}

export interface CostEstimator {
  /** @throws {CannotWrite} as the writer does. */
  estimate(wanted: Wanted, question: CostQuestion): Promise<Estimate | NothingToCompare>;
}

export interface CostQuestion {
  /** Milliseconds that jobs usually take, by the name under which they ran here. */
  readonly usual: ReadonlyMap<string, number>;
  /** Laid over the settings: runs a month by pipeline, minutes by job or action; `default` is for all others. */
  readonly runs: Readonly<Record<string, number>>;
  readonly minutes: Readonly<Record<string, number>>;
  /** Nobody else uses what is free each month. */
  readonly freeTier: boolean;
  /** A file or folder with pipelines that exist, to compare with. Absolute. */
  readonly against: string | undefined;
}

/** In what was given to compare with, there is no pipeline. */
export interface NothingToCompare {
  readonly kind: "nothing";
  readonly because: string | undefined;
  readonly next: string;
}

export interface Estimate {
  readonly kind: "estimate";
  readonly layout: string;
  readonly currency: string;
  readonly region: string;
  readonly uses: Sides<MonthlyUse>;
  readonly bills: Sides<Bill>;
  readonly comparison: Comparison;
  /** Of what is paid for, by their ids. */
  readonly prices: Readonly<Record<string, Price>>;
  /** Services that are shown also where they cost nothing. */
  readonly always: readonly string[];
  readonly assumed: Assumed;
  /** Names in the settings that nothing here has. */
  readonly unused: readonly string[];
  readonly notCounted: readonly string[];
}

/** What is to be, and what it is compared with. */
export interface Sides<T> {
  readonly after: T;
  readonly before?: T;
}

/** What nobody can read off the files. */
export interface Assumed {
  /** For people: minutes of work that was never measured. */
  readonly minutes: string;
  /** Of a machine, before and after what was measured here. */
  readonly setupSeconds: number;
  readonly freeTier: boolean;
}

export interface MonthlyUse {
  readonly pipelines: readonly PricedPipeline[];
}

export interface PricedPipeline {
  readonly name: string;
  readonly runs: number;
  readonly actions: readonly PricedAction[];
}

export interface PricedAction {
  /** Names by which its minutes may be given, the most exact first. */
  readonly names: readonly string[];
  /** Whole minutes of one run, as they are billed; 0 for what is not. */
  readonly minutes: number;
  readonly basis: Basis;
}

/** Where a duration is from: `free` work is not billed, whatever it takes. */
export type Basis = "measured" | "given" | "assumed" | "free";

export interface Bill {
  readonly lines: readonly CostLine[];
  /** The sum of the lines. */
  readonly usd: number;
}

export interface CostLine {
  readonly service: string;
  readonly price: string;
  /** Undefined for what several pipelines share. */
  readonly pipeline: string | undefined;
  /** What is counted, for people: `active pipeline`, `4 builds`. */
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  /** So much of the quantity costs nothing this month. */
  readonly free: number;
  readonly unitUsd: number;
  readonly usd: number;
  readonly because: string;
}

export interface Price {
  readonly usd: number;
  /** What the price is for. */
  readonly unit: string;
  /** Units that cost nothing each month, for the account as a whole. */
  readonly free: number;
  /** When it was looked up, as year and month. */
  readonly asOf: string;
}

export interface Comparison {
  readonly rows: readonly ComparedRow[];
  readonly before: number | undefined;
  readonly after: number;
}

export interface ComparedRow {
  readonly service: string;
  /** The pipeline, or what it is that several share. */
  readonly item: string;
  /** Undefined where this side has no such thing. */
  readonly before: ComparedSide | undefined;
  readonly after: ComparedSide | undefined;
}

export interface ComparedSide {
  readonly usd: number;
  readonly lines: readonly CostLine[];
}
