import type { Place } from "../../../findings/source.ts";
import type { PathFilters, RefFilters, Trigger, WorkflowInput } from "../workflow.ts";
import { filterList, placedText, template, texts } from "./fields.ts";
import { child, entryPlace, scalarText, uniqueEntries, type YamlNode } from "./yaml/node.ts";

/** Reads `on`: one event, a list of events, or a map of events with their filters. */
export function readTriggers(on: YamlNode | undefined): Trigger[] {
  if (on?.kind === "map") {
    return uniqueEntries(on).map((entry) =>
      readTrigger({ name: scalarText(entry.key), config: entry.value, at: entryPlace(entry) }),
    );
  }
  return texts(on).map(({ value, at }) => readTrigger({ name: value, config: undefined, at }));
}

function readTrigger({ name, config, at }: { name: string; config: YamlNode | undefined; at: Place }): Trigger {
  switch (name) {
    case "push":
      return {
        event: name,
        ...refFilters(config),
        ...pathFilters(config),
        tags: filterList(child(config, "tags")),
        tagsIgnore: filterList(child(config, "tags-ignore")),
        at,
      };
    case "pull_request":
    case "pull_request_target":
      return { event: name, ...refFilters(config), ...pathFilters(config), ...activity(config), at };
    case "workflow_run":
      return {
        event: name,
        ...refFilters(config),
        ...activity(config),
        workflows: filterList(child(config, "workflows")),
        at,
      };
    case "workflow_call":
      return {
        event: name,
        inputs: inputs(child(config, "inputs")),
        outputs: outputs(child(config, "outputs")),
        secrets: uniqueEntries(child(config, "secrets")).map(({ key, value }) => ({
          name: { value: scalarText(key), at: key.at },
          required: isTrue(child(value, "required")),
        })),
        at,
      };
    case "workflow_dispatch":
      return { event: name, inputs: inputs(child(config, "inputs")), at };
    case "schedule":
      return { event: name, crons: crons(config), at };
    case "release":
    case "repository_dispatch":
      return { event: name, ...activity(config), at };
    default:
      return { event: "other", name, ...activity(config), at };
  }
}

function refFilters(config: YamlNode | undefined): RefFilters {
  return {
    branches: filterList(child(config, "branches")),
    branchesIgnore: filterList(child(config, "branches-ignore")),
  };
}

function pathFilters(config: YamlNode | undefined): PathFilters {
  return { paths: filterList(child(config, "paths")), pathsIgnore: filterList(child(config, "paths-ignore")) };
}

function activity(config: YamlNode | undefined) {
  return { types: filterList(child(config, "types")) };
}

function crons(config: YamlNode | undefined) {
  const items = config?.kind === "sequence" ? config.items : [];
  return items.flatMap((item) => placedText(child(item, "cron")) ?? []);
}

/** `outputs` of `workflow_call`: the name with its `value`. */
function outputs(node: YamlNode | undefined) {
  return uniqueEntries(node).flatMap(({ key, value }) => {
    const written = template(child(value, "value"));
    return written ? [{ key: { value: scalarText(key), at: key.at }, value: written }] : [];
  });
}

const inputTypes: ReadonlySet<string> = new Set(["string", "boolean", "number", "choice", "environment"]);

function inputs(node: YamlNode | undefined): WorkflowInput[] {
  return uniqueEntries(node).map((entry) => {
    const { key, value } = entry;
    // A dispatch input without a type is a string.
    const type = placedText(child(value, "type"))?.value ?? "string";
    return {
      name: { value: scalarText(key), at: key.at },
      type: inputTypes.has(type) ? (type as WorkflowInput["type"]) : "unknown",
      required: isTrue(child(value, "required")),
      default: template(child(value, "default")),
      options: texts(child(value, "options")),
      at: entryPlace(entry),
    };
  });
}

function isTrue(node: YamlNode | undefined): boolean {
  return node?.kind === "scalar" && node.value === true;
}
