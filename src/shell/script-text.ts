/** The text of a script as a platform hands it in: what is written, with holes where the platform puts values in before a shell sees it. */

import type { KeyPart } from "../facts/access.ts";
import type { Place } from "../findings/source.ts";

export interface ScriptText {
  /** The scalar's value, holes as they are written. */
  readonly raw: string;
  readonly parts: readonly ScriptPart[];
  readonly at: Place;
}

export type ScriptPart =
  | { readonly kind: "text"; readonly text: string }
  /** `length` is that of the hole as written in `raw`, in characters. */
  | { readonly kind: "hole"; readonly hole: KeyPart; readonly length: number };
