/**
 * The next move on the way to a moment: what must come before it comes first, everything else is held back. So a race is
 * carried out if the order leaves any room for it.
 */

import type { JobPattern, RunPattern } from "../../../simulation/scenario.ts";
import type { Moment } from "../../../simulation/schedule.ts";
import { type CodePipelineWorld, dueActions, mayEnter, type RunState, stageOf } from "./machine.ts";
import { type Move, movesOf } from "./moves.ts";
import type { SimulatedPipeline } from "./simulated-pipeline.ts";
import { canCome, isPrompt } from "./starts.ts";

/** Undefined where nothing that is known to lead there can happen. */
export function nextMoveToward(machine: CodePipelineWorld, moment: Moment): Move | undefined {
  const search = new Search(machine);
  switch (moment.kind) {
    case "event":
    case "run-cancelled":
      return search.event();
    case "run-created":
      return search.newRun(moment.run);
    case "run-ended":
      return search.existing(moment.run, (run) => search.onwards(run)) ?? search.newRun(moment.run);
    case "queued":
      return search.atStage(moment.run, moment.path?.[0]);
    case "dropped":
      return search.replaced(moment.run, moment.path?.[0]);
    case "job-started":
      return search.action(moment.job, "started");
    case "job-ended":
    case "step":
      return search.action(moment.job, "ended");
    default:
      return moment satisfies never;
  }
}

class Search {
  private readonly machine: CodePipelineWorld;
  /** Pipelines already asked, so that those that start each other end the search. */
  private readonly asked = new Set<string>();

  constructor(machine: CodePipelineWorld) {
    this.machine = machine;
  }

  /** The next event from outside, or what must come before it. */
  event(): Move | undefined {
    const { roots, pending } = this.machine;
    const [event] = roots;
    if (!event) return undefined;
    const open = pending.find(isPrompt);
    if (open) return { kind: "start", start: open };
    if (canCome(this.machine, event)) return { kind: "event", event };
    if (!("of" in event)) return undefined;
    return this.existing(event.of, (run) => this.onwards(run)) ?? this.newRun(event.of);
  }

  existing(pattern: RunPattern, find: (run: RunState) => Move | undefined): Move | undefined {
    for (const run of this.machine.runs) {
      const isMeant = run.status === "running" && matches(pattern, run);
      const move = isMeant ? find(run) : undefined;
      if (move) return move;
    }
    return undefined;
  }

  /** A start of such a run; else the next event, which may make one; else what other pipelines tell. */
  newRun(pattern: RunPattern): Move | undefined {
    const { pending, roots, pipelines } = this.machine;
    const { pipeline: id, event } = pattern;
    if (this.asked.has(id)) return undefined;
    this.asked.add(id);
    const start = pending.find((one) => one.pipeline.id === id && (event === undefined || one.root === event));
    if (start) return { kind: "start", start };
    if (roots.some((root) => event === undefined || root.id === event)) return this.event();
    for (const upstream of pipelines.values()) {
      if (!startsOther(upstream, pipelines.get(id))) continue;
      const from = { ...pattern, pipeline: upstream.id };
      const move = this.existing(from, (run) => this.onwards(run)) ?? this.newRun(from);
      if (move) return move;
    }
    return undefined;
  }

  /** Whatever brings the run further, or lets it go on. */
  onwards(run: RunState): Move | undefined {
    return run.inside ? movesOf(this.machine, run)[0] : this.letIn(run);
  }

  /** What a waiting run waits for. */
  private letIn(run: RunState): Move | undefined {
    const { machine } = this;
    if (mayEnter(machine, run)) return { kind: "enter", run };
    const holder = machine.runs.find(
      (other) => other.pipeline === run.pipeline && other.stage === run.stage && other.inside,
    );
    if (holder) return movesOf(machine, holder)[0];
    const [next] = machine.stages.get(run.pipeline)![run.stage]!.waiting;
    return next && { kind: "enter", run: next };
  }

  /** A run that comes to wait in front of the stage. */
  atStage(pattern: RunPattern, stage: string | undefined): Move | undefined {
    const wanted = this.stageIndex(pattern.pipeline, stage);
    const behind = (run: RunState) => (run.stage < wanted ? this.onwards(run) : undefined);
    return this.existing(pattern, behind) ?? this.newRun(pattern);
  }

  /** One that waits there while another comes. */
  replaced(pattern: RunPattern, stage: string | undefined): Move | undefined {
    const wanted = this.stageIndex(pattern.pipeline, stage);
    const isWaiting = (run: RunState) => !run.inside && (stage === undefined || run.stage === wanted);
    const target = this.machine.runs.find(
      (run) => run.status === "running" && matches(pattern, run) && isWaiting(run) && !mayEnter(this.machine, run),
    );
    if (!target) return this.atStage(pattern, stage);
    const follow = (run: RunState) => (run !== target && run.stage < target.stage ? this.onwards(run) : undefined);
    const any: RunPattern = { pipeline: pattern.pipeline };
    return this.existing(any, follow) ?? this.newRun(any);
  }

  action({ run: pattern, path }: JobPattern, wanted: "started" | "ended"): Move | undefined {
    const [stage, name] = path;
    const index = this.stageIndex(pattern.pipeline, stage);
    return (
      this.existing(pattern, (run) => {
        if (run.stage > index) return undefined;
        if (run.stage < index || !run.inside) return this.onwards(run);
        return this.inStage(run, name!, wanted);
      }) ?? this.newRun(pattern)
    );
  }

  private inStage(run: RunState, name: string, wanted: "started" | "ended"): Move | undefined {
    const inside = run.inside!;
    const action = dueActions(this.machine, run).find((due) => due.name === name);
    if (!action) {
      const later = stageOf(this.machine, run).actions.find((each) => each.name === name);
      return later && later.runOrder > inside.runOrder ? this.onwards(run) : undefined;
    }
    if (!inside.started.has(action)) return run.isStopping ? undefined : { kind: "begin", run, action };
    return wanted === "ended" && !inside.ended.has(action) ? { kind: "end", run, action } : undefined;
  }

  private stageIndex(id: string, stage: string | undefined): number {
    const stages = this.machine.pipelines.get(id)?.stages ?? [];
    return stage === undefined ? stages.length : stages.findIndex(({ name }) => name === stage);
  }
}

function matches({ pipeline, event }: RunPattern, run: RunState): boolean {
  return run.pipeline === pipeline && (event === undefined || run.root === event);
}

/** Whether runs of the one may start the other. */
export function startsOther({ id, stages }: SimulatedPipeline, other: SimulatedPipeline | undefined): boolean {
  if (!other) return false;
  const listens = other.starts.some((start) => start.kind === "state" && (start.pipelines?.includes(id) ?? true));
  return listens || stages.some(({ actions }) => actions.some((action) => action.startsPipelines.includes(other.id)));
}
