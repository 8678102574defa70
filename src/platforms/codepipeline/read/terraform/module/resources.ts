/** The resources and data of one module: what paths to them stand for. */

import type { Place } from "../../../../../findings/source.ts";
import { child, type MapEntry, type Node, type Scalar } from "../../tree/node.ts";
import { type AccessStep, along, nameOf } from "../evaluate/steps.ts";
import { isNull, isUnknown, list, map, unknown } from "../evaluate/values.ts";
import type { Names } from "../evaluate/world.ts";
import { type Expression, itemOf, keyText } from "../syntax/expression.ts";
import type { Expansion, InstanceKey } from "./instances.ts";
import type { Block, ModuleSource } from "./module-source.ts";
import { policyDocument } from "./policy-document.ts";

/** One of the resources that a block makes. */
export interface ResourceInstance {
  readonly block: Block;
  readonly address: string;
  readonly node: Node;
}

/** What the resources need of their module. */
export interface Surroundings {
  readonly source: ModuleSource;
  readonly prefix: string;
  evaluate(expression: Expression, names: Names): Node;
  expansion(body: Expression): Expansion;
  /** A value under a name, evaluated once. */
  once(name: string, at: Place, evaluate: () => Node): Node;
  open(name: string, at: Place): Scalar;
  /** A text as a template, with these values; undefined where one of them is not known. */
  render(text: Node, values: Node): Node | undefined;
}

export interface ResourcePath {
  readonly mode: Block["mode"];
  /** The type first. */
  readonly steps: readonly AccessStep[];
  readonly at: Place;
}

/** Resources that are known by their name: their `id` is that. Source: the pages of the AWS provider. */
const nameIsId: Readonly<Record<string, string>> = {
  aws_s3_bucket: "bucket",
  aws_iam_role: "name",
  aws_ssm_parameter: "name",
  aws_ecr_repository: "name",
  aws_codecommit_repository: "repository_name",
  aws_cloudwatch_event_rule: "name",
  aws_lambda_function: "function_name",
};

/** How many there are and in which order says nothing of what they are. */
const metaArguments: ReadonlySet<string> = new Set([
  "for_each",
  "count",
  "depends_on",
  "provider",
  "lifecycle",
  "provisioner",
  "connection",
]);

interface Made extends InstanceKey {
  readonly block: Block;
}

export class Resources {
  private readonly around: Surroundings;

  constructor(around: Surroundings) {
    this.around = around;
  }

  *instances(): Generator<ResourceInstance> {
    for (const block of this.around.source.blocks) {
      if (block.mode === "data") continue;
      for (const key of this.around.expansion(block.body).keys) yield this.instance({ block, ...key });
    }
  }

  lookUp(path: ResourcePath): Node | undefined {
    const { mode, steps, at } = path;
    const [type, name, ...rest] = steps;
    if (type?.kind !== "attribute" || name?.kind !== "attribute") return unknown(at);
    const block = this.around.source.block(mode, type.name, name.name);
    if (!block) return this.undeclared(path);
    const expansion = this.around.expansion(block.body);
    switch (expansion.kind) {
      case "single":
        return this.along({ block, ...expansion.keys[0] }, rest, at);
      case "unknown":
        return unknown(at, addressOf(block));
      case "list":
      case "map":
        return this.ofSeveral({ block, expansion, steps: rest, at });
      default:
        return expansion satisfies never;
    }
  }

  private ofSeveral({ block, expansion, steps, at }: Several): Node | undefined {
    const [first, ...more] = steps;
    if (!first) return this.all({ block, expansion, steps, at });
    const wanted = nameOf(first);
    const found = expansion.keys.find(({ suffix }) => suffix === wanted);
    if (found) return this.along({ block, ...found }, more, at);
    const isRefused = first.kind === "index" && wanted !== undefined && !expansion.partial;
    return isRefused ? undefined : unknown(at, addressOf(block));
  }

