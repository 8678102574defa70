/** Carries scenarios out over the pipelines of a repository as CodePipeline would. */

import type { Beginning, Machine, SimulatedPlatform } from "../../../simulation/machine.ts";
import { matchesJob } from "../../../simulation/patterns.ts";
import type { RunPattern, Scenario } from "../../../simulation/scenario.ts";
import type { Moment, Schedule } from "../../../simulation/schedule.ts";
import type { TraceEntry, TraceRun } from "../../../simulation/trace.ts";
import type { PipelineFiles } from "../pipeline.ts";
import { entriesOf, traceRun } from "./entries.ts";
import { simulatedPipelines } from "./from-files.ts";
import { nextMoveToward, startsOther } from "./goal-directed.ts";
import { type CodePipelineWorld, createMachine, dueActions, type RunState, stageOf } from "./machine.ts";
import { type Move, nameOfMove, perform, possibleMoves } from "./moves.ts";
import type { SimulatedPipeline } from "./simulated-pipeline.ts";
import { stateKey } from "./state-key.ts";
import type { ActionPlace, RulePlace, World } from "./world.ts";

/** The pipelines of files are only worked out when something is carried out. */
export function codepipelinePlatform(given: PipelineFiles | readonly SimulatedPipeline[]): SimulatedPlatform<Move> {
  let known: readonly SimulatedPipeline[] | undefined = "files" in given ? undefined : given;
  const ids = new Set(("files" in given ? given.pipelines : given).map(({ id }) => id));
  return {
    has: (pipeline) => ids.has(pipeline),
    begin: (scenario, { about }: Beginning) => {
      known ??= simulatedPipelines(given as PipelineFiles);
      return new CodePipelineMachine(about ? withUpstream(known, about) : known, scenario);
    },
  };
}

/** The pipelines in question, and those that may start them. The others change nothing about them. */
function withUpstream(all: readonly SimulatedPipeline[], about: ReadonlySet<string>): readonly SimulatedPipeline[] {
  const meant = new Set(all.filter(({ id }) => about.has(id)));
  for (const pipeline of meant) for (const other of all) if (startsOther(other, pipeline)) meant.add(other);
  return all.filter((pipeline) => meant.has(pipeline));
}

class CodePipelineMachine implements Machine<Move> {
  readonly entries: TraceEntry[] = [];
  readonly runs: TraceRun[] = [];
  private readonly inner: CodePipelineWorld;
  private readonly scenario: Scenario;
  private read = 0;

  constructor(pipelines: readonly SimulatedPipeline[], scenario: Scenario) {
    this.scenario = scenario;
    this.inner = createMachine(
      pipelines,
      worldOf(scenario, () => this.runs),
    );
  }

  moves(): Iterable<Move> {
    return possibleMoves(this.inner);
  }

  perform(move: Move): void {
    perform(this.inner, move);
    const { events, runs } = this.inner;
    for (let i = this.runs.length; i < runs.length; i++) this.runs.push(traceRun(this.inner, runs[i]!, this.runs));
    for (; this.read < events.length; this.read++) {
      for (const entry of entriesOf(events[this.read]!, this.runs, this.scenario)) {
        this.entries.push({ ...entry, at: this.entries.length } as TraceEntry);
      }
    }
  }

  nameOf(move: Move): string {
    return nameOfMove(this.inner, move);
  }

  isSame(a: Move, b: Move): boolean {
    if (a.kind === "event") return b.kind === "event" && a.event === b.event;
    if (a.kind === "start") return b.kind === "start" && a.start === b.start;
    if (a.kind !== b.kind || !("run" in b) || a.run !== b.run) return false;
    return !("action" in a) || ("action" in b && a.action === b.action);
  }

  eventOf(move: Move): string | undefined {
    return move.kind === "event" ? move.event.id : undefined;
  }

  nextMoveToward(moment: Moment): Move | undefined {
    return nextMoveToward(this.inner, moment);
  }

  /**
   * An action that begins, unasked: only its own end comes after that. A source looks at what is newest, one that runs
   * beside it may make what it takes, a rule may listen to actions, and a stop keeps from beginning.
   */
  isUnseen(move: Move, rest: Schedule): boolean {
    if (move.kind !== "begin" || move.action.source) return false;
    const { inner } = this;
    const beside = dueActions(inner, move.run).filter((action) => action !== move.action);
    if (beside.some(({ outputs }) => outputs.length > 0)) return false;
    if (inner.roots.some(({ kind }) => kind === "cancel" || kind === "expiry")) return false;
    for (const { starts } of inner.pipelines.values()) {
      if (starts.some((start) => start.kind === "state" && start.level === "action")) return false;
    }
    const place = { run: this.runs[move.run.id]!, path: this.pathOf(move.run, move.action), leg: 0 };
    return !rest.some((moment) => moment.kind === "job-started" && matchesJob(moment.job, place));
  }

  private pathOf(run: RunState, action: { readonly name: string }): readonly string[] {
    return [stageOf(this.inner, run).name, action.name];
  }

  stateKey(): string {
    return stateKey(this.inner);
  }

  goesOn(): boolean {
    return false;
  }
}

/** How a condition is meant in a scenario: as a job of its stage by this name. */
export const conditionNames: Readonly<Record<RulePlace["when"], string>> = {
  beforeEntry: "before entry",
  onSuccess: "on success",
  onFailure: "on failure",
};

function worldOf(scenario: Scenario, runs: () => readonly TraceRun[]): Omit<World, "choose"> {
  const { events, outcomes, outputs = [], choices, unknownConditions } = scenario;
  const isMeant = (pattern: { run: RunPattern; path: readonly string[] }, at: ActionPlace | RulePlace) => {
    const last = "action" in at ? at.action : conditionNames[at.when];
    return matchesJob(pattern, { run: runs()[at.run.id]!, path: [at.stage, last], leg: 0 });
  };
  return {
    events,
    outcome: (at) => {
      const rule = outcomes.find(({ job, step }) => step === undefined && isMeant(job, at));
      return rule === undefined || rule.outcome === "success" ? "passed" : "failed";
    },
    phase: (at) => {
      const rule = outcomes.find(({ job, step }) => step === at.phase && isMeant(job, at));
      return rule === undefined || rule.outcome === "success" ? "passed" : "failed";
    },
    findsUnmade: (at) =>
      outcomes.find(({ job, step }) => step === undefined && isMeant(job, at))?.outcome === "success",
    variables: (at) => outputs.find(({ job, step }) => step === undefined && isMeant(job, at))?.values ?? {},
    rule: (at) => {
      const rule = outcomes.find(({ job }) => isMeant(job, at));
      const holds = rule ? rule.outcome === "success" : unknownConditions === "hold";
      return holds ? "passed" : "failed";
    },
    known: (expression) => {
      const value = choices.find((choice) => choice.expression === expression)?.value;
      return value === undefined || value === null ? undefined : `${value}`;
    },
  };
}
