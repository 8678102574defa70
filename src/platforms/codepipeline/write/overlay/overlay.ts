/** Which patches concern which document, and that none is left over. */

import type { Infrastructure } from "../infrastructure.ts";
import type { Settings } from "../options.ts";
import { notThere, type Patch } from "./merge.ts";

/** By resource. */
export type Patches = Readonly<Record<string, Patch>>;

/** Of one document: `NAME/RESOURCE` is for the stack of that name, a resource alone for the pipelines'. */
export function patchesFor(name: string | undefined, overlay: Settings["overlay"]): Patches {
  return Object.fromEntries(
    Object.entries(overlay).flatMap(([target, patch]) => {
      const [stack, resource] = placeOf(target);
      return stack === name ? [[resource, patch]] : [];
    }),
  );
}

/** @throws {CannotWrite} for patches of a stack that there is not. */
export function refuseStrangeStacks({ remoteStacks }: Infrastructure, overlay: Settings["overlay"]): void {
  const known = remoteStacks.map(({ name }) => name);
  for (const target of Object.keys(overlay)) {
    const [stack] = placeOf(target);
    if (stack !== undefined && !known.includes(stack)) throw notThere(`there is no ${stack}`, stack, known);
  }
}

function placeOf(target: string): [stack: string | undefined, resource: string] {
  const at = target.indexOf("/");
  return at === -1 ? [undefined, target] : [target.slice(0, at), target.slice(at + 1)];
}

/** Above what was changed, for whoever reads the written file. */
export const overlaidComment = "With what the overlay of baton.codepipeline.yaml says.";
