/** Documents inside of texts that a template fills in: parsed with marks where its values go, which come back afterwards. */

import type { Key, KeyPart } from "../../../facts/access.ts";
import { parseEmbedded } from "./decode.ts";
import type { Node, Stretch } from "./tree/node.ts";
import { joined, textKey } from "./values.ts";

const OPEN = "\uE100";
const CLOSE = "\uE101";

export interface FilledDocument {
  readonly root: Node;
  /** A text of the document, with what the template puts into it. */
  restore(text: string): Key;
}

/** The document that is printed into a text, or written as one; undefined where there is none. */
export function documentOf(holder: Node): FilledDocument | undefined {
  if (holder.kind !== "scalar" || holder.value === null) return undefined;
  if (!holder.document) return parseFilled(holder.key ?? textKey(String(holder.value)), holder);
  const holes = new Holes();
  return { root: marked(holder.document, holes), restore: (text) => holes.restore(text) };
}

export function parseFilled(key: Key, holder: Node): FilledDocument | undefined {
  const holes = new Holes();
  const text = holes.marked(key);
  const placed = holder.kind === "scalar" ? { ...holder, stretches: shifted(holder.stretches ?? [], key) } : holder;
  const root = parseEmbedded(text, placed);
  return root && { root, restore: (value) => holes.restore(value) };
}

class Holes {
  private readonly parts: KeyPart[] = [];

  marked(key: Key): string {
    return key.map((part) => (part.kind === "text" ? part.text : this.mark(part))).join("");
  }

  private mark(part: KeyPart): string {
    return markOf(this.parts.push(part) - 1);
  }

  restore(text: string): Key {
    const parts: KeyPart[] = [];
    let from = 0;
    for (const match of text.matchAll(/\uE100(\d+)\uE101/g)) {
      parts.push({ kind: "text", text: text.slice(from, match.index) });
      from = match.index + match[0].length;
      const hole = this.parts[Number(match[1])];
      if (hole) parts.push(hole);
    }
    return joined([...parts, { kind: "text", text: text.slice(from) }]);
  }
}

function markOf(index: number): string {
  return `${OPEN}${index}${CLOSE}`;
}

/** Marks stand where nothing counted before. */
function shifted(stretches: readonly Stretch[], key: Key): Stretch[] {
  const marks: { readonly offset: number; readonly length: number }[] = [];
  let offset = 0;
  for (const part of key) {
    if (part.kind === "text") offset += part.text.length;
    else marks.push({ offset, length: markOf(marks.length).length });
  }
  return stretches.map((stretch) => {
    const before = marks.filter((mark) => mark.offset <= stretch.offset).reduce((sum, { length }) => sum + length, 0);
    return { ...stretch, offset: stretch.offset + before };
  });
}

function marked(node: Node, holes: Holes): Node {
  switch (node.kind) {
    case "scalar":
      return node.key ? { kind: "scalar", value: holes.marked(node.key), at: node.at } : node;
    case "list":
      return { ...node, items: node.items.map((item) => marked(item, holes)) };
    case "map":
      return { ...node, entries: node.entries.map((entry) => ({ ...entry, value: marked(entry.value, holes) })) };
    default:
      return node satisfies never;
  }
}
