/** Texts of a definition as far as the files tell them: names that may have holes, and what is certain about those. */

import type { Place } from "../findings/source.ts";
import type { Key } from "./access.ts";

/** A text of a definition as far as the files tell it. */
export interface Written {
  readonly key: Key;
  readonly at: Place;
}

/** The name, where every piece of it is known. */
export function literal(written: Written | undefined): string | undefined {
  if (!written) return undefined;
  const parts: string[] = [];
  for (const part of written.key) {
    if (part.kind !== "text") return undefined;
    parts.push(part.text);
  }
  return parts.join("");
}

/**
 * Text that is equal exactly where the values are: what only a deployment knows has one value under one name. Undefined
 * where that is not certain.
 */
export function identity(key: Key): string | undefined {
  const parts: string[] = [];
  for (const part of key) {
    if (part.kind === "text") parts.push(part.text);
    else if (part.kind === "expression") parts.push(`‹${part.text}›`);
    else return undefined;
  }
  return parts.join("");
}

/** An identity as people read it. */
export function readableIdentity(name: string): string {
  return name.replaceAll(/‹[^#]*#([^›]*)›/g, (_, hole: string) => `{${hole}}`);
}

/** As people read it: holes by their name. */
export function readable(key: Key): string {
  return key
    .map((part) => {
      if (part.kind === "text") return part.text;
      const name = part.kind === "variable" ? part.name : part.text;
      return `{${name.slice(name.indexOf("#") + 1)}}`;
    })
    .join("");
}
