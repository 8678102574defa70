/**
 * Values of expressions, as nodes of the tree. A value is known, or open (one and the same wherever the module is applied
 * once, though the files do not tell it), or unknown. A list or map may be partial.
 */

import type { Key, KeyPart } from "../../../../../facts/access.ts";
import type { Place } from "../../../../../findings/source.ts";
import type { ListNode, MapEntry, MapNode, Node, Scalar } from "../../tree/node.ts";
import { joined, textKey } from "../../values.ts";

export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** Longer texts and lists are no longer followed: nobody wrote them. Characters; pieces of a text; items. */
const MAX_TEXT = 1_000_000;
const MAX_PIECES = 2_000;
const MAX_ITEMS = 5_000;

export function known(value: string | number | boolean | null, at: Place): Scalar {
  return { kind: "scalar", value, at };
}

export function unknown(at: Place, written = "?"): Scalar {
  return { kind: "scalar", value: `\${${written}}`, at, key: [{ kind: "unknown", text: written }] };
}

/** `part` is its identity, `written` how people know it. */
export function openValue(part: KeyPart, at: Place): Scalar {
  const text = part.kind === "variable" ? part.name : part.text;
  return { kind: "scalar", value: `\${${text.slice(text.indexOf("#") + 1)}}`, at, key: [part] };
}

/** A text of these pieces; known where all of them are text. */
export function textOf(parts: Key, at: Place): Scalar {
  const key = joined(parts);
  if (key.every((part) => part.kind === "text")) return known(key.map((part) => part.text).join(""), at);
  const shown = key.map((part) => {
    if (part.kind === "text") return part.text;
    const name = part.kind === "variable" ? part.name : part.text;
    return `\${${name.slice(name.indexOf("#") + 1)}}`;
  });
  return { kind: "scalar", value: shown.join(""), at, key };
}

export function isTooLong(parts: Key): boolean {
  if (parts.length > MAX_PIECES) return true;
  return parts.reduce((sum, part) => sum + (part.kind === "text" ? part.text.length : 1), 0) > MAX_TEXT;
}

export function list(items: readonly Node[], at: Place, more: Pick<ListNode, "partial" | "isSet"> = {}): ListNode {
  const isLong = items.length > MAX_ITEMS;
  return {
    kind: "list",
    items: isLong ? items.slice(0, MAX_ITEMS) : items,
    at,
    ...more,
    ...(isLong ? { partial: true } : {}),
  };
}

export function map(entries: readonly MapEntry[], at: Place, more: Pick<MapNode, "partial"> = {}): MapNode {
  return { kind: "map", entries, at, ...more };
}

/** Whether the value itself is known, whatever is in it. */
export function isScalar(node: Node): node is Scalar & { readonly key?: never } {
  return node.kind === "scalar" && node.key === undefined;
}

export function isNull(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

/** An open or unknown value, of which not even the kind is known. */
export function isHole(node: Node): node is Scalar & { readonly key: Key } {
  return node.kind === "scalar" && node.key !== undefined;
}

/** Whether it cannot even be told from others. */
export function isUnknown(node: Node): boolean {
  return isHole(node) && node.key.some((part) => part.kind === "unknown");
}

/** Whether no part of it is left open. */
export function isWhole(node: Node): boolean {
  if (node.kind === "scalar") return node.key === undefined;
  if (node.partial) return false;
  return node.kind === "list" ? node.items.every(isWhole) : node.entries.every(({ value }) => isWhole(value));
}

/** What a text put together has of this value; undefined for lists, maps and null, which no text can hold. */
export function pieces(node: Node): Key | undefined {
  if (node.kind !== "scalar" || node.value === null) return undefined;
  return node.key ?? textKey(String(node.value));
}

/** Known scalars as text: a number or truth is written out. */
export function asText(node: Node | undefined): string | undefined {
  return node && isScalar(node) && node.value !== null ? String(node.value) : undefined;
}

export function asNumber(node: Node | undefined): number | undefined {
  const text = asText(node);
  const number =
    text === undefined || text.trim() === "" || typeof (node as Scalar).value === "boolean" ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

export function asTruth(node: Node | undefined): boolean | undefined {
  const text = asText(node);
  return text === "true" ? true : text === "false" ? false : undefined;
}

/** Whether two values are equal; undefined where that is not known. */
export function areEqual(a: Node, b: Node): boolean | undefined {
  if (isWhole(a) && isWhole(b)) return identityOf(a) === identityOf(b);
  if (
    isHole(a) &&
    isHole(b) &&
    [...a.key, ...b.key].every((part) => part.kind === "text" || part.kind === "expression")
  ) {
    // Two names of one thing that is not known are equal; two names may still be of one thing.
    return JSON.stringify(a.key) === JSON.stringify(b.key) ? true : undefined;
  }
  return undefined;
}

/** A text that is equal where whole values are. */
export function identityOf(node: Node): string {
  return JSON.stringify(plain(node));
}

/** The bare value of a whole node. Maps are in the order of their keys, as Terraform has them. */
export function plain(node: Node): Plain {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(plain);
    case "map":
      return Object.fromEntries(sorted(node.entries).map(({ key, value }) => [key, plain(value)]));
    default:
      return node satisfies never;
  }
}

/** A bare value as a node, all of it at one place. */
export function node(value: Plain, at: Place): Node {
  if (value === null || typeof value !== "object") return known(value, at);
  if (Array.isArray(value))
    return list(
      (value as readonly Plain[]).map((item) => node(item, at)),
      at,
    );
  return map(
    Object.entries(value).map(([key, each]) => ({ key, keyAt: at, value: node(each, at) })),
    at,
  );
}

/** Maps are walked in the order of their keys. */
export function sorted(entries: readonly MapEntry[]): MapEntry[] {
  return [...entries].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Of several entries with one key the last counts. */
export function lastOfEach(entries: readonly MapEntry[]): MapEntry[] {
  return [...new Map(entries.map((entry) => [entry.key, entry])).values()];
}

/** A set of these: equal ones once, in the order of the alphabet where that is known. */
export function setOf(items: readonly Node[], at: Place, more: Pick<ListNode, "partial"> = {}): ListNode {
  const different = new Map<string, Node>();
  for (const item of items)
    different.set(
      isWhole(item) ? identityOf(item) : JSON.stringify([item.kind === "scalar" ? item.key : 0, different.size]),
      item,
    );
  const values = [...different.values()];
  const isSortable = values.every((item) => asText(item) !== undefined);
  if (isSortable) values.sort((a, b) => (asText(a)! < asText(b)! ? -1 : 1));
  return list(values, at, { ...more, isSet: true });
}

/** Where a scalar is used rather than where it comes from. Lists and maps stay where they are written. */
export function movedTo(value: Node, at: Place): Node {
  return value.kind === "scalar" ? { ...value, at } : value;
}
