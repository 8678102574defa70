import type { Condition, Expression, Template } from "../workflow.ts";
import { type Environment, evaluate, evaluateText } from "./expressions/evaluate.ts";
import type { Syntax } from "./expressions/syntax.ts";
import { type Truth, truthOf, unknown, type Value } from "./expressions/value.ts";
import { soleExpression } from "./templates.ts";

/**
 * What an `if` answers. Without a status function GitHub adds `success() &&`, also to an absent one. An `if` that GitHub
 * cannot parse is unknown.
 */
export function evaluateCondition(condition: Condition | undefined, environment: Environment): Truth {
  const success: Syntax = { kind: "call", name: "success", args: [] };
  if (!condition) return truthOf(evaluate(success, environment));
  const { expression, hasStatusFunction } = condition;
  if (expression.kind === "unknown") return "unknown";
  const { syntax } = expression;
  return truthOf(evaluate(hasStatusFunction ? syntax : { kind: "and", operands: [success, syntax] }, environment));
}

/** The value of an expression; unknown where GitHub's grammar refuses it. */
export function evaluateExpression(expression: Expression, environment: Environment): Value {
  return expression.kind === "expression" ? evaluate(expression.syntax, environment) : unknown;
}

/** The value of a scalar: that of its expression with its own type, or text. */
export function evaluateTemplate(template: Template, environment: Environment): Value {
  const sole = soleExpression(template);
  return sole ? evaluateExpression(sole, environment) : templateText(template, environment);
}

/** The text of a scalar, as keys like `group` and `name` use it. */
export function templateText(template: Template, environment: Environment): Value {
  const parts: (string | Syntax)[] = [];
  for (const part of template.parts) {
    if (part.kind === "text") parts.push(part.text);
    else if (part.expression.kind === "expression") parts.push(part.expression.syntax);
    else return unknown;
  }
  return evaluateText(parts, environment);
}
