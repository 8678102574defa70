/**
 * Executes scenarios over a repository's workflows as GitHub would, with a scheduler that may delay whatever nothing
 * orders. `replay` looks for a trace in which given moments occur in order: a finding that cannot be replayed is wrong.
 *
 * GitHub's behaviour: events-that-trigger-workflows (workflow_run: any conclusion, default branch, three levels),
 * control-workflow-concurrency (one in progress, one waiting), trigger-a-workflow (the default token starts nothing but
 * dispatches), and the workflow syntax reference.
 */

import type { Replay, Scenario, Schedule, Scheduler, Simulator, Trace } from "../../../facts/scenario.ts";
import type { Repository, Workflow } from "../workflow.ts";
import { nameOfAction, perform, possibleActions } from "./actions.ts";
import { createEvaluate } from "./evaluate.ts";
import type { Machine } from "./jobs.ts";
import { isMoment } from "./patterns.ts";
import { type Effects, noEffects } from "./step-effects.ts";
import { towards } from "./towards.ts";
import type { World } from "./world.ts";

/** A trace longer than this means that runs start each other without end. */
const longestTrace = 50_000;

export interface SimulatorOptions {
  /** Which events a step makes; by default those that the reader recognises in its commands and actions. */
  readonly effects?: Effects;
}

export function createSimulator(repository: Repository, options: SimulatorOptions = {}): Simulator {
  const workflows: ReadonlyMap<string, Workflow> = new Map(repository.workflows.map((one) => [one.file, one]));
  const effects = options.effects ?? noEffects;

  const begin = (scenario: Scenario): Machine => {
    const world: World = {
      scenario,
      runs: [],
      deliveries: scenario.events.map((event) => ({ kind: "root", event })),
      groups: new Map(),
      entries: [],
      refs: new Map(),
    };
    return {
      repository,
      world,
      workflows,
      evaluate: createEvaluate(repository, scenario),
      effects: (step, leg) => {
        for (const event of effects(step, leg)) {
          world.deliveries.push({ kind: "made", run: leg.job.scope.run, event });
        }
      },
    };
  };

  return {
    simulate(scenario, scheduler) {
      const machine = begin(scenario);
      finish(machine, scheduler);
      return traceOf(machine);
    },
    replay(scenario, schedule) {
      const machine = begin(scenario);
      const next = follow(machine, schedule);
      if (next < schedule.length) return impossible(machine, next, schedule);
      finish(machine, inOrder);
      return { kind: "possible", trace: traceOf(machine) };
    },
  };
}

/** Takes the first of what is possible. */
const inOrder: Scheduler = { choose: () => 0 };

function finish(machine: Machine, scheduler: Scheduler): void {
  while (machine.world.entries.length < longestTrace) {
    const actions = possibleActions(machine);
    if (actions.length === 0) return;
    const choice = scheduler === inOrder ? 0 : scheduler.choose(actions.map(nameOfAction));
    const action = actions[choice];
    if (action === undefined) throw new Error(`the scheduler chose ${choice} of ${actions.length} actions`);
    perform(machine, action);
  }
}

/** Carries out the schedule as far as it goes; returns the index of the first moment that did not come. */
function follow(machine: Machine, schedule: Schedule): number {
  const { world } = machine;
  let next = 0;
  let read = 0;
  while (world.entries.length < longestTrace) {
    for (; read < world.entries.length && next < schedule.length; read++) {
      if (
        isMoment(
          schedule[next]!,
          world.entries[read]!,
          world.runs.map(({ info }) => info),
        )
      )
        next++;
    }
    if (next === schedule.length) return next;
    const action = towards(machine, schedule[next]!) ?? possibleActions(machine)[0];
    if (action === undefined) return next;
    perform(machine, action);
  }
  return next;
}

function impossible(machine: Machine, moment: number, schedule: Schedule): Replay {
  const wanted = schedule[moment]!;
  const refused = machine.world.entries.find(
    (entry) => entry.kind === "not-started" && "run" in wanted && wanted.run.pipeline === entry.pipeline,
  );
  const reason =
    refused?.kind === "not-started" ? refused.reason : `${wanted.kind} does not come after what is before it`;
  return { kind: "impossible", moment, reason, trace: traceOf(machine) };
}

function traceOf({ world }: Machine): Trace {
  return { scenario: world.scenario, runs: world.runs.map(({ info }) => info), entries: world.entries };
}
