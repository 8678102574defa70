/** Documents as JSON, with what is open in them. */

import type { KeyPart } from "../../../../../facts/access.ts";
import type { Node } from "../../tree/node.ts";
import { joined } from "../../values.ts";
import { sorted } from "./values.ts";

const text = (written: string): KeyPart => ({ kind: "text", text: written });

/** An unknown value stands as a text: most of those that pipelines hold are. */
export function printed(node: Node): KeyPart[] {
  return [...joined(pieces(node))];
}

function pieces(node: Node): KeyPart[] {
  switch (node.kind) {
    case "scalar": {
      if (!node.key) return [text(JSON.stringify(node.value))];
      const inner = node.key.map((part) =>
        part.kind === "text" ? text(JSON.stringify(part.text).slice(1, -1)) : part,
      );
      return [text('"'), ...inner, text('"')];
    }
    case "list":
      return [text("["), ...between(node.items.map(pieces)), ...more(node), text("]")];
    case "map": {
      const entries = sorted(node.entries).map(({ key, value }) => [text(`${JSON.stringify(key)}:`), ...pieces(value)]);
      return [text("{"), ...between(entries), ...more(node), text("}")];
    }
    default:
      return node satisfies never;
  }
}

function between(parts: readonly (readonly KeyPart[])[]): KeyPart[] {
  return parts.flatMap((part, i) => (i === 0 ? part : [text(","), ...part]));
}

function more({ partial }: Exclude<Node, { readonly kind: "scalar" }>): KeyPart[] {
  return partial ? [{ kind: "unknown", text: "…" }] : [];
}
