/** Which runs begin: by what comes from outside, by what becomes of other pipelines, and by actions that start some. */

import type { RootEvent, RunPattern } from "../../../simulation/scenario.ts";
import { resume, stop } from "./interruptions.ts";
import { type CodePipelineWorld, knownValue, type RunState, type Start } from "./machine.ts";
import { addRun, announce } from "./runs.ts";
import type { SimulatedPipeline, SimulatedStart } from "./simulated-pipeline.ts";
import { arrive } from "./stages.ts";

/** Pipelines may start each other in a circle: so many runs of one in a chain show it. */
const mostRounds = 3;
/** Runs of one pipeline in progress, in the modes QUEUED and PARALLEL; one more is refused. From the service's quotas. */
const mostRunsAtOnce = 50;

/** Only a run under way can be stopped, and only one that failed can be resumed. */
export function canCome(machine: CodePipelineWorld, event: RootEvent): boolean {
  // What the event before starts is started before the next one comes.
  if (machine.pending.some(isPrompt)) return false;
  switch (event.kind) {
    case "cancel":
      return !isOwn(machine, event.of) || machine.runs.some((run) => isUnderWay(run) && matches(event.of, run));
    case "rerun":
      return !isOwn(machine, event.of) || resumable(machine, event.of) !== undefined;
    case "expiry":
      return !isOwn(machine, event.of) || machine.runs.some((run) => !isUnderWay(run) && matches(event.of, run));
    default:
      return true;
  }
}

/** Begins by an event, and is waited for before the next one. */
export function isPrompt({ cause, isPolled }: Start): boolean {
  return cause.kind === "event" && !isPolled;
}

export function come(machine: CodePipelineWorld, event: RootEvent): void {
  machine.roots.splice(machine.roots.indexOf(event), 1);
  machine.events.push({ what: "event", event: event.id });
  switch (event.kind) {
    case "cancel":
      for (const run of machine.runs) if (isUnderWay(run) && matches(event.of, run)) stop(machine, run);
      return;
    case "rerun": {
      const run = resumable(machine, event.of);
      if (run) resume(machine, run);
      return;
    }
    case "expiry":
      for (const run of machine.runs) if (matches(event.of, run)) run.artifacts.clear();
      return;
    default:
      startAll(machine, event);
  }
}

function startAll(
  machine: CodePipelineWorld,
  event: Exclude<RootEvent, { kind: "cancel" | "rerun" | "expiry" }>,
): void {
  const commit = "commit" in event ? event.commit : undefined;
  if (event.kind === "push" && event.ref.kind === "branch") {
    machine.tips.set(event.ref.name, event.commit);
    machine.tips.set("", event.commit);
  }
  for (const pipeline of machine.pipelines.values()) {
    const trigger = triggerOf(machine, event, pipeline);
    if (trigger === undefined) continue;
    const ref = event.kind === "push" ? event.ref.name : event.kind === "pull-request" ? event.head : undefined;
    const inputs = "inputs" in event ? event.inputs : {};
    const cause = { kind: "event", event: event.id } as const;
    const isPolled = trigger === "push" && pipeline.starts.every((start) => start.kind !== "push" || start.isPolled);
    if (isPolled) passOver(machine, pipeline);
    machine.pending.push({ pipeline, cause, root: event.id, trigger, isPolled, commit, ref, inputs });
  }
}

/** What nobody has looked for yet is found together with what is newer. */
function passOver({ pending, events }: CodePipelineWorld, pipeline: SimulatedPipeline): void {
  const older = pending.findIndex((start) => start.isPolled && start.pipeline === pipeline);
  const [start] = older < 0 ? [] : pending.splice(older, 1);
  if (!start) return;
  const reason = "the service looks for changes now and then, and finds a newer one";
  events.push({ what: "not-started", pipeline: pipeline.id, cause: start.root, reason });
}

