/** The resources of a configuration, of a plan or of a state of Terraform, brought to one form. */

import { identity, type Written } from "../../../../facts/written.ts";
import type { SourceFile } from "../../../../findings/source.ts";
import { child, itemsOf, type MapEntry, type Node, plainText } from "../tree/node.ts";
import { open, textKey } from "../values.ts";
import type { ResourceInstance } from "./module/resources.ts";

export interface TerraformResource {
  readonly type: string;
  /** `aws_s3_bucket.artifacts`, with its module where it has one. */
  readonly address: string;
  readonly source: SourceFile;
  readonly node: Node;
  readonly nameEntry: Pick<MapEntry, "key" | "keyAt">;
}

interface Contents {
  /** What tells it from others: the folder where Terraform is run, or the file of the plan. */
  readonly folder: string;
  readonly resources: readonly TerraformResource[];
  /** Whether every file of it could be read. */
  readonly isComplete: boolean;
}

export class Configuration {
  readonly folder: string;
  readonly resources: readonly TerraformResource[];
  readonly isComplete: boolean;

  constructor({ folder, resources, isComplete }: Contents) {
    this.folder = folder;
    this.resources = resources;
    this.isComplete = isComplete;
  }

  ofType(type: string): TerraformResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  text(node: Node | undefined): Written | undefined {
    if (node?.kind !== "scalar" || node.value === null) return undefined;
    return { key: node.key ?? textKey(String(node.value)), at: node.at };
  }

  list(node: Node | undefined): { readonly items: readonly Node[]; readonly partial: boolean } {
    if (node?.kind === "scalar" && node.key) return { items: [], partial: true };
    return { items: asList(node), partial: node?.kind === "list" && node.partial === true };
  }

  /** Names by which other resources mean this one. */
  aliases({ address, node }: TerraformResource, ...attributes: readonly string[]): string[] {
    const names = attributes.flatMap((attribute) => {
      const written = this.text(child(node, attribute));
      const name = written && identity(written.key);
      return name === undefined ? [] : [name];
    });
    return [...names, identity([open(this.folder, address)])!];
  }
}

/** A block, or several of one name, as a list. */
export function asList(node: Node | undefined): readonly Node[] {
  return node === undefined ? [] : node.kind === "list" ? node.items : [node];
}

/** A resource of a module; what is in it is evaluated when it is asked for. */
export function resourceOf(instance: ResourceInstance): TerraformResource {
  const { block, address } = instance;
  return {
    type: block.type,
    address,
    source: block.source,
    get node() {
      return instance.node;
    },
    nameEntry: { key: block.name, keyAt: block.nameAt },
  };
}

/** A plan or a state: `values` of a state, `planned_values` of a plan, with the modules below. Values are as they will be. */
export function plannedConfiguration(source: SourceFile, root: Node): Configuration {
  const resources: TerraformResource[] = [];
  const visit = (module: Node | undefined, depth: number): void => {
    for (const each of itemsOf(child(module, "resources"))) {
      const type = plainText(child(each, "type"));
      const address = child(each, "address");
      const node = child(each, "values");
      if (!type || !address || !node || plainText(child(each, "mode")) === "data") continue;
      const name = plainText(address) ?? type;
      resources.push({ type, address: name, source, node, nameEntry: { key: name, keyAt: address.at } });
    }
    if (depth < 12) for (const below of itemsOf(child(module, "child_modules"))) visit(below, depth + 1);
  };
  visit(child(root, "planned_values", "root_module") ?? child(root, "values", "root_module"), 0);
  return new Configuration({ folder: source.path, resources, isComplete: true });
}
