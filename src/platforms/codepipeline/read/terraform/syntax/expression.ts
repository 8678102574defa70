/**
 * What Terraform's language says, in either of its spellings (`.tf` and `.tf.json`): one tree of expressions with places.
 * Bodies are objects, and the blocks of one type in a body are a tuple under that type's name, as the JSON spelling has it.
 */

import type { Place } from "../../../../../findings/source.ts";
import type { Stretch } from "../../tree/node.ts";

export type Expression =
  | Literal
  | Template
  | ObjectExpression
  | Tuple
  | Name
  | Attribute
  | Index
  | Splat
  | Call
  | For
  | Operation
  | Conditional
  | Dynamic
  | Unreadable;

interface Written {
  readonly at: Place;
}

export interface Literal extends Written {
  readonly kind: "literal";
  readonly value: string | number | boolean | null;
  readonly stretches?: readonly Stretch[] | undefined;
}

/** A text put together: always a text, unless it is one interpolation and nothing else. */
export interface Template extends Written {
  readonly kind: "template";
  readonly parts: readonly TemplatePart[];
}

export type TemplatePart =
  | { readonly kind: "text"; readonly text: string; readonly stretches: readonly Stretch[] }
  | { readonly kind: "interpolation"; readonly value: Expression }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly then: readonly TemplatePart[];
      readonly otherwise: readonly TemplatePart[];
    }
  | {
      readonly kind: "for";
      readonly names: readonly string[];
      readonly over: Expression;
      readonly body: readonly TemplatePart[];
    };

export interface Item {
  readonly key: Expression;
  readonly value: Expression;
}

export interface ObjectExpression extends Written {
  readonly kind: "object";
  readonly items: readonly Item[];
}

export interface Tuple extends Written {
  readonly kind: "tuple";
  readonly items: readonly Expression[];
}

/** Where a path begins: `var`, `local`, a type of resources, the name that a loop gives. */
export interface Name extends Written {
  readonly kind: "name";
  readonly name: string;
}

export interface Attribute extends Written {
  readonly kind: "attribute";
  readonly of: Expression;
  readonly name: string;
}

export interface Index extends Written {
  readonly kind: "index";
  readonly of: Expression;
  readonly key: Expression;
}

/** `of[*].path`: the path is taken from each element. In it, `each` is the name of the element. */
export interface Splat extends Written {
  readonly kind: "splat";
  readonly of: Expression;
  readonly each: Expression;
}

/** What `Splat.each` calls the element: no name that can be written. */
export const splatElement = "*";

export interface Call extends Written {
  readonly kind: "call";
  readonly name: string;
  readonly values: readonly Expression[];
  /** The last value is a list of values: `f(list...)`. */
  readonly spreads: boolean;
}

export interface For extends Written {
  readonly kind: "for";
  /** Of the value alone, or of key and value. */
  readonly names: readonly string[];
  readonly over: Expression;
  /** Undefined where a list is made. */
  readonly key: Expression | undefined;
  readonly value: Expression;
  readonly condition: Expression | undefined;
  /** Values of one key are put into a list. */
  readonly groups: boolean;
}

export interface Operation extends Written {
  readonly kind: "operation";
  readonly operator: string;
  /** One or two. */
  readonly operands: readonly Expression[];
}

export interface Conditional extends Written {
  readonly kind: "conditional";
  readonly condition: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}

/** A `dynamic` block in the tuple of the blocks that it makes. */
export interface Dynamic extends Written {
  readonly kind: "dynamic";
  readonly iterator: string;
  readonly over: Expression;
  readonly content: Expression;
}

/** Something that makes no sense as Terraform: what it would be is not known. */
export interface Unreadable extends Written {
  readonly kind: "unreadable";
}

/** The value under a plain key. */
export function itemOf(expression: Expression | undefined, name: string): Expression | undefined {
  if (expression?.kind !== "object") return undefined;
  return expression.items.find(({ key }) => keyText(key) === name)?.value;
}

/** A key that is written out. */
export function keyText(key: Expression): string | undefined {
  return key.kind === "literal" && key.value !== null ? String(key.value) : undefined;
}

/** A block, or several of one type, as a list. */
export function blocksOf(expression: Expression | undefined): readonly Expression[] {
  return expression === undefined ? [] : expression.kind === "tuple" ? expression.items : [expression];
}

export interface Labelled {
  readonly label: string;
  readonly labelAt: Place;
  readonly body: Expression;
}

/** Blocks by their label: `{label: body}` or `[{label: body}, …]`. */
export function labelled(expression: Expression | undefined): Labelled[] {
  return blocksOf(expression).flatMap((block) =>
    block.kind === "object"
      ? block.items.flatMap(({ key, value }) => {
          const label = keyText(key);
          return label === undefined || label === "//"
            ? []
            : blocksOf(value).map((body) => ({ label, labelAt: key.at, body }));
        })
      : [],
  );
}

/** `dynamic "type" { for_each = …; iterator = …; content { … } }`. */
export function dynamicBlock(type: string, body: Expression): Dynamic {
  const unreadable: Unreadable = { kind: "unreadable", at: body.at };
  const iterator = itemOf(body, "iterator");
  const named = iterator?.kind === "name" ? iterator.name : iterator && keyText(iterator);
  return {
    kind: "dynamic",
    iterator: named ?? type,
    over: itemOf(body, "for_each") ?? unreadable,
    content: blocksOf(itemOf(body, "content"))[0] ?? unreadable,
    at: body.at,
  };
}
