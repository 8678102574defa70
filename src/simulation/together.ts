/**
 * Machines of several platforms side by side. Each goes on as it likes; only what comes from outside comes to all of them
 * at one time, when it can come to all. Runs get numbers of their own, in the order in which they begin.
 */

import type { AnySimulatedPlatform, Machine } from "./machine.ts";
import type { Scenario } from "./scenario.ts";
import type { Moment, Schedule } from "./schedule.ts";
import type { TraceEntry, TraceRun } from "./trace.ts";

/** A machine is known by its position. */
export type JointMove =
  | { readonly kind: "own"; readonly of: number; readonly move: unknown }
  | { readonly kind: "event"; readonly event: string; readonly moves: readonly unknown[] };

export function together(
  platforms: readonly AnySimulatedPlatform[],
  scenario: Scenario,
  about: ReadonlySet<string> | undefined,
): Machine<unknown> {
  const isBesideOthers = platforms.length > 1;
  const machines = platforms.map((platform) => platform.begin(scenario, { about, isBesideOthers }));
  const [only] = machines;
  if (only && machines.length === 1) return only;
  return new JointMachine(machines, platforms, scenario) as Machine<unknown>;
}

class JointMachine implements Machine<JointMove> {
  readonly entries: TraceEntry[] = [];
  readonly runs: TraceRun[] = [];
  private readonly machines: readonly Machine<unknown>[];
  private readonly platforms: readonly AnySimulatedPlatform[];
  /** Events from outside that have not come yet. */
  private readonly waiting: string[];
  /** How far each machine's entries have been read, and the numbers that its runs have here. */
  private readonly read: number[];
  private readonly numbers: number[][];

  constructor(machines: readonly Machine<unknown>[], platforms: readonly AnySimulatedPlatform[], { events }: Scenario) {
    this.machines = machines;
    this.platforms = platforms;
    this.waiting = events.map(({ id }) => id);
    this.read = machines.map(() => 0);
    this.numbers = machines.map(() => []);
  }

  *moves(): Generator<JointMove> {
    const offered: unknown[] = [];
    for (const [of, machine] of this.machines.entries()) {
      for (const move of machine.moves()) {
        if (machine.eventOf(move) === undefined) yield { kind: "own", of, move };
        else offered[of] = move;
      }
    }
    const event = this.eventFor(offered);
    if (event) yield event;
  }

  private eventFor(moves: readonly unknown[]): JointMove | undefined {
    const [event] = this.waiting;
    const canCome = this.machines.every((_, of) => moves[of] !== undefined);
    return event !== undefined && canCome ? { kind: "event", event, moves } : undefined;
  }

  perform(move: JointMove): void {
    if (move.kind === "own") {
      this.machines[move.of]!.perform(move.move);
      this.follow(move.of);
      return;
    }
    this.waiting.shift();
    for (const [of, machine] of this.machines.entries()) {
      machine.perform(move.moves[of]);
      this.follow(of);
    }
  }

  /** Takes over what a machine has added, with the numbers that runs have here. */
  private follow(of: number): void {
    const { entries, runs } = this.machines[of]!;
    const numbers = this.numbers[of]!;
    const numbered = (run: number): number => numbers[run]!;
    for (let at = this.read[of]!; at < entries.length; at++) {
      const entry = entries[at]!;
      if (entry.kind === "event" && of > 0) continue;
      const here = { at: this.entries.length };
      if (entry.kind === "event" || entry.kind === "not-started") this.entries.push({ ...entry, ...here });
      else if (entry.kind === "run-created") {
        const run = this.renumbered(runs[entry.run.id]!, numbers);
        this.entries.push({ ...entry, ...here, run });
      } else if (entry.kind === "read" && entry.found.of === "artifact") {
        const { from } = entry.found;
        const found = { ...entry.found, from: from === undefined ? undefined : numbered(from) };
        this.entries.push({ ...entry, ...here, run: numbered(entry.run), found });
      } else this.entries.push({ ...entry, ...here, run: numbered(entry.run) });
    }
    this.read[of] = entries.length;
  }

  private renumbered(run: TraceRun, numbers: number[]): TraceRun {
    const { cause } = run;
    const id = this.runs.length;
    numbers[run.id] = id;
    const made = { ...run, id, cause: cause.kind === "run" ? { ...cause, run: numbers[cause.run]! } : cause };
    this.runs.push(made);
    return made;
  }

  nameOf(move: JointMove): string {
    return move.kind === "event" ? `deliver ${move.event}` : this.machines[move.of]!.nameOf(move.move);
  }

  isSame(a: JointMove, b: JointMove): boolean {
    if (a.kind === "event" || b.kind === "event") return a.kind === b.kind;
    return a.of === b.of && this.machines[a.of]!.isSame(a.move, b.move);
  }

  eventOf(move: JointMove): string | undefined {
    return move.kind === "event" ? move.event : undefined;
  }

  nextMoveToward(moment: Moment): JointMove | undefined {
    if (moment.kind === "event") return this.nextMoveTowardEvent();
    const { pipeline } = "job" in moment ? moment.job.run : moment.run;
    const of = this.platforms.findIndex((platform) => platform.has(pipeline));
    const machine = this.machines[of];
    const move = machine?.nextMoveToward(moment);
    if (machine === undefined || move === undefined) return undefined;
    return machine.eventOf(move) === undefined ? { kind: "own", of, move } : this.nextMoveTowardEvent();
  }

  /** The next event, or what must come before it in one of the machines. */
  private nextMoveTowardEvent(): JointMove | undefined {
    const [event] = this.waiting;
    if (event === undefined) return undefined;
    const moves: unknown[] = [];
    for (const [of, machine] of this.machines.entries()) {
      const move = machine.nextMoveToward({ kind: "event", event });
      if (move === undefined) return undefined;
      if (machine.eventOf(move) === undefined) return { kind: "own", of, move };
      moves[of] = move;
    }
    return { kind: "event", event, moves };
  }

  isUnseen(move: JointMove, rest: Schedule): boolean {
    return move.kind === "own" && this.machines[move.of]!.isUnseen(move.move, rest);
  }

  stateKey(): string {
    return this.machines.map((machine) => machine.stateKey()).join("\n--\n");
  }

  goesOn(move: JointMove): boolean {
    return move.kind === "own" && this.machines[move.of]!.goesOn(move.move);
  }
}
