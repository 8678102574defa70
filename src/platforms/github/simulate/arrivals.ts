/** Which runs an arriving event makes, and why the others stay away. */

import type { RootEvent, TraceRun } from "../../../facts/scenario.ts";
import { nameSet } from "../facts/name-sets.ts";
import type {
  PullRequestTrigger,
  PushTrigger,
  Trigger,
  Workflow,
  WorkflowDispatchTrigger,
  WorkflowRunTrigger,
} from "../workflow.ts";
import { type Machine, openRun, openScope } from "./jobs.ts";
import { matchesRun } from "./patterns.ts";
import { type Delivery, type Origin, record, type SimRun } from "./world.ts";

/** `workflow_run` starts at most this many levels of runs after the first. */
const deepestChain = 3;

/** Activity types that start a run where a trigger lists none. */
const defaultPullRequestTypes = ["opened", "synchronize", "reopened"];

interface Start {
  readonly workflow: Workflow;
  readonly origin: Origin;
  readonly commit: string;
  readonly cause: TraceRun["cause"];
  readonly root: string;
  readonly depth: number;
}

export function arrive(machine: Machine, delivery: Delivery): void {
  const { world } = machine;
  if (delivery.kind === "workflow-run") {
    arriveCompletion(machine, delivery.run, delivery.action);
    return;
  }
  const { event } = delivery;
  if (event.kind === "push") world.refs.set(fullRef(event.ref), event.commit);
  const parent = delivery.kind === "made" ? delivery.run : undefined;
  if (parent === undefined) record(world, { kind: "event", event: event.id });
  const cause: TraceRun["cause"] =
    parent === undefined ? { kind: "event", event: event.id } : { kind: "run", run: parent.info.id };
  const root = parent?.info.root ?? event.id;
  if (event.kind === "rerun") {
    const earlier = world.runs.find(({ info }) => matchesRun(event.of, info));
    if (earlier) start(machine, { ...earlier, commit: earlier.info.commit, cause, root, depth: earlier.info.depth });
    return;
  }
  for (const workflow of machine.repository.workflows) {
    for (const found of originsFor(machine, workflow, event)) {
      if (typeof found === "string") {
        record(world, { kind: "not-started", pipeline: workflow.file, cause: event.id, reason: found });
      } else start(machine, { workflow, origin: found, commit: found.sha, cause, root, depth: 0 });
    }
  }
}

