/** What starts a workflow, as facts. */

import type { Cause, Input, Start } from "../../../facts/facts.ts";
import { noNames } from "../../../facts/name-set.ts";
import type { Trigger, Workflow, WorkflowInput } from "../workflow.ts";
import { nameSet } from "./name-sets.ts";

/** Workflows by the name that `workflow_run` uses. */
export type NameIndex = ReadonlyMap<string, readonly Workflow[]>;

export function indexNames(workflows: readonly Workflow[]): NameIndex {
  const index = new Map<string, Workflow[]>();
  for (const workflow of workflows) {
    const same = index.get(workflow.displayName);
    if (same) same.push(workflow);
    else index.set(workflow.displayName, [workflow]);
  }
  return index;
}

export function startsOf(workflow: Workflow, names: NameIndex): Start[] {
  return workflow.triggers.map((trigger) => {
    const event = trigger.event === "other" ? trigger.name : trigger.event;
    return {
      id: `${workflow.file}@${event}`,
      pipeline: workflow.file,
      cause: causeOf(trigger, names),
      event,
      at: trigger.at,
    };
  });
}

function types(trigger: { readonly types: { readonly patterns: readonly { value: string }[] } | undefined }): string[] {
  return trigger.types?.patterns.map(({ value }) => value) ?? [];
}

function causeOf(trigger: Trigger, names: NameIndex): Cause {
  switch (trigger.event) {
    case "push": {
      const namesBranches = trigger.branches || trigger.branchesIgnore;
      const namesTags = trigger.tags || trigger.tagsIgnore;
      return {
        kind: "push",
        // Filters for only one kind of ref leave the other kind out.
        branches: namesTags && !namesBranches ? noNames : nameSet(trigger.branches, trigger.branchesIgnore),
        tags: namesBranches && !namesTags ? noNames : nameSet(trigger.tags, trigger.tagsIgnore),
        paths: nameSet(trigger.paths, trigger.pathsIgnore),
      };
    }
    case "pull_request":
    case "pull_request_target":
      return {
        kind: "pull-request",
        trusted: trigger.event === "pull_request" ? "head" : "base",
        branches: nameSet(trigger.branches, trigger.branchesIgnore),
        paths: nameSet(trigger.paths, trigger.pathsIgnore),
        types: types(trigger),
      };
    case "workflow_run": {
      const listed = trigger.workflows?.patterns ?? [];
      return {
        kind: "completion",
        names: listed,
        upstream: listed.flatMap((name) =>
          (names.get(name.value) ?? []).map((workflow) => ({ pipeline: workflow.file, name })),
        ),
        dangling: listed.filter((name) => !names.has(name.value)),
        branches: nameSet(trigger.branches, trigger.branchesIgnore),
        types: types(trigger),
      };
    }
    case "workflow_dispatch":
      return { kind: "dispatch", inputs: trigger.inputs.map(inputOf) };
    case "workflow_call":
      return { kind: "call", inputs: trigger.inputs.map(inputOf) };
    case "repository_dispatch":
      return { kind: "custom-event", types: types(trigger) };
    case "schedule":
      return { kind: "schedule" };
    case "release":
      return { kind: "release", types: types(trigger) };
    case "other":
      return { kind: "other", name: trigger.name, types: types(trigger) };
    default:
      return trigger satisfies never;
  }
}

function inputOf(input: WorkflowInput): Input {
  return {
    name: input.name.value,
    required: input.required,
    hasDefault: input.default !== undefined,
    options: input.options.map(({ value }) => value),
    at: input.at,
  };
}
