import { callSiteOf } from "./call-site.ts";
import { parameterInput } from "./parameter.ts";
import type { DefinitionPath, DefinitionPlace } from "./refusal.ts";

/** Which builder call made what stands at a path. Looked into only when something is refused. */
export class PlaceBook {
  readonly #declared = new Map<string, object>();
  readonly #trees: { path: DefinitionPath; tree: unknown }[] = [];

  put(path: DefinitionPath, thing: object): void {
    this.#declared.set(keyOf(path), thing);
  }

  /** Everything inside `tree`, a part as it was written, is found by its keys. */
  putAll(path: DefinitionPath, tree: unknown): void {
    this.#trees.push({ path, tree });
  }

  /** The place of the innermost builder call that contains the path. */
  find(path: DefinitionPath): DefinitionPlace | undefined {
    const insideTree = this.#findInTrees(path);
    if (insideTree) return insideTree;
    for (let length = path.length; length >= 0; length--) {
      const thing = this.#declared.get(keyOf(path.slice(0, length)));
      const place = thing && callSiteOf(thing);
      if (place) return place;
    }
    return undefined;
  }

  #findInTrees(path: DefinitionPath): DefinitionPlace | undefined {
    const found = this.#trees.find(
      (entry) => entry.path.length < path.length && entry.path.every((key, index) => key === path[index]),
    );
    if (!found) return undefined;
    let place: DefinitionPlace | undefined;
    let node: unknown = found.tree;
    if (typeof node !== "object" || node === null) return undefined;
    for (const key of path.slice(found.path.length)) {
      node = (node as Record<string | number, unknown>)[key];
      if (typeof node !== "object" || node === null) break;
      // Where a parameter was declared is not where it is read.
      if (!parameterInput(node)) place = callSiteOf(node) ?? place;
    }
    return place;
  }
}

function keyOf(path: DefinitionPath): string {
  return JSON.stringify(path);
}
