/** How an event starts a workflow: what its run will know of the event, or why the trigger leaves it out. */

import type { NameSet } from "../../../facts/facts.ts";
import { allNames } from "../../../facts/name-set.ts";
import type { RootEvent } from "../../../simulation/scenario.ts";
import { nameSet } from "../facts/name-sets.ts";
import type {
  FilterList,
  PullRequestTrigger,
  PushTrigger,
  Trigger,
  Workflow,
  WorkflowDispatchTrigger,
} from "../workflow.ts";
import type { GithubWorld } from "./jobs.ts";
import type { GivenInputs, StartingEvent, TriggerContext } from "./world.ts";

/** Activity types that start a run where a trigger lists none. All other events take every type. */
const defaultPullRequestTypes = ["opened", "synchronize", "reopened"];

/** Events about pull requests that carry the merge branch, as `pull_request` does. */
const onPullRequests = new Set(["pull_request_review", "pull_request_review_comment"]);

export const plainContext = {
  action: undefined,
  number: undefined,
  head: undefined,
  base: undefined,
  headSha: undefined,
  outsider: false,
  merged: false,
  tag: undefined,
  inputs: new Map(),
  upstream: undefined,
} satisfies Partial<TriggerContext>;

export function tipOf({ world }: GithubWorld, branch: string): string {
  return world.refs.get(`refs/heads/${branch}`) ?? `tip of ${branch}`;
}

const filters = new WeakMap<FilterList, NameSet>();

/** Filters are read again for every event, so each is compiled once. */
export function filterOf(only: FilterList | undefined, ignored: FilterList | undefined): NameSet {
  const list = only ?? ignored;
  if (list === undefined) return allNames;
  let filter = filters.get(list);
  if (filter === undefined) {
    filter = nameSet(only, ignored);
    filters.set(list, filter);
  }
  return filter;
}

export interface Arrival {
  readonly event: StartingEvent;
  readonly inputs: GivenInputs;
  /** A script sends a dispatch as it is; a person is asked for what is required. */
  readonly isFromStep: boolean;
}

/** How this event starts the workflow, or sentences why triggers of its kind do not. Empty where it has none. */
export function originsFor(machine: GithubWorld, workflow: Workflow, arrival: Arrival): (TriggerContext | string)[] {
  const { event } = arrival;
  if (event.kind === "pull-request") {
    return workflow.triggers.flatMap((trigger) =>
      trigger.event === "pull_request" || trigger.event === "pull_request_target"
        ? [pullRequestOrigin(machine, trigger, event)]
        : [],
    );
  }
  const found = originFor(machine, workflow, { ...arrival, event });
  return found === undefined ? [] : [found];
}

function originFor(
  machine: GithubWorld,
  workflow: Workflow,
  arrival: Arrival & { readonly event: Exclude<StartingEvent, { kind: "pull-request" }> },
): TriggerContext | string | undefined {
  const { event, inputs } = arrival;
  const { defaultBranch } = machine.world.scenario;
  const onDefault = { ...plainContext, ref: `refs/heads/${defaultBranch}`, sha: tipOf(machine, defaultBranch) };
  switch (event.kind) {
    case "push": {
      const trigger = triggerOf(workflow, "push");
      if (trigger === undefined) return undefined;
      const ref = `refs/${event.ref.kind === "branch" ? "heads" : "tags"}/${event.ref.name}`;
      return refusePush(trigger, event) ?? { ...plainContext, event: "push", ref, sha: event.commit };
    }
    case "dispatch": {
      if (event.pipeline !== workflow.file) return undefined;
      const trigger = triggerOf(workflow, "workflow_dispatch");
      if (trigger === undefined) return "it has no workflow_dispatch trigger";
      const { branch } = event;
      const refusal = refuseInputs(trigger, arrival);
      return (
        refusal ?? {
          ...plainContext,
          event: "workflow_dispatch",
          ref: branch.startsWith("refs/") ? branch : `refs/heads/${branch}`,
          sha: tipOf(machine, branch),
          inputs,
        }
      );
    }
    case "custom-event": {
      const trigger = triggerOf(workflow, "repository_dispatch");
      if (trigger === undefined) return undefined;
      if (!typeAllowed(trigger, event.type)) return `it does not listen to the type ${event.type}`;
      return { ...onDefault, event: "repository_dispatch", action: event.type };
    }
    case "schedule":
      if (event.pipeline !== workflow.file || !triggerOf(workflow, "schedule")) return undefined;
      return { ...onDefault, event: "schedule" };
    case "release": {
      const trigger = triggerOf(workflow, "release");
      if (trigger === undefined) return undefined;
      if (!typeAllowed(trigger, event.action)) return `it does not listen to ${event.action} releases`;
      const ref = `refs/tags/${event.tag}`;
      const sha = machine.world.refs.get(ref) ?? `commit of ${event.tag}`;
      return { ...plainContext, event: "release", action: event.action, ref, sha, tag: event.tag };
    }
    case "other": {
      const trigger = workflow.triggers.find((one) => one.event === "other" && one.name === event.name);
      if (trigger === undefined) return undefined;
      if (!typeAllowed(trigger, event.action)) return `it does not listen to ${event.action}`;
      const ref = onPullRequests.has(event.name) ? { ref: "refs/pull/1/merge", number: 1 } : {};
      return { ...onDefault, ...ref, event: event.name, action: event.action };
    }
    case "call":
      if (event.pipeline !== workflow.file || !triggerOf(workflow, "workflow_call")) return undefined;
      return { ...onDefault, event: "workflow_call", inputs };
    default:
      return event satisfies never;
  }
}

