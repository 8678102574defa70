/** The functions of a template. Printed as `!Sub` and its like in YAML, and as `{"Fn::Sub": …}` in JSON. */

import type { Infrastructure, Resource } from "../infrastructure.ts";
import { type Reference, replaced, type Text } from "../text.ts";

export class Intrinsic {
  readonly tag: "Ref" | "Sub" | "GetAtt" | "If" | "Equals" | "Not";
  readonly value: unknown;

  constructor(tag: Intrinsic["tag"], value: unknown) {
    this.tag = tag;
    this.value = value;
  }

  /** The long form. */
  toJSON(): unknown {
    if (this.tag === "Ref") return { Ref: this.value };
    if (this.tag === "GetAtt") return { "Fn::GetAtt": String(this.value).split(".") };
    return { [`Fn::${this.tag}`]: this.value };
  }
}

const pseudo = { partition: "AWS::Partition", region: "AWS::Region", account: "AWS::AccountId" } as const;

/** Turns texts into values of a template; knows what is a reference to a resource's name and what to its ARN. */
export class References {
  readonly #kinds: ReadonlyMap<string, Resource["kind"]>;
  readonly #existing: Infrastructure["existing"];

  constructor({ resources, existing }: Pick<Infrastructure, "resources" | "existing">) {
    this.#kinds = new Map(resources.map(({ id, kind }) => [id, kind]));
    this.#existing = existing;
  }

  value(whole: Text): string | Intrinsic {
    const text = replaced(whole, (one) => ("of" in one ? this.#existing[one.of]?.[one.attribute] : undefined));
    if (typeof text === "string") return text;
    const [first, ...others] = text;
    if (others.length === 0 && typeof first === "object") return this.#alone(first);
    const pieces = text.map((part) =>
      // What looks like a reference and is none.
      typeof part === "string" ? part.replaceAll("${", "${!") : `\${${this.#name(part)}}`,
    );
    return new Intrinsic("Sub", pieces.join(""));
  }

  #alone(reference: Reference): Intrinsic {
    const name = this.#name(reference);
    return new Intrinsic(name.includes(".") ? "GetAtt" : "Ref", name);
  }

  #name(reference: Reference): string {
    if ("pseudo" in reference) return pseudo[reference.pseudo];
    if ("parameter" in reference) return reference.parameter;
    const { of, attribute } = reference;
    const kind = this.#kinds.get(of);
    if (kind === undefined) throw new Error(`the document refers to ${of}, which it does not have`);
    // A topic is referred to by its ARN, everything else by its name.
    if (kind === "topic") return attribute === "arn" ? of : `${of}.TopicName`;
    return attribute === "arn" ? `${of}.Arn` : of;
  }
}
