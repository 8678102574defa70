/** Documents inside of texts that a template fills in: parsed with marks where its values go, which come back afterwards. */

import type { Key, KeyPart } from "../../../facts/access.ts";
import { parseEmbedded } from "./decode.ts";
import type { Node } from "./tree/node.ts";
import { joined } from "./values.ts";

const OPEN = "\uE100";
const CLOSE = "\uE101";

export interface FilledDocument {
  readonly root: Node;
  /** A text of the document, with what the template puts into it. */
  restore(text: string): Key;
}

export function parseFilled(key: Key, holder: Node): FilledDocument | undefined {
  const holes: KeyPart[] = [];
  const text = key
    .map((part) => (part.kind === "text" ? part.text : `${OPEN}${holes.push(part) - 1}${CLOSE}`))
    .join("");
  const root = parseEmbedded(text, holder);
  return root && { root, restore: (value) => restored(value, holes) };
}

function restored(text: string, holes: readonly KeyPart[]): Key {
  const parts: KeyPart[] = [];
  let from = 0;
  for (const match of text.matchAll(/\uE100(\d+)\uE101/g)) {
    parts.push({ kind: "text", text: text.slice(from, match.index) });
    from = match.index + match[0].length;
    const hole = holes[Number(match[1])];
    if (hole) parts.push(hole);
  }
  return joined([...parts, { kind: "text", text: text.slice(from) }]);
}
