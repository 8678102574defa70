/**
 * YAML as the reader walks it: scalars, maps and sequences with their places. Aliases are followed while the tree is
 * built, so a node may be reached along several paths; nothing below ever mutates it.
 */

import type { Place } from "../../../../findings/source.ts";

export interface YamlScalar {
  readonly kind: "scalar";
  /** As YAML 1.2 core resolves it. */
  readonly value: string | number | boolean | null;
  /** `block` for `|` and `>`, whose text begins on the line after the place's start. */
  readonly style: "plain" | "quoted" | "block";
  readonly at: Place;
}

export interface YamlEntry {
  readonly key: YamlScalar;
  readonly value: YamlNode;
}

export interface YamlMap {
  readonly kind: "map";
  readonly entries: readonly YamlEntry[];
  readonly at: Place;
}

export interface YamlSequence {
  readonly kind: "sequence";
  readonly items: readonly YamlNode[];
  readonly at: Place;
}

export type YamlNode = YamlScalar | YamlMap | YamlSequence;

/** The text GitHub makes of a scalar: numbers and booleans in their canonical form, null as the empty string. */
export function scalarText(scalar: YamlScalar): string {
  return scalar.value === null ? "" : String(scalar.value);
}

/** Whether the node is absent or an explicit null. */
export function isNull(node: YamlNode | undefined): boolean {
  return node === undefined || (node.kind === "scalar" && node.value === null);
}

/** The value of a key, spelt exactly; of repeated keys the first. */
export function child(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return entry(node, key)?.value;
}

export function entry(node: YamlNode | undefined, key: string): YamlEntry | undefined {
  if (node?.kind !== "map") return undefined;
  for (const each of node.entries) if (each.key.value === key) return each;
  return undefined;
}

/** Entries of a map, each key once: GitHub refuses repeated keys, and reading on with the first keeps its place. */
export function uniqueEntries(node: YamlNode | undefined): YamlEntry[] {
  if (node?.kind !== "map") return [];
  const seen = new Set<string>();
  return node.entries.filter(({ key }) => {
    const name = scalarText(key);
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** The place from a key to the end of its value. */
export function entryPlace({ key, value }: YamlEntry): Place {
  return value.at.start < key.at.start ? key.at : { ...key.at, end: Math.max(key.at.end, value.at.end) };
}
