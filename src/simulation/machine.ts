/**
 * What a platform brings along so that its pipelines can be simulated: a world that is carried out one move at a time,
 * with a scheduler that may delay whatever nothing orders.
 */

import type { Scenario } from "./scenario.ts";
import type { Moment, Schedule } from "./schedule.ts";
import type { TraceEntry, TraceRun } from "./trace.ts";

/** What has happened so far; grows with every move. */
export interface Happened {
  readonly entries: readonly TraceEntry[];
  /** By id. */
  readonly runs: readonly TraceRun[];
}

/** A world that is being carried out. `Move` is whatever the platform calls one. */
export interface Machine<Move> extends Happened {
  /** What may happen next, in a stable order. Empty when all is over. */
  moves(): Iterable<Move>;
  perform(move: Move): void;
  /** A stable name for schedulers, such as `start deploy.yml#deploy`. */
  nameOf(move: Move): string;
  isSame(a: Move, b: Move): boolean;
  /** The event from outside that comes with the move. */
  eventOf(move: Move): string | undefined;
  /** The next move on the way to a moment: what must come before it comes first, everything else is held back. */
  nextMoveToward(moment: Moment): Move | undefined;
  /** Whether the move may come first without loss: it hinders no other, and no moment of the schedule is in it. */
  isUnseen(move: Move, rest: Schedule): boolean;
  /** A text for everything that the future depends on: equal texts, equal futures. */
  stateKey(): string;
  /** The move that was just performed is possible again, and the first of all. */
  goesOn(move: Move): boolean;
}

export interface Beginning {
  /** Where only these pipelines are in question, others that cannot have to do with them may be left out. */
  readonly about?: ReadonlySet<string> | undefined;
  /** Something else goes on beside it, so that nothing may follow on an event at once. */
  readonly isBesideOthers: boolean;
}

export interface SimulatedPlatform<Move> {
  /** Whether the pipeline is one of its own. */
  has(pipeline: string): boolean;
  begin(scenario: Scenario, beginning: Beginning): Machine<Move>;
}

// biome-ignore lint/suspicious/noExplicitAny: each platform has moves of its own, which nobody else looks into
export type AnySimulatedPlatform = SimulatedPlatform<any>;
