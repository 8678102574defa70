/**
 * Terraform's JSON: configuration (`.tf.json`) and plans or states (`terraform show -json`), brought to one list of
 * resources. Expressions stay texts with `${…}`.
 */

import type { Key, KeyPart } from "../../../../facts/access.ts";
import { identity, type Written } from "../../../../facts/staged.ts";
import type { SourceFile } from "../../../../findings/source.ts";
import { child, type Entry, entriesOf, itemsOf, type Node, plainText } from "../tree/node.ts";
import { joined, open, textKey, unknownKey } from "../values.ts";

export interface TerraformResource {
  readonly type: string;
  /** `aws_s3_bucket.artifacts`, with its module where it has one. */
  readonly address: string;
  readonly source: SourceFile;
  readonly node: Node;
  readonly nameEntry: Pick<Entry, "key" | "keyAt">;
}

/** All files of one folder, which Terraform takes as one. */
export class Configuration {
  readonly folder: string;
  readonly resources: readonly TerraformResource[];
  private readonly variables = new Map<string, Node>();
  private readonly locals = new Map<string, Node>();
  private readonly byAddress = new Map<string, TerraformResource>();

  constructor(folder: string, files: readonly { readonly source: SourceFile; readonly root: Node }[]) {
    this.folder = folder;
    this.resources = files.flatMap(({ source, root }) => [...declared(source, root), ...planned(source, root)]);
    for (const { root } of files) {
      for (const { key, value } of blocks(child(root, "variable"))) {
        const fallback = child(value, "default");
        if (fallback) this.variables.set(key, fallback);
      }
      for (const list of asList(child(root, "locals"))) {
        for (const { key, value } of entriesOf(list)) this.locals.set(key, value);
      }
    }
    for (const resource of this.resources) this.byAddress.set(resource.address, resource);
  }

  ofType(type: string): TerraformResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  text(node: Node | undefined): Written | undefined {
    if (node?.kind !== "scalar" || node.value === null) return undefined;
    return { key: this.key(node, 0), at: node.at };
  }

  list(node: Node | undefined): { readonly items: readonly Node[]; readonly partial: boolean } {
    if (node?.kind === "scalar" && typeof node.value === "string" && node.value.includes("${")) {
      return { items: [], partial: true };
    }
    const items = asList(node);
    return { items, partial: items.some((item) => child(item, "for_each") !== undefined) };
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

  private key(node: Node, depth: number): Key {
    const text = plainText(node) ?? "";
    if (depth > 12) return unknownKey(text);
    const parts: KeyPart[] = [];
    let from = 0;
    for (const match of text.matchAll(/\$\{([^{}]*)\}/g)) {
      parts.push({ kind: "text", text: text.slice(from, match.index) });
      from = match.index + match[0].length;
      parts.push(...this.expression(match[1]!.trim(), depth + 1));
    }
    const rest = text.slice(from);
    return joined([...parts, ...(rest.includes("${") ? unknownKey(rest) : textKey(rest))]);
  }

  private expression(text: string, depth: number): Key {
    const path = /^[\w-]+(\.[\w-]+|\[(\d+|"[^"]*")\])*$/.test(text) ? text.split(".") : undefined;
    if (!path) return unknownKey(text);
    const [first, second, attribute] = path;
    if (first === "var" && second) {
      const fallback = this.variables.get(second);
      return fallback?.kind === "scalar" && plainText(fallback) ? this.key(fallback, depth) : [open(this.folder, text)];
    }
    if (first === "local" && second && path.length === 2) {
      const value = this.locals.get(second);
      return value?.kind === "scalar" ? this.key(value, depth) : [open(this.folder, text)];
    }
    if (first === "each" || first === "count") return unknownKey(text);
    const resource = this.byAddress.get(`${first}.${second}`);
    if (resource && attribute && path.length === 3) {
      const isName = ["bucket", "name", "function_name", "repository_name"].includes(attribute);
      const value = isName ? child(resource.node, attribute) : undefined;
      if (value?.kind === "scalar") return this.key(value, depth);
      // All of these are the resource itself.
      if (/^(id|arn|bucket|name)$/.test(attribute)) return [open(this.folder, resource.address)];
    }
    return [open(this.folder, text)];
  }
}

/** A block, or several of one name, as a list. */
export function asList(node: Node | undefined): readonly Node[] {
  return node === undefined ? [] : node.kind === "list" ? node.items : [node];
}

function blocks(node: Node | undefined): Entry[] {
  return asList(node).flatMap((each) => [...entriesOf(each)]);
}

function declared(source: SourceFile, root: Node): TerraformResource[] {
  return blocks(child(root, "resource")).flatMap((type) =>
    blocks(type.value).flatMap(({ key, keyAt, value }) =>
      asList(value).map((node) => ({
        type: type.key,
        address: `${type.key}.${key}`,
        source,
        node,
        nameEntry: { key, keyAt },
      })),
    ),
  );
}

/** `values` of a state, `planned_values` of a plan, with the modules below. */
function planned(source: SourceFile, root: Node): TerraformResource[] {
  const found: TerraformResource[] = [];
  const visit = (module: Node | undefined, depth: number): void => {
    for (const each of itemsOf(child(module, "resources"))) {
      const type = plainText(child(each, "type"));
      const address = child(each, "address");
      const node = child(each, "values");
      if (!type || !address || !node || plainText(child(each, "mode")) === "data") continue;
      const name = plainText(address) ?? type;
      found.push({ type, address: name, source, node, nameEntry: { key: name, keyAt: address.at } });
    }
    if (depth < 12) for (const below of itemsOf(child(module, "child_modules"))) visit(below, depth + 1);
  };
  visit(child(root, "planned_values", "root_module") ?? child(root, "values", "root_module"), 0);
  return found;
}
