/** Which runs an arriving event makes, and why the others stay away. */

import { matchesRun } from "../../../simulation/patterns.ts";
import type { RootEvent } from "../../../simulation/scenario.ts";
import type { TraceRun } from "../../../simulation/trace.ts";
import { known } from "../read/expressions/value.ts";
import type { Trigger, Workflow, WorkflowRunTrigger } from "../workflow.ts";
import { cancelRun, type GithubWorld, openRun, openScope } from "./jobs.ts";
import { filterOf, originsFor, plainContext, tipOf, typeAllowed } from "./trigger-contexts.ts";
import {
  type Completion,
  type Delivery,
  type MadeEvent,
  type RunStart,
  record,
  runNumber,
  type SimRun,
  type StartingEvent,
} from "./world.ts";

/** `workflow_run` starts at most this many levels of runs after the first. */
const deepestChain = 3;

/** Runs whose steps push or dispatch may start each other without end; this many rounds and runs show it. */
const longestRounds = 3;
const mostRuns = 120;

export function arrive(machine: GithubWorld, delivery: Delivery): void {
  switch (delivery.kind) {
    case "root":
      arriveFromOutside(machine, delivery.event);
      return;
    case "start":
      start(machine, delivery.start);
      return;
    case "completion":
      arriveCompletion(machine, delivery.completion, delivery.listener);
      return;
    case "made":
      arriveFromStep(machine, delivery.run, delivery.made);
      return;
    default:
      delivery satisfies never;
  }
}

function arriveFromOutside(machine: GithubWorld, event: RootEvent): void {
  const { world } = machine;
  record(world, { kind: "event", event: event.id });
  const cause: TraceRun["cause"] = { kind: "event", event: event.id };
  if (event.kind === "rerun") {
    const earlier = world.runs.findLast((run) => matchesRun(event.of, run.info) && run.state === "ended");
    if (earlier === undefined) return;
    const { workflow, origin, info, generation } = earlier;
    const again = { workflow, origin, commit: info.commit, cause, root: event.id, depth: info.depth, generation };
    start(machine, { ...again, again: earlier });
    return;
  }
  if (event.kind === "cancel") {
    for (const run of world.runs) if (matchesRun(event.of, run.info) && run.state !== "ended") cancelRun(machine, run);
    return;
  }
  if (event.kind === "expiry") {
    const kept = world.artifacts.filter(({ run }) => !matchesRun(event.of, run.info));
    world.artifacts.splice(0, world.artifacts.length, ...kept);
    return;
  }
  const inputs = "inputs" in event ? event.inputs : {};
  const given = new Map(Object.entries(inputs).map(([name, value]) => [name.toLowerCase(), known(value)]));
  for (const [name, of] of Object.entries(("runInputs" in event && event.runInputs) || {})) {
    const named = world.runs.findLast(({ info }) => matchesRun(of, info));
    if (named) given.set(name.toLowerCase(), known(`${runNumber(named)}`));
  }
  if ("repository" in event && !isOwn(machine, event.repository)) return;
  if (event.kind === "push") world.refs.set(fullRef(event.ref), event.commit);
  if (event.kind === "pull-request" && !event.outsider) world.refs.set(`refs/heads/${event.head}`, event.commit);
  startAll(machine, { event, inputs: given }, { cause, root: event.id, generation: 0 });
}

/** Where no clone tells its name, any repository of the platform may be the one. */
function isOwn({ repository: { slug } }: GithubWorld, repository: string | undefined): boolean {
  if (repository === undefined) return true;
  if (/^(codecommit|s3|ecr):/.test(repository)) return false;
  return slug.kind !== "known" || slug.value.toLowerCase() === repository.toLowerCase();
}

function arriveFromStep(machine: GithubWorld, { info, generation }: SimRun, made: MadeEvent): void {
  const place = { cause: { kind: "run", run: info.id }, root: info.root, generation: generation + 1 } as const;
  startAll(machine, made, place);
}

type Place = Pick<RunStart, "cause" | "root" | "generation">;