function triggerOf<E extends Trigger["event"]>(
  workflow: Workflow,
  event: E,
): Extract<Trigger, { event: E }> | undefined {
  return workflow.triggers.find((trigger): trigger is Extract<Trigger, { event: E }> => trigger.event === event);
}

export function typeAllowed(trigger: Trigger, action: string, defaults?: readonly string[]): boolean {
  const listed = "types" in trigger ? trigger.types?.patterns.map(({ value }) => value) : undefined;
  const allowed = listed ?? defaults;
  return allowed === undefined || action === "" || allowed.includes(action);
}

/** GitHub refuses a dispatch that gives too little, too much, or no option of a choice. */
function refuseInputs({ inputs }: WorkflowDispatchTrigger, { inputs: given, isFromStep }: Arrival): string | undefined {
  for (const { name, required, default: otherwise, options } of inputs) {
    const value = given.get(name.value.toLowerCase());
    if (value === undefined) {
      if (isFromStep && required && otherwise === undefined) return `the input ${name.value} is required`;
    } else if (value.kind === "known" && options.length > 0 && !options.some((one) => one.value === value.value)) {
      return `the input ${name.value} has no option ${String(value.value)}`;
    }
  }
  const declared = new Set(inputs.map(({ name }) => name.value.toLowerCase()));
  const extra = [...given.keys()].find((name) => !declared.has(name));
  return extra === undefined ? undefined : `it has no input ${extra}`;
}

/** Filters for branches alone leave tags out, and the other way round. Path filters do not count for tags. */
function refusePush(trigger: PushTrigger, event: Extract<RootEvent, { kind: "push" }>): string | undefined {
  const branches = trigger.branches ?? trigger.branchesIgnore;
  const tags = trigger.tags ?? trigger.tagsIgnore;
  const { kind, name } = event.ref;
  if (kind === "tag") {
    if (tags === undefined) return branches === undefined ? undefined : "its filters name branches only";
    return filterOf(trigger.tags, trigger.tagsIgnore).accepts(name) ? undefined : `its tag filter leaves out ${name}`;
  }
  if (branches === undefined && tags !== undefined) return "its filters name tags only";
  if (!filterOf(trigger.branches, trigger.branchesIgnore).accepts(name)) return `its branch filter leaves out ${name}`;
  return refusePaths(trigger, event.paths);
}

function refusePaths(
  trigger: PushTrigger | PullRequestTrigger,
  paths: readonly string[] | "every",
): string | undefined {
  if (paths === "every") return undefined;
  const wanted = filterOf(trigger.paths, trigger.pathsIgnore);
  return paths.some((path) => wanted.accepts(path)) ? undefined : "its path filter leaves out every path of the change";
}

function pullRequestOrigin(
  machine: GithubWorld,
  trigger: PullRequestTrigger,
  event: Extract<RootEvent, { kind: "pull-request" }>,
): TriggerContext | string {
  if (!typeAllowed(trigger, event.action, defaultPullRequestTypes)) return `it does not listen to ${event.action}`;
  if (!filterOf(trigger.branches, trigger.branchesIgnore).accepts(event.base)) {
    return `its branch filter leaves out ${event.base}`;
  }
  const refusal = refusePaths(trigger, event.paths);
  if (refusal !== undefined) return refusal;
  const number = numberOf(machine, event);
  const own = trigger.event === "pull_request";
  return {
    ...plainContext,
    event: trigger.event,
    action: event.action,
    ...refOfPullRequest(machine, event, { own, number }),
    number,
    head: event.head,
    base: event.base,
    headSha: event.commit,
    outsider: event.outsider,
    merged: event.merged,
  };
}

/** Its merge branch; once it is merged, the branch it was merged into. The target form is on the base branch. */
function refOfPullRequest(
  machine: GithubWorld,
  { base, commit, merged }: Extract<RootEvent, { kind: "pull-request" }>,
  { own, number }: { readonly own: boolean; readonly number: number },
): Pick<TriggerContext, "ref" | "sha"> {
  if (!own) return { ref: `refs/heads/${base}`, sha: tipOf(machine, base) };
  return { ref: merged ? `refs/heads/${base}` : `refs/pull/${number}/merge`, sha: `merge of ${commit}` };
}

function numberOf(
  { world }: GithubWorld,
  { base, head, outsider }: Extract<RootEvent, { kind: "pull-request" }>,
): number {
  const branches = JSON.stringify([base, head, outsider]);
  const place = world.pullRequests.indexOf(branches);
  return place >= 0 ? place + 1 : world.pullRequests.push(branches);
}
