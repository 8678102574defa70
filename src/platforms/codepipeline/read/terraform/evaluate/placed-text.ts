/** A text as it is put together, with the places of what is written out in it. */

import type { Key } from "../../../../../facts/access.ts";
import type { Stretch } from "../../tree/node.ts";

export interface PlacedText {
  readonly key: Key;
  readonly stretches: readonly Stretch[];
}

export const noText: PlacedText = { key: [], stretches: [] };

export function unknownText(written: string): PlacedText {
  return { key: [{ kind: "unknown", text: written }], stretches: [] };
}

export function together(first: PlacedText, second: PlacedText): PlacedText {
  const length = first.key.reduce((sum, part) => sum + (part.kind === "text" ? part.text.length : 0), 0);
  const moved = second.stretches.map(({ offset, at }) => ({ offset: offset + length, at }));
  return { key: [...first.key, ...second.key], stretches: [...first.stretches, ...moved] };
}
