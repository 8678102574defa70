/** Readers of the values that occur all over a workflow. What has the wrong shape reads as absent: GitHub's validator reports it. */

import type { Placed } from "../../../findings/source.ts";
import type {
  Concurrency,
  Condition,
  FilterList,
  PermissionLevel,
  Permissions,
  RunDefaults,
  Setting,
  Template,
  TemplateEntry,
  TemplateMap,
} from "../workflow.ts";
import { readCondition, readTemplate } from "./templates.ts";
import { child, isNull, scalarText, uniqueEntries, type YamlNode } from "./yaml/node.ts";

export function placedText(node: YamlNode | undefined): Placed<string> | undefined {
  if (node?.kind !== "scalar" || node.value === null) return undefined;
  return { value: scalarText(node), at: node.at };
}

export function template(node: YamlNode | undefined): Template | undefined {
  return node?.kind === "scalar" && node.value !== null ? readTemplate(node) : undefined;
}

export function condition(node: YamlNode | undefined): Condition | undefined {
  return node?.kind === "scalar" && node.value !== null ? readCondition(node) : undefined;
}

/** One scalar or a sequence of them. */
export function texts(node: YamlNode | undefined): Placed<string>[] {
  const items = node?.kind === "sequence" ? node.items : node ? [node] : [];
  return items.flatMap((item) => placedText(item) ?? []);
}

/** A list of patterns or types; undefined where the key is absent or null. */
export function filterList(node: YamlNode | undefined): FilterList | undefined {
  if (!node || isNull(node) || node.kind === "map") return undefined;
  return { patterns: texts(node), at: node.at };
}

export function booleanSetting(node: YamlNode | undefined): Setting<boolean> | undefined {
  return setting(node, (value) => (typeof value === "boolean" ? value : undefined));
}

export function numberSetting(node: YamlNode | undefined): Setting<number> | undefined {
  return setting(node, (value) => (typeof value === "number" ? value : undefined));
}

function setting<T>(node: YamlNode | undefined, known: (value: unknown) => T | undefined): Setting<T> | undefined {
  if (node?.kind !== "scalar") return undefined;
  const value = known(node.value);
  if (value !== undefined) return { kind: "known", value, at: node.at };
  const read = readTemplate(node);
  if (!read.parts.some((part) => part.kind === "expression")) return undefined;
  return { kind: "expression", template: read, at: node.at };
}

export function templateMap(node: YamlNode | undefined): TemplateMap | undefined {
  if (node?.kind === "map") return { entries: templateEntries(node), expression: undefined, at: node.at };
  const expression = template(node);
  return node && expression ? { entries: [], expression, at: node.at } : undefined;
}

/** Keys with scalar values; null reads as the empty string, as GitHub passes it on. */
export function templateEntries(node: YamlNode | undefined): TemplateEntry[] {
  return uniqueEntries(node).flatMap(({ key, value }) =>
    value.kind === "scalar" ? [{ key: { value: scalarText(key), at: key.at }, value: readTemplate(value) }] : [],
  );
}

/** The value of a key, found as GitHub finds inputs: regardless of case. */
export function entryValue(map: TemplateMap | undefined, key: string): Template | undefined {
  const wanted = key.toLowerCase();
  return map?.entries.find((each) => each.key.value.toLowerCase() === wanted)?.value;
}

export function runDefaults(node: YamlNode | undefined): RunDefaults | undefined {
  const run = child(node, "run");
  if (run?.kind !== "map") return undefined;
  return { shell: template(child(run, "shell")), workingDirectory: template(child(run, "working-directory")) };
}

export function concurrency(node: YamlNode | undefined): Concurrency | undefined {
  if (!node) return undefined;
  const group = template(node.kind === "map" ? child(node, "group") : node);
  if (!group) return undefined;
  return {
    group,
    cancelInProgress: booleanSetting(child(node, "cancel-in-progress")),
    queue: template(child(node, "queue")),
    at: node.at,
  };
}

const levels: ReadonlySet<string> = new Set<PermissionLevel>(["read", "write", "none"]);

export function permissions(node: YamlNode | undefined): Permissions | undefined {
  if (!node || isNull(node)) return undefined;
  const scopes = new Map<string, Placed<PermissionLevel>>();
  for (const { key, value } of uniqueEntries(node)) {
    const level = placedText(value);
    if (level && levels.has(level.value)) {
      scopes.set(scalarText(key), { value: level.value as PermissionLevel, at: level.at });
    }
  }
  const text = placedText(node)?.value;
  const all = text === "read-all" ? "read" : text === "write-all" ? "write" : undefined;
  return { all, scopes, at: node.at };
}
