/** Words of a command: names in pieces, with where they stand. */

import type { Key, KeyPart } from "../facts/access.ts";
import { showKey } from "../facts/show-key.ts";

export interface Word {
  readonly key: Key;
  /** Offsets in the script. */
  readonly start: number;
  readonly end: number;
}

export function textKey(text: string): Key {
  return text === "" ? [] : [{ kind: "text", text }];
}

/** The text of a name without holes. */
export function keyText(key: Key | undefined): string | undefined {
  if (!key) return undefined;
  let text = "";
  for (const part of key) {
    if (part.kind !== "text") return undefined;
    text += part.text;
  }
  return text;
}

/** The literal text that a name begins with, up to its first hole. */
export function leadingText(key: Key): string {
  return key[0]?.kind === "text" ? key[0].text : "";
}

export function sameKey(a: Key, b: Key): boolean {
  return showKey(a) === showKey(b);
}

/** Names in a row with text between them; neighbouring literals become one. */
export function joinKeys(keys: readonly Key[], between: string): Key {
  return mergeText(keys.flatMap((key, i): KeyPart[] => [...(i > 0 ? textKey(between) : []), ...key]));
}

export function mergeText(parts: readonly KeyPart[]): Key {
  const merged: KeyPart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part.kind === "text" && last?.kind === "text") {
      merged[merged.length - 1] = { kind: "text", text: last.text + part.text };
    } else if (part.kind !== "text" || part.text !== "") merged.push(part);
  }
  return merged;
}

/** The name from an offset of its leading text on; that text must reach so far. */
export function dropLeading(key: Key, length: number): Key {
  const [first, ...rest] = key;
  if (length === 0 || first?.kind !== "text") return key;
  return mergeText([{ kind: "text", text: first.text.slice(length) }, ...rest]);
}

/** Splits at the first occurrence of a separator in literal text. */
export function splitKey(key: Key, separator: string): { before: Key; after: Key } | undefined {
  for (const [i, part] of key.entries()) {
    if (part.kind !== "text") continue;
    const at = part.text.indexOf(separator);
    if (at < 0) continue;
    const before = mergeText([...key.slice(0, i), { kind: "text", text: part.text.slice(0, at) }]);
    const rest: KeyPart = { kind: "text", text: part.text.slice(at + separator.length) };
    return { before, after: mergeText([rest, ...key.slice(i + 1)]) };
  }
  return undefined;
}
