/** Simulators of one platform, or of several together. A finding that cannot be replayed is wrong. */

import type { AnySimulatedPlatform, Happened, Machine } from "./machine.ts";
import { matchesRun, samePath } from "./patterns.ts";
import type { Scenario } from "./scenario.ts";
import type { Moment, Schedule } from "./schedule.ts";
import { firstOf, mostMoves, type SearchResult, search } from "./search.ts";
import { together } from "./together.ts";
import type { Trace } from "./trace.ts";

/** Decides which of the things that may happen next does. Deterministic for one scheduler value. */
export interface Scheduler {
  /** `options` are stable names such as `start deploy.yml#deploy`; the answer is an index into them. */
  choose(options: readonly string[]): number;
}

export type Replay =
  | { readonly kind: "possible"; readonly trace: Trace }
  /** `moment` is the index of the first moment that cannot happen after those before it. */
  | { readonly kind: "impossible"; readonly moment: number; readonly reason: string; readonly trace: Trace };

/** What a platform offers: it executes scenarios over the pipelines that were read. */
export interface Simulator {
  simulate(scenario: Scenario, scheduler: Scheduler): Trace;
  /**
   * Looks for a trace in which the moments occur in this order, holding back whatever is not ordered before them. Where
   * only these pipelines are in question (`about`), others that cannot have to do with them may be left out.
   */
  replay(scenario: Scenario, schedule: Schedule, about?: ReadonlySet<string>): Replay;
}

export interface SimulatorOptions {
  /** How many moves `replay` may weigh to look for another order when the direct way fails. */
  readonly searchLimit?: number;
}

const defaultSearchLimit = 2_000;

/** The pipelines of all platforms live in one world: what comes from outside comes to all of them at one time. */
export function createSimulator(
  platforms: readonly AnySimulatedPlatform[],
  { searchLimit = defaultSearchLimit }: SimulatorOptions = {},
): Simulator {
  const begin = (scenario: Scenario, about?: ReadonlySet<string>): Machine<unknown> => {
    const concerned = about ? platforms.filter((platform) => [...about].some((id) => platform.has(id))) : [];
    return together(concerned.length > 0 ? concerned : platforms, scenario, about);
  };
  return {
    simulate(scenario, scheduler) {
      const machine = begin(scenario);
      finish(machine, scheduler);
      return traceOf(machine, scenario);
    },
    replay(scenario, schedule, about) {
      const found = search(() => begin(scenario, about), schedule, searchLimit);
      if (found.moments < schedule.length) return impossible(found, scenario, schedule);
      finish(found.machine, undefined);
      return { kind: "possible", trace: traceOf(found.machine, scenario) };
    },
  };
}

/** Carries on until nothing can happen any more; without a scheduler the first of what is possible comes first. */
function finish<Move>(machine: Machine<Move>, scheduler: Scheduler | undefined): void {
  for (let done = 0; done < mostMoves; done++) {
    const move = scheduler ? chosen(machine, scheduler) : firstOf(machine);
    if (move === undefined) return;
    machine.perform(move);
    if (!scheduler) while (machine.goesOn(move)) machine.perform(move);
  }
}

function chosen<Move>(machine: Machine<Move>, scheduler: Scheduler): Move | undefined {
  const moves = [...machine.moves()];
  if (moves.length === 0) return undefined;
  const choice = scheduler.choose(moves.map((move) => machine.nameOf(move)));
  const move = moves[choice];
  if (move === undefined) throw new Error(`the scheduler chose ${choice} of ${moves.length} moves`);
  return move;
}

function traceOf({ runs, entries }: Happened, scenario: Scenario): Trace {
  return { scenario, runs, entries };
}

function impossible<Move>(
  { machine, moments, isCertain }: SearchResult<Move>,
  scenario: Scenario,
  schedule: Schedule,
): Replay {
  const trace = traceOf(machine, scenario);
  const reason = reasonFor(schedule[moments]!, trace);
  return { kind: "impossible", moment: moments, reason: isCertain ? reason : `${reason}, as far as was tried`, trace };
}

/** Why the moment did not come, as far as the trace tells. */
function reasonFor(wanted: Moment, { entries, runs }: Trace): string {
  if (wanted.kind === "event") return `the event ${wanted.event} is not in the scenario`;
  const pattern = "job" in wanted ? wanted.job.run : wanted.run;
  if (!runs.some((run) => matchesRun(pattern, run))) {
    const refused = entries.find((entry) => entry.kind === "not-started" && entry.pipeline === pattern.pipeline);
    return refused?.kind === "not-started"
      ? `${pattern.pipeline} does not start: ${refused.reason}`
      : `nothing starts ${pattern.pipeline}`;
  }
  const path = "job" in wanted ? wanted.job.path : "path" in wanted ? wanted.path : undefined;
  if (path === undefined) return `${wanted.kind} of ${pattern.pipeline} does not come after what is before it`;
  const ended = entries.find(
    (entry) => entry.kind === "job-ended" && samePath(entry.path, path) && matchesRun(pattern, runs[entry.run]!),
  );
  const name = `${pattern.pipeline}#${path.join("/")}`;
  if (ended?.kind === "job-ended" && ended.conclusion === "skipped") return `${name} is skipped`;
  return `${wanted.kind} of ${name} does not come after what is before it`;
}
