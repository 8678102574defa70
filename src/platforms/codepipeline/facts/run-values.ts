/** `#{Namespace.Name}` in the settings of an action: values that each run has its own of. */

import type { Key, KeyPart } from "../../../facts/access.ts";

export const runVariable = /#\{([A-Za-z0-9@_-]+)\.[^}]+\}/g;

/** A name with what only a run knows as holes, so that equal texts are not taken for equal names. */
export function withRunValues(key: Key): Key {
  return key.flatMap((part): KeyPart[] => {
    if (part.kind !== "text" || !part.text.includes("#{")) return [part];
    const parts: KeyPart[] = [];
    let from = 0;
    for (const match of part.text.matchAll(runVariable)) {
      if (match.index > from) parts.push({ kind: "text", text: part.text.slice(from, match.index) });
      from = match.index + match[0].length;
      parts.push({ kind: "unknown", text: match[0] });
    }
    return from < part.text.length ? [...parts, { kind: "text", text: part.text.slice(from) }] : parts;
  });
}
