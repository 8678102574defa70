import type { Place, SourceFile } from "../../../../../findings/source.ts";
import type { Node } from "../../tree/node.ts";
import type { Expression } from "../syntax/expression.ts";
import type { AccessStep } from "./steps.ts";

/** Names that loops and instances give. */
export type Names = ReadonlyMap<string, Node>;

export const noNames: Names = new Map();

/** What paths and functions can reach outside of an expression. */
export interface World {
  /** A path that begins with no name of a loop: its value, or undefined where Terraform refuses it. */
  lookUp(name: string, steps: readonly AccessStep[], at: Place): Node | undefined;
  /** A file of the repository, by the text that names it in this module. */
  file(path: Node): SourceFile | undefined;
  /** A known text as a template. */
  template(text: Node): Expression | undefined;
}