/** Of several runs that one event makes, any may be made first. */
function startAll(
  machine: GithubWorld,
  { event, inputs }: { readonly event: StartingEvent; readonly inputs: MadeEvent["inputs"] },
  place: Place,
): void {
  const { world } = machine;
  const starts: RunStart[] = [];
  for (const workflow of machine.startable) {
    for (const found of originsFor(machine, workflow, { event, inputs, isFromStep: place.generation > 0 })) {
      if (typeof found === "string") {
        record(world, { kind: "not-started", pipeline: workflow.file, cause: event.id, reason: found });
      } else if (place.generation > longestRounds || world.runs.length >= mostRuns) {
        const reason = `runs start each other without end; only ${longestRounds} rounds are carried out`;
        record(world, { kind: "not-started", pipeline: workflow.file, cause: event.id, reason });
      } else starts.push({ workflow, origin: found, commit: found.sha, depth: 0, ...place });
    }
  }
  if (starts.length === 1 && !machine.isBesideOthers) start(machine, starts[0]!);
  else for (const one of starts) world.deliveries.push({ kind: "start", start: one });
}

function start(
  machine: GithubWorld,
  { workflow, origin, commit, cause, root, depth, generation, again }: RunStart,
): void {
  const info: TraceRun = {
    id: machine.world.runs.length,
    pipeline: workflow.file,
    event: origin.event,
    cause,
    root,
    commit,
    ref: origin.ref.replace(/^refs\/(heads|tags)\//, ""),
    depth,
    head: origin.headSha ?? commit,
    name: workflow.displayName,
    after: origin.upstream?.run.workflow.displayName,
  };
  const run: SimRun = {
    info,
    origin,
    workflow,
    scope: undefined as unknown as SimRun["scope"],
    state: "queued",
    cancelled: false,
    conclusion: undefined,
    group: undefined,
    attempt: again ? again.attempt + 1 : 1,
    firstId: again ? again.firstId : info.id,
    generation,
  };
  run.scope = openScope(run, workflow, undefined);
  openRun(machine, run);
}

function fullRef(ref: { kind: "branch" | "tag"; name: string }): string {
  return `refs/${ref.kind === "branch" ? "heads" : "tags"}/${ref.name}`;
}

export function completionTrigger(workflow: Workflow): WorkflowRunTrigger | undefined {
  return workflow.triggers.find((trigger: Trigger) => trigger.event === "workflow_run");
}

/** A run that listens to another, whatever its conclusion, on the default branch's last commit. */
function arriveCompletion(machine: GithubWorld, completion: Completion, workflow: Workflow): void {
  const { world } = machine;
  const { defaultBranch } = world.scenario;
  const { run: upstream, action } = completion;
  const trigger = completionTrigger(workflow);
  if (trigger === undefined || !typeAllowed(trigger, action)) return;
  const refuse = (reason: string) =>
    record(world, { kind: "not-started", pipeline: workflow.file, cause: upstream.workflow.file, reason });
  const branch = upstream.origin.head ?? upstream.info.ref;
  if (!filterOf(trigger.branches, trigger.branchesIgnore).accepts(branch)) {
    refuse(`its branch filter leaves out ${branch}`);
    return;
  }
  if (world.scenario.notOnDefaultBranch?.includes(workflow.file)) {
    refuse(`${defaultBranch} does not have it`);
    return;
  }
  if (upstream.info.depth >= deepestChain) {
    refuse(`it would be the ${deepestChain + 1}th run in a chain; GitHub stops after ${deepestChain}`);
    return;
  }
  const sha = tipOf(machine, defaultBranch);
  start(machine, {
    workflow,
    origin: {
      ...plainContext,
      event: "workflow_run",
      action,
      ref: `refs/heads/${defaultBranch}`,
      sha,
      upstream: completion,
    },
    commit: sha,
    cause: { kind: "run", run: upstream.info.id },
    root: upstream.info.root,
    depth: upstream.info.depth + 1,
    generation: upstream.generation,
  });
}