  private all({ block, expansion, at }: Several): Node {
    const partial = expansion.partial ? ({ partial: true } as const) : {};
    const all = expansion.keys.map((key) => ({ key, value: this.whole({ block, ...key }) }));
    if (expansion.kind === "map") {
      const entries = all.map(({ key, value }) => ({ key: key.suffix.slice(2, -2), keyAt: at, value }));
      return map(entries, at, partial);
    }
    const values = all.map(({ value }) => value);
    return list(values, at, partial);
  }

  private along(made: Made, steps: readonly AccessStep[], at: Place): Node | undefined {
    const [first, ...more] = steps;
    if (!first) return this.whole(made);
    if (first.kind !== "attribute") return unknown(at, addressOf(made.block));
    return along(this.attribute(made, first.name, at), more);
  }

  private attribute(made: Made, name: string, at: Place): Node {
    const { block, suffix } = made;
    const address = addressOf(block) + suffix;
    if (block.type === "aws_iam_policy_document" && /^(minified_)?json$/.test(name)) {
      return { ...this.around.open(`${address}.json`, at), document: policyDocument(this.instance(made).node) };
    }
    if (block.type === "template_file" && name === "rendered") return this.rendered(made, at);
    const nameAttribute = nameIsId[block.type];
    const own =
      this.written(made, name) ?? (name === "id" && nameAttribute ? this.written(made, nameAttribute) : undefined);
    // All of these are the resource itself: it is known by them even where they are put together of what is not known.
    const isName = /^(id|arn|bucket|name)$/.test(name) || name === nameAttribute;
    if (own && !(isName && isUnknown(own))) return own;
    return this.around.open(isName ? address : `${address}.${name}`, at);
  }

  /** `data "template_file"`, which modules used before there was a function for it. */
  private rendered(made: Made, at: Place): Node {
    const [text, vars] = [this.written(made, "template"), this.written(made, "vars")];
    const values = vars?.kind === "list" ? vars.items[0] : (vars ?? map([], at));
    const rendered = text && values && this.around.render(text, values);
    return rendered?.kind === "scalar" ? { ...rendered, at } : unknown(at, addressOf(made.block));
  }

  private written({ block, suffix, names }: Made, attribute: string): Node | undefined {
    const value = itemOf(block.body, attribute);
    if (!value) return undefined;
    const name = `${addressOf(block)}${suffix}.${attribute}`;
    const found = this.around.once(name, value.at, () => this.around.evaluate(value, names));
    return isNull(found) ? undefined : found;
  }

  /** All that is written of it, and what it is known by. */
  private whole(made: Made): Node {
    const { node } = this.instance(made);
    if (node.kind !== "map") return node;
    const own = ["id", "arn", "name", "bucket"].flatMap((name): MapEntry[] =>
      child(node, name) ? [] : [{ key: name, keyAt: node.at, value: this.attribute(made, name, node.at) }],
    );
    return map([...node.entries, ...own], node.at, { partial: true });
  }

  private instance({ block, suffix, names }: Made): ResourceInstance {
    const { around } = this;
    const address = addressOf(block) + suffix;
    return {
      block,
      address: around.prefix + address,
      get node() {
        return around.once(address, block.body.at, () => around.evaluate(withoutMeta(block.body), names));
      },
    };
  }

  private undeclared({ mode, steps, at }: ResourcePath): Node {
    const names = steps.map(nameOf);
    if (names.includes(undefined)) return unknown(at);
    const path = names.join("").slice(1);
    return this.around.open(mode === "data" ? `data.${path}` : path, at);
  }
}

interface Several {
  readonly block: Block;
  readonly expansion: Extract<Expansion, { readonly kind: "list" | "map" }>;
  readonly steps: readonly AccessStep[];
  readonly at: Place;
}

function addressOf({ mode, type, name }: Block): string {
  return `${mode === "data" ? "data." : ""}${type}.${name}`;
}

function withoutMeta(body: Expression): Expression {
  if (body.kind !== "object") return body;
  return { ...body, items: body.items.filter(({ key }) => !metaArguments.has(keyText(key) ?? "")) };
}
