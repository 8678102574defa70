import type { Key, KeyPart } from "../../../facts/access.ts";

/** A piece of a name that has one value wherever this file is deployed once, but is not told by it. */
export function open(file: string, name: string): KeyPart {
  return { kind: "expression", text: `${file}#${name}` };
}

export function textKey(text: string): Key {
  return text === "" ? [] : [{ kind: "text", text }];
}

export function unknownKey(name: string): Key {
  return [{ kind: "unknown", text: name }];
}

/** Neighbouring literals as one, so that equal names are equal lists. */
export function joined(parts: readonly KeyPart[]): Key {
  const result: KeyPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (part.kind === "text" && last?.kind === "text") {
      result[result.length - 1] = { kind: "text", text: last.text + part.text };
    } else if (part.kind !== "text" || part.text !== "") result.push(part);
  }
  return result;
}

export function sameKey(a: Key, b: Key): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
