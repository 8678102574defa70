/** Values of conditions, expressions and templates as far as they are known. */

import { pathOf } from "../read/expressions/parse.ts";
import { soleExpression } from "../read/templates.ts";
import type { Condition, Expression, Syntax, Template } from "../workflow.ts";
import { type AbstractValue, evaluate, free, known, made, type Surroundings, textOf } from "./abstract-value.ts";

export function evaluateCondition(condition: Condition, around: Surroundings): AbstractValue {
  return condition.mixedWithText ? known(true) : evaluateExpression(condition.expression, around);
}

export function evaluateExpression(expression: Expression, around: Surroundings): AbstractValue {
  return expression.kind === "expression" ? evaluate(expression.syntax, around) : made;
}

/** A template's value: what its only expression yields, or text. */
export function valueOfTemplate(template: Template, around: Surroundings): AbstractValue {
  const sole = soleExpression(template);
  if (sole) return evaluateExpression(sole, around);
  let text = "";
  let open: AbstractValue | undefined;
  for (const part of template.parts) {
    if (part.kind === "text") {
      text += part.text;
      continue;
    }
    const value = evaluateExpression(part.expression, around);
    const written = value.kind === "known" ? textOf(value.value) : undefined;
    if (written !== undefined && !written.includes("\u0000")) text += written;
    else if (value.kind === "known") open = open === made ? made : free;
    else open = open === made ? made : value.truthy <= 1 ? made : free;
  }
  return open ?? known(text);
}

/** Plain paths that a tree reads, in lower case with dots. */
export function pathsRead(syntax: Syntax): string[] {
  const paths: string[] = [];
  const visit = (node: Syntax): void => {
    const path = pathOf(node);
    if (path) {
      paths.push(path.join("."));
      return;
    }
    for (const part of directParts(node)) visit(part);
  };
  visit(syntax);
  return paths;
}

function directParts(node: Syntax): readonly Syntax[] {
  switch (node.kind) {
    case "literal":
    case "context":
      return [];
    case "index":
      return [node.object, node.index];
    case "star":
      return [node.object];
    case "call":
      return node.args;
    case "not":
      return [node.operand];
    case "compare":
      return [node.left, node.right];
    case "and":
    case "or":
      return node.operands;
    default:
      return node satisfies never;
  }
}