function start(machine: Machine, { workflow, origin, commit, cause, root, depth }: Start): void {
  const { world } = machine;
  const info: TraceRun = {
    id: world.runs.length,
    pipeline: workflow.file,
    event: origin.event,
    cause,
    root,
    commit,
    ref: origin.ref.replace(/^refs\/(heads|tags)\//, ""),
    depth,
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
  };
  run.scope = openScope(run, workflow, undefined);
  openRun(machine, run);
}

function fullRef(ref: { kind: "branch" | "tag"; name: string }): string {
  return `refs/${ref.kind === "branch" ? "heads" : "tags"}/${ref.name}`;
}

const plainOrigin = {
  action: undefined,
  head: undefined,
  base: undefined,
  headSha: undefined,
  outsider: false,
  merged: false,
  tag: undefined,
  inputs: {},
  upstream: undefined,
};

function tipOf(machine: Machine, branch: string): string {
  return machine.world.refs.get(`refs/heads/${branch}`) ?? `tip of ${branch}`;
}

/** How this event starts the workflow, or a sentence why a trigger of its kind does not. Empty where it has none. */
function originsFor(machine: Machine, workflow: Workflow, event: Exclude<RootEvent, { kind: "rerun" }>) {
  if (event.kind !== "pull-request") return [originFor(machine, workflow, event)].filter((one) => one !== undefined);
  return workflow.triggers.flatMap((trigger) =>
    trigger.event === "pull_request" || trigger.event === "pull_request_target"
      ? [pullRequestOrigin(machine, trigger, event)]
      : [],
  );
}

function originFor(
  machine: Machine,
  workflow: Workflow,
  event: Exclude<RootEvent, { kind: "rerun" | "pull-request" }>,
): Origin | string | undefined {
  const { defaultBranch } = machine.world.scenario;
  const onDefault = { ...plainOrigin, ref: `refs/heads/${defaultBranch}`, sha: tipOf(machine, defaultBranch) };
  switch (event.kind) {
    case "push": {
      const trigger = triggerOf(workflow, "push") as PushTrigger | undefined;
      if (trigger === undefined) return undefined;
      const refusal = refusePush(trigger, event);
      return refusal ?? { ...plainOrigin, event: "push", ref: fullRef(event.ref), sha: event.commit };
    }
    case "dispatch": {
      if (event.pipeline !== workflow.file) return undefined;
      const trigger = triggerOf(workflow, "workflow_dispatch") as WorkflowDispatchTrigger | undefined;
      if (trigger === undefined) return "it has no workflow_dispatch trigger";
      const missing = trigger.inputs.find(
        ({ name, required, default: given }) => required && given === undefined && !(name.value in event.inputs),
      );
      if (missing) return `the input ${missing.name.value} is required`;
      const { branch, inputs } = event;
      const sha = tipOf(machine, branch);
      return { ...plainOrigin, event: "workflow_dispatch", ref: `refs/heads/${branch}`, sha, inputs };
    }
    case "custom-event": {
      const trigger = triggerOf(workflow, "repository_dispatch");
      if (trigger === undefined) return undefined;
      if (!typeAllowed(trigger, event.type, undefined)) return `it does not listen to the type ${event.type}`;
      return { ...onDefault, event: "repository_dispatch", action: event.type };
    }
    case "schedule":
      if (event.pipeline !== workflow.file || !triggerOf(workflow, "schedule")) return undefined;
      return { ...onDefault, event: "schedule" };
    case "release": {
      const trigger = triggerOf(workflow, "release");
      if (trigger === undefined) return undefined;
      if (!typeAllowed(trigger, event.action, undefined)) return `it does not listen to ${event.action} releases`;
      const ref = `refs/tags/${event.tag}`;
      const sha = machine.world.refs.get(ref) ?? `commit of ${event.tag}`;
      return { ...plainOrigin, event: "release", action: event.action, ref, sha, tag: event.tag };
    }
    case "other": {
      const trigger = workflow.triggers.find((one) => one.event === "other" && one.name === event.name);
      if (trigger === undefined) return undefined;
      if (!typeAllowed(trigger, event.action, undefined)) return `it does not listen to ${event.action}`;
      return { ...onDefault, event: event.name, action: event.action };
    }
    case "call": {
      if (event.pipeline !== workflow.file || !triggerOf(workflow, "workflow_call")) return undefined;
      return { ...onDefault, event: "workflow_call", inputs: event.inputs };
    }
    default:
      return event satisfies never;
  }
}

function triggerOf(workflow: Workflow, event: Trigger["event"]): Trigger | undefined {
  return workflow.triggers.find((trigger) => trigger.event === event);
}

function typeAllowed(trigger: Trigger, action: string, defaults: readonly string[] | undefined): boolean {
  const listed = "types" in trigger ? trigger.types?.patterns.map(({ value }) => value) : undefined;
  const allowed = listed ?? defaults;
  return allowed === undefined || action === "" || allowed.includes(action);
}

/** Filters for branches alone leave tags out, and the other way round. Path filters do not count for tags. */
function refusePush(trigger: PushTrigger, event: Extract<RootEvent, { kind: "push" }>): string | undefined {
  const branches = trigger.branches ?? trigger.branchesIgnore;
  const tags = trigger.tags ?? trigger.tagsIgnore;
  const { kind, name } = event.ref;
  if (kind === "tag") {
    if (tags === undefined) return branches === undefined ? undefined : "its filters name branches only";
    return nameSet(trigger.tags, trigger.tagsIgnore).accepts(name) ? undefined : `its tag filter leaves out ${name}`;
  }
  if (branches === undefined && tags !== undefined) return "its filters name tags only";
  if (!nameSet(trigger.branches, trigger.branchesIgnore).accepts(name)) return `its branch filter leaves out ${name}`;
  return refusePaths(trigger, event.paths);
}

function refusePaths(
  trigger: PushTrigger | PullRequestTrigger,
  paths: readonly string[] | "every",
): string | undefined {
  if (paths === "every") return undefined;
  const wanted = nameSet(trigger.paths, trigger.pathsIgnore);
  return paths.some((path) => wanted.accepts(path)) ? undefined : "its path filter leaves out every path of the change";
}

function pullRequestOrigin(
  machine: Machine,
  trigger: PullRequestTrigger,
  event: Extract<RootEvent, { kind: "pull-request" }>,
): Origin | string {
  if (!typeAllowed(trigger, event.action, defaultPullRequestTypes)) return `it does not listen to ${event.action}`;
  if (!nameSet(trigger.branches, trigger.branchesIgnore).accepts(event.base)) {
    return `its branch filter leaves out ${event.base}`;
  }
  const refusal = refusePaths(trigger, event.paths);
  if (refusal !== undefined) return refusal;
  const own = trigger.event === "pull_request";
  return {
    ...plainOrigin,
    event: trigger.event,
    action: event.action,
    ref: own ? "refs/pull/1/merge" : `refs/heads/${event.base}`,
    sha: own ? `merge of ${event.commit}` : tipOf(machine, event.base),
    head: event.head,
    base: event.base,
    headSha: event.commit,
    // The target form runs with the base repository's rights whoever opened it.
    outsider: event.outsider && own,
    merged: event.merged,
  };
}

/** Runs of other workflows that listen to this one, whatever its conclusion, on the default branch's last commit. */
function arriveCompletion(machine: Machine, upstream: SimRun, action: "requested" | "in_progress" | "completed"): void {
  const { world } = machine;
  const { defaultBranch } = world.scenario;
  for (const workflow of machine.repository.workflows) {
    const trigger = triggerOf(workflow, "workflow_run") as WorkflowRunTrigger | undefined;
    const listens = trigger?.workflows?.patterns.some(({ value }) => value === upstream.workflow.displayName);
    if (trigger === undefined || !listens || !typeAllowed(trigger, action, undefined)) continue;
    const branch = upstream.origin.head ?? upstream.info.ref;
    const refuse = (reason: string) =>
      record(world, { kind: "not-started", pipeline: workflow.file, cause: upstream.workflow.file, reason });
    if (!nameSet(trigger.branches, trigger.branchesIgnore).accepts(branch)) {
      refuse(`its branch filter leaves out ${branch}`);
    } else if (upstream.info.depth >= deepestChain) {
      refuse(`it would be the ${deepestChain + 1}th run in a chain; GitHub stops after ${deepestChain}`);
    } else {
      start(machine, {
        workflow,
        origin: {
          ...plainOrigin,
          event: "workflow_run",
          action,
          ref: `refs/heads/${defaultBranch}`,
          sha: tipOf(machine, defaultBranch),
          upstream,
        },
        commit: tipOf(machine, defaultBranch),
        cause: { kind: "run", run: upstream.info.id },
        root: upstream.info.root,
        depth: upstream.info.depth + 1,
      });
    }
  }
}
