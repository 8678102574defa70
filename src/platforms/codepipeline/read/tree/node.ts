/** Templates and pipeline files as the reader walks them, whatever they are written in: each value with its place. */

import type { Key } from "../../../../facts/access.ts";
import type { Place, SourceFile } from "../../../../findings/source.ts";

/** A stretch of a text that stands in a file as it is. */
export interface Stretch {
  /** Where it begins in the text, of which parts that are not told count nothing. */
  readonly offset: number;
  readonly at: Place;
}

export interface Scalar {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  readonly at: Place;
  /** What the text consists of, where a part of it is not told by the files. `value` then shows how it is written. */
  readonly key?: Key;
  /** Where the text stands, in its order: what is in a text that holds a document has a place of its own. */
  readonly stretches?: readonly Stretch[];
  /** The document that the text is printed from. */
  readonly document?: Node;
  /** The file of the repository that the text is read from. */
  readonly file?: SourceFile;
}

export interface MapEntry {
  readonly key: string;
  readonly keyAt: Place;
  readonly value: Node;
}

export interface MapNode {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
  readonly at: Place;
  /** Entries may be missing, or be others in the end. */
  readonly partial?: true;
}

export interface ListNode {
  readonly kind: "list";
  readonly items: readonly Node[];
  readonly at: Place;
  /** Items may be missing. */
  readonly partial?: true;
  /** Of different items, in the order of the alphabet. */
  readonly isSet?: true;
}

export type Node = Scalar | MapNode | ListNode;

/** Why a file could not be read, and where it stops making sense. */
export interface SyntaxProblem {
  readonly message: string;
  readonly at: Place;
}

export type Parsed =
  | { readonly ok: true; readonly root: Node }
  | { readonly ok: false; readonly problem: SyntaxProblem };

/** Nesting beyond this is no file that anybody wrote; it only has to stay clear of the stack's end. */
export const MAX_DEPTH = 100;

/** A key that is written twice counts once, as the services read it: what was written last, in the place of the first. */
export function mapOf(written: readonly MapEntry[], at: Place): MapNode {
  const entries = new Map(written.map((each) => [each.key, each]));
  return { kind: "map", entries: entries.size === written.length ? written : [...entries.values()], at };
}

export function entry(node: Node | undefined, key: string): MapEntry | undefined {
  return node?.kind === "map" ? node.entries.find((each) => each.key === key) : undefined;
}

export function child(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  let at = node;
  for (const key of path) at = entry(at, key)?.value;
  return at;
}

export function entriesOf(node: Node | undefined): readonly MapEntry[] {
  return node?.kind === "map" ? node.entries : [];
}

export function itemsOf(node: Node | undefined): readonly Node[] {
  return node?.kind === "list" ? node.items : [];
}

/** Text of a scalar as CloudFormation takes it; undefined for null, maps and lists. */
export function plainText(node: Node | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}

export function wholeFile(source: SourceFile): Place {
  return { source, start: 0, end: source.text.length };
}

/** Every node below, itself first. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  if (node.kind === "map") for (const { value } of node.entries) yield* walk(value);
  else if (node.kind === "list") for (const item of node.items) yield* walk(item);
}
