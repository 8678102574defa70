/**
 * Executes scenarios over a repository's workflows as GitHub would, with a scheduler that may delay whatever nothing
 * orders. `replay` looks for a trace in which given moments occur in order: a finding that cannot be replayed is wrong.
 *
 * GitHub's behaviour: events-that-trigger-workflows (workflow_run: any conclusion, default branch, three levels),
 * control-workflow-concurrency (one in progress, one waiting or a hundred, first come first served), trigger-a-workflow
 * (the default token starts nothing but dispatches), workflow-cancellation, and the workflow syntax reference.
 */

import type { Moment, Replay, Scenario, Schedule, Scheduler, Simulator, Trace } from "../../../facts/scenario.ts";
import type { Repository, Workflow } from "../workflow.ts";
import { nameOfAction, perform, possibleActions } from "./actions.ts";
import { completionTrigger } from "./arrivals.ts";
import { repositoryName } from "./contexts.ts";
import { createEvaluate } from "./evaluate.ts";
import { type Listener, type Machine, placeOf } from "./jobs.ts";
import { matchesRun, samePath } from "./patterns.ts";
import { findsOf, leavesOf } from "./reads.ts";
import { type Found, mostActions, search } from "./search.ts";
import { slicesOf, smallRepository } from "./slice.ts";
import { effectsOf, makesEvents } from "./step-effects.ts";
import { record, type World } from "./world.ts";

export interface SimulatorOptions {
  /** How many actions `replay` may weigh to look for another order when the direct way fails. */
  readonly searchLimit?: number;
}

const defaultSearchLimit = 2_000;

export function createSimulator(
  repository: Repository,
  { searchLimit = defaultSearchLimit }: SimulatorOptions = {},
): Simulator {
  const workflows: ReadonlyMap<string, Workflow> = new Map(repository.workflows.map((one) => [one.file, one]));
  const allListeners = listenersOf(repository.workflows);
  const slice = repository.workflows.length > smallRepository ? slicesOf(repository) : undefined;
  const ownName = repositoryName(repository);

  const begin = (scenario: Scenario, startable = repository.workflows, listeners = allListeners): Machine => {
    const evaluate = createEvaluate(scenario, ownName);
    const world: World = {
      scenario,
      runs: [],
      live: [],
      deliveries: scenario.events.map((event) => ({ kind: "root", event })),
      groups: new Map(),
      entries: [],
      refs: new Map(),
      pullRequests: [],
      artifacts: [],
    };
    const setting = { repository, evaluate, defaultBranch: scenario.defaultBranch };
    return {
      repository,
      world,
      workflows,
      startable,
      listeners,
      evaluate,
      makesEvents: (step, leg) => makesEvents(step, leg, setting),
      reads: (step, leg) => {
        for (const found of findsOf(step, leg, { ...setting, world })) {
          record(world, { kind: "read", ...placeOf(leg), step: step.index, found });
        }
      },
      effects: (step, leg) => {
        const { run } = leg.job.scope;
        for (const { moved, made, refused } of effectsOf(step, leg, setting)) {
          if (moved) world.refs.set(moved.ref, moved.commit);
          if (made) world.deliveries.push({ kind: "made", run, made });
          if (refused) record(world, { kind: "not-started", cause: run.workflow.file, ...refused });
        }
        for (const name of leavesOf(step, leg, setting)) world.artifacts.push({ run, name });
      },
    };
  };

  return {
    simulate(scenario, scheduler) {
      const machine = begin(scenario);
      finish(machine, scheduler);
      return traceOf(machine);
    },
    replay(scenario, schedule, about) {
      const startable = about && slice?.(about);
      const listeners = startable && listenersOf(startable);
      const found = search(() => begin(scenario, startable, listeners), schedule, searchLimit);
      if (found.moments < schedule.length) return impossible(found, schedule);
      finish(found.machine, undefined);
      return { kind: "possible", trace: traceOf(found.machine) };
    },
  };
}

function listenersOf(workflows: readonly Workflow[]): ReadonlyMap<string, readonly Listener[]> {
  const listeners = new Map<string, Listener[]>();
  for (const workflow of workflows) {
    const trigger = completionTrigger(workflow);
    if (trigger === undefined) continue;
    for (const name of new Set(trigger.workflows?.patterns.map(({ value }) => value))) {
      const known = listeners.get(name);
      if (known) known.push({ workflow, trigger });
      else listeners.set(name, [{ workflow, trigger }]);
    }
  }
  return listeners;
}

/** Carries on until nothing can happen any more; without a scheduler the first of what is possible comes first. */
function finish(machine: Machine, scheduler: Scheduler | undefined): void {
  for (let done = 0; done < mostActions; done++) {
    const action = scheduler ? chosen(machine, scheduler) : possibleActions(machine).next().value;
    if (!action) return;
    perform(machine, action);
    // The first possible action stays the same one until the job has ended.
    if (!scheduler && action.kind === "advance") {
      while (action.leg.result === undefined && machine.world.deliveries.length === 0) perform(machine, action);
    }
  }
}

function chosen(machine: Machine, scheduler: Scheduler) {
  const actions = [...possibleActions(machine)];
  if (actions.length === 0) return undefined;
  const choice = scheduler.choose(actions.map(nameOfAction));
  const action = actions[choice];
  if (action === undefined) throw new Error(`the scheduler chose ${choice} of ${actions.length} actions`);
  return action;
}

function impossible({ machine, moments, isCertain }: Found, schedule: Schedule): Replay {
  const trace = traceOf(machine);
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

function traceOf({ world }: Machine): Trace {
  return { scenario: world.scenario, runs: world.runs.map(({ info }) => info), entries: world.entries };
}
