import type { Key, KeyPart } from "./access.ts";

/** A name as people read it: holes as `${{ … }}`, `$NAME` or `…`. */
export function showKey(key: Key): string {
  return key.map(showPart).join("");
}

function showPart(part: KeyPart): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "expression":
      return `\${{ ${part.text} }}`;
    case "variable":
      return `$${part.name}`;
    case "unknown":
      return "…";
    default:
      return part satisfies never;
  }
}
