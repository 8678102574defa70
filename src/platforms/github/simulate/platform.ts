/**
 * Executes scenarios over a repository's workflows as GitHub would, with a scheduler that may delay whatever nothing
 * orders.
 *
 * GitHub's behaviour: events-that-trigger-workflows (workflow_run: any conclusion, default branch, three levels),
 * control-workflow-concurrency (one in progress, one waiting or a hundred, first come first served), trigger-a-workflow
 * (the default token starts nothing but dispatches), workflow-cancellation, and the workflow syntax reference.
 */

import type { Beginning, Machine, SimulatedPlatform } from "../../../simulation/machine.ts";
import { matchesJob } from "../../../simulation/patterns.ts";
import type { JobPattern, Scenario } from "../../../simulation/scenario.ts";
import type { Moment, Schedule } from "../../../simulation/schedule.ts";
import type { TraceEntry, TraceRun } from "../../../simulation/trace.ts";
import type { Repository, Workflow } from "../workflow.ts";
import { type Action, nameOfAction, perform, possibleActions } from "./actions.ts";
import { completionTrigger } from "./arrivals.ts";
import { repositoryName } from "./contexts.ts";
import { createEvaluate } from "./evaluate.ts";
import { nextMoveToward } from "./goal-directed.ts";
import { type GithubWorld, isCancelledNext, type Listener, placeOf } from "./jobs.ts";
import { numberOf } from "./legs.ts";
import { findsOf, leavesOf } from "./reads.ts";
import { slicesOf, smallRepository } from "./slice.ts";
import { stateKey } from "./state-key.ts";
import { effectsOf, makesEvents } from "./step-effects.ts";
import { record, type World } from "./world.ts";

export function githubPlatform(repository: Repository): SimulatedPlatform<Action> {
  const workflows: ReadonlyMap<string, Workflow> = new Map(repository.workflows.map((one) => [one.file, one]));
  const allListeners = listenersOf(repository.workflows);
  const slice = repository.workflows.length > smallRepository ? slicesOf(repository) : undefined;
  const ownName = repositoryName(repository);

  const open = (scenario: Scenario, { about, isBesideOthers }: Beginning): GithubWorld => {
    const startable = (about && slice?.(about)) ?? repository.workflows;
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
      isBesideOthers,
      listeners: startable === repository.workflows ? allListeners : listenersOf(startable),
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
    has: (pipeline) => workflows.has(pipeline),
    begin: (scenario, beginning) => new GithubMachine(open(scenario, beginning)),
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

class GithubMachine implements Machine<Action> {
  readonly runs: TraceRun[] = [];
  private readonly inside: GithubWorld;

  constructor(inside: GithubWorld) {
    this.inside = inside;
  }

  get entries(): readonly TraceEntry[] {
    return this.inside.world.entries;
  }

  moves(): Iterable<Action> {
    return possibleActions(this.inside);
  }

  perform(action: Action): void {
    perform(this.inside, action);
    const { runs } = this.inside.world;
    for (let i = this.runs.length; i < runs.length; i++) this.runs.push(runs[i]!.info);
  }

  nameOf(action: Action): string {
    return nameOfAction(action);
  }

  isSame(a: Action, b: Action): boolean {
    if (a.kind !== b.kind) return false;
    if (a.kind === "deliver") return b.kind === "deliver" && a.delivery === b.delivery;
    if (a.kind === "expire") return b.kind === "expire" && a.holder === b.holder;
    return (b.kind === "start" || b.kind === "advance") && a.leg === b.leg;
  }

  eventOf(action: Action): string | undefined {
    return action.kind === "deliver" && action.delivery.kind === "root" ? action.delivery.event.id : undefined;
  }

  nextMoveToward(moment: Moment): Action | undefined {
    return nextMoveToward(this.inside, moment);
  }

  /**
   * A step between others that makes no event and that nobody asks for: its place in the trace does not matter. Where the
   * job is cancelled instead of taking the step, or steps are left that would hold a cancelled job up, it does.
   */
  isUnseen(action: Action, rest: Schedule): boolean {
    if (action.kind !== "advance" || action.leg.state !== "running") return false;
    const { leg } = action;
    const { job, path, scope } = leg.job;
    if (job.kind !== "steps" || leg.step >= job.steps.length) return false;
    if (job.steps.some((step) => this.inside.makesEvents(step, leg))) return false;
    if (leg.job.legs.length > 1 || leg.cancelled || isCancelledNext(this.inside, leg)) return false;
    if (job.steps.slice(leg.step).some((step) => step.if?.hasStatusFunction)) return false;
    const place = { run: scope.run.info, path, leg: numberOf(leg) };
    const isAsked = (pattern: JobPattern) => matchesJob(pattern, place);
    return !rest.some((moment) => moment.kind === "step" && isAsked(moment.job));
  }

  stateKey(): string {
    return stateKey(this.inside);
  }

  /** The first possible action stays the same one until the job has ended. */
  goesOn(action: Action): boolean {
    return action.kind === "advance" && action.leg.result === undefined && this.inside.world.deliveries.length === 0;
  }
}