/** How the event starts the pipeline; undefined where it does not. */
function triggerOf(
  machine: CodePipelineWorld,
  event: RootEvent,
  pipeline: SimulatedPipeline,
): Start["trigger"] | undefined {
  if (event.kind === "dispatch") return event.pipeline === pipeline.id ? "manual" : undefined;
  if (event.kind === "schedule") {
    const isMeant = event.pipeline === pipeline.id && pipeline.starts.some(({ kind }) => kind === "schedule");
    return isMeant ? "schedule" : undefined;
  }
  if (event.kind !== "push" && event.kind !== "pull-request") return undefined;
  for (const start of pipeline.starts) {
    if (start.kind !== "deaf") continue;
    const reason = `a trigger listens to the source action "${start.source}", which there is not`;
    machine.events.push({ what: "not-started", pipeline: pipeline.id, cause: event.id, reason });
  }
  const starts = pipeline.starts.filter(({ kind }) => kind === event.kind);
  if (starts.length === 0) return undefined;
  if (starts.some((start) => accepts(machine, start, event))) return event.kind;
  const reason = "its trigger leaves the event out";
  machine.events.push({ what: "not-started", pipeline: pipeline.id, cause: event.id, reason });
  return undefined;
}

function accepts(
  machine: CodePipelineWorld,
  start: SimulatedStart,
  event: Extract<RootEvent, { kind: "push" | "pull-request" }>,
): boolean {
  if (start.kind !== "push" && start.kind !== "pull-request") return false;
  if (!isFrom(start.repository, event.repository)) return false;
  const touches = event.paths === "every" || event.paths.some((path) => start.paths.accepts(path));
  if (event.kind === "pull-request") {
    return (
      start.kind === "pull-request" &&
      touches &&
      start.branches.accepts(event.base) &&
      start.actions.includes(event.action)
    );
  }
  if (start.kind !== "push") return false;
  const { kind, name } = event.ref;
  // Tags are pushed without a word about paths.
  if (kind === "tag") return start.tags.accepts(name);
  if (start.branch && !start.branch.every((part) => part.kind === "text")) {
    return touches && knownValue(machine, start.branch) === name;
  }
  return touches && start.branches.accepts(name);
}

/** An event that names no repository is one of the repository that is looked at, however sources call that. */
function isFrom(source: string | undefined, repository: string | undefined): boolean {
  if (source === undefined) return false;
  if (repository === undefined) return !/^(codecommit|s3|ecr):/.test(source);
  return source.toLowerCase() === repository.toLowerCase();
}

export function begin(machine: CodePipelineWorld, start: Start): void {
  machine.pending.splice(machine.pending.indexOf(start), 1);
  const { pipeline, cause, root, trigger, commit, ref, inputs } = start;
  const { runs, events, world } = machine;
  const inProgress = runs.filter((run) => run.pipeline === pipeline.id && isUnderWay(run)).length;
  const isFull = pipeline.executionMode !== "SUPERSEDED" && inProgress >= (world.mostRuns ?? mostRunsAtOnce);
  const isEndless = roundsBefore(machine, start) >= mostRounds;
  if (pipeline.stages.length === 0 || isFull || isEndless) {
    const reason = isFull
      ? `${inProgress} runs of it are in progress, and it takes no more`
      : isEndless
        ? `pipelines start each other without end; only ${mostRounds} rounds are carried out`
        : "no stage of it could be read";
    events.push({ what: "not-started", pipeline: pipeline.id, cause: root, reason });
    return;
  }
  const run = addRun(machine, { pipeline: pipeline.id, kind: "standard", cause, root, trigger, commit, ref });
  for (const [name, value] of Object.entries({ ...pipeline.variables, ...inputs })) {
    run.variables.set(`variables.${name}`, value);
  }
  announce(machine, run, { level: "pipeline", state: "STARTED" });
  arrive(machine, run, 0);
}

/** Runs of the same pipeline among those that led to the start. */
function roundsBefore({ runs }: CodePipelineWorld, { pipeline, cause }: Start): number {
  let rounds = 0;
  for (let at = cause; at.kind === "run"; at = runs[at.run]!.cause)
    if (runs[at.run]!.pipeline === pipeline.id) rounds++;
  return rounds;
}

function isUnderWay({ status }: RunState): boolean {
  return status === "running";
}

function isOwn({ pipelines }: CodePipelineWorld, { pipeline }: RunPattern): boolean {
  return pipelines.has(pipeline);
}

function matches({ pipeline, event }: RunPattern, run: RunState): boolean {
  return run.pipeline === pipeline && (event === undefined || run.root === event);
}

/** A run that has failed can be resumed until another one goes into the stage. */
function resumable({ runs, stages }: CodePipelineWorld, of: RunPattern): RunState | undefined {
  return runs.findLast(
    (run) =>
      matches(of, run) &&
      run.status === "failed" &&
      run.failed &&
      stages.get(run.pipeline)![run.stage]!.entered === run,
  );
}
