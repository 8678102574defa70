/** Values and conditions of the model as GitHub's expressions. */

import type { Condition, Delivery, Value } from "../../../model/delivery.ts";
import { previewOf } from "../../../model/previews.ts";
import { CannotWrite } from "../../generated.ts";
import { computed } from "./computed.ts";
import { previewName } from "./names.ts";

/** A literal in an expression. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The step into a value: as people write it, and in brackets where an expression would take the name for something else. */
export function member(name: string): string {
  const isPlain = /^[A-Za-z_][\w-]*$/.test(name) && !/^(?:true|false|null|nan|infinity)$/i.test(name);
  return isPlain ? `.${name}` : `[${text(name)}]`;
}

/** Text of the definition where GitHub looks for expressions: it must find none. The one place that sees to it. */
export function literal(value: string): string {
  return value.replaceAll("${{", computed("'${{'"));
}

/** The same where GitHub allows no expressions at all, as in descriptions: prose, which may be spelt a little otherwise. */
export function prose(value: string): string {
  return value.replaceAll("${{", "$ {{");
}

/** Where values come from at the place that is written. */
export interface Surroundings {
  readonly delivery: Delivery;
  readonly pipeline: string;
  readonly job: string;
  /** Expression for the name of the environment; undefined in what is per release. */
  readonly environment: string | undefined;
  /** Its name where the file is for one environment alone. */
  readonly knownEnvironment: string | undefined;
  /** What the definition calls it, where that is known. */
  readonly definedEnvironment: string | undefined;
  readonly commit: string;
  readonly event: string;
  readonly branch: string;
  /** Its steps run in one, where the checkout has another path. */
  readonly isInContainer: boolean;
  parameter(name: string): string;
  /** `pipeline.output`. */
  output(reference: string): string;
}

/** A value as text of a workflow file, with `${{ }}` around what is computed. */
export function valueText(value: Value, around: Surroundings): string {
  if (typeof value === "string") return literal(value);
  if (Array.isArray(value)) return value.map((part) => valueText(part, around)).join("");
  const constant = constantOf(value, around);
  if (constant !== undefined) return literal(constant);
  return `\${{ ${valueExpression(value, around)} }}`;
}

/** What is known here and now, and stands in the file as it is. */
function constantOf(value: Exclude<Value, string | Value[]>, around: Surroundings): string | undefined {
  if ("variable" in value) {
    const known = variableIn(value.variable, around);
    return typeof known === "string" ? known : undefined;
  }
  if (!("context" in value)) return undefined;
  const { delivery, pipeline, job, environment, knownEnvironment } = around;
  return { delivery: delivery.name, pipeline, job, environment: environment === undefined ? "" : knownEnvironment }[
    value.context as string
  ];
}

function valueExpression(value: Exclude<Value, string | Value[]>, around: Surroundings): string {
  if ("output" in value) return around.output(value.output);
  if ("secret" in value) return `secrets.${value.secret}`;
  if ("variable" in value) return variable(value.variable, around);
  if ("parameter" in value) return around.parameter(value.parameter);
  if ("matrix" in value) return `matrix.${value.matrix}`;
  return context(value.context, around);
}

function context(name: Extract<Value, { context: unknown }>["context"], around: Surroundings): string {
  switch (name) {
    case "delivery":
      return text(around.delivery.name);
    case "environment":
      return around.environment ?? text("");
    case "pipeline":
      return text(around.pipeline);
    case "job":
      return text(around.job);
    case "release":
    case "run":
      return "github.run_id";
    case "commit":
      return around.commit;
    case "branch":
      return around.branch;
    case "directory":
      return around.isInContainer ? "format('/__w/{0}/{0}', github.event.repository.name)" : "github.workspace";
    default:
      return name satisfies never;
  }
}

/** The values are known, so they stand in the file: one text, or a table by environment. */
function variable(name: string, around: Surroundings): string {
  const known = variableIn(name, around);
  return typeof known === "string"
    ? text(known)
    : `fromJSON(${text(JSON.stringify(known))})[${definedName(around.environment!, around.delivery)}]`;
}

/** Expression for what the definition calls an environment: a preview has the number of its pull request behind that. */
export function definedName(environment: string, delivery: Delivery): string {
  const preview = previewOf(delivery)?.name;
  if (preview === undefined) return environment;
  return `(${isPreview(environment, preview)} && ${text(preview)} || ${environment})`;
}

const isPreview = (environment: string, preview: string) =>
  `startsWith(${environment}, ${text(previewName(preview, ""))})`;

function variableIn(
  name: string,
  { delivery, environment, definedEnvironment }: Surroundings,
): string | Record<string, string> {
  const inEnvironment = (variables: Record<string, string>) =>
    Object.hasOwn(variables, name)
      ? variables[name]!
      : Object.hasOwn(delivery.variables, name)
        ? delivery.variables[name]!
        : "";
  const table = Object.fromEntries(delivery.environments.map((one) => [one.name, inEnvironment(one.variables)]));
  const values = new Set(Object.values(table));
  if (environment === undefined) return inEnvironment({});
  if (definedEnvironment !== undefined) return table[definedEnvironment]!;
  return values.size === 1 ? [...values][0]! : table;
}

/** A condition as an expression, in parentheses where it has several parts. */
export function conditionExpression(condition: Condition, around: Surroundings): string {
  const inner = (one: Condition) => conditionExpression(one, around);
  const anyOf = (parts: readonly string[]) => (parts.length === 1 ? parts[0]! : `(${parts.join(" || ")})`);
  if ("all" in condition) return condition.all.length === 0 ? "true" : joined(condition.all.map(inner), " && ");
  if ("any" in condition) return condition.any.length === 0 ? "false" : anyOf(condition.any.map(inner));
  if ("not" in condition) return `!(${inner(condition.not)})`;
  if ("environment" in condition) {
    const { environment, definedEnvironment } = around;
    if (environment === undefined) return "false";
    if (definedEnvironment !== undefined) return String(condition.environment.includes(definedEnvironment));
    const preview = previewOf(around.delivery)?.name;
    return anyOf(
      condition.environment.map((name) =>
        name === preview ? isPreview(environment, name) : `${environment} == ${text(name)}`,
      ),
    );
  }
  if ("branch" in condition) return anyOf(condition.branch.map((pattern) => branchTest(pattern, around.branch)));
  if ("event" in condition) return anyOf(condition.event.map((event) => `${around.event} == ${text(event)}`));
  if ("parameter" in condition) return `${around.parameter(condition.parameter)} == ${text(condition.equals)}`;
  if ("variable" in condition) return `${variable(condition.variable, around)} == ${text(condition.equals)}`;
  return condition satisfies never;
}

function joined(parts: readonly string[], sign: string): string {
  return parts.length === 1 ? parts[0]! : `(${parts.join(sign)})`;
}

/** GitHub's expressions have no globs: a name, or a beginning with everything after it, is all that can be said. */
function branchTest(pattern: string, branch: string): string {
  if (/^[\w./-]+$/.test(pattern)) return `${branch} == ${text(pattern)}`;
  const prefix = /^([\w./-]*)\*\*$/.exec(pattern)?.[1];
  if (prefix !== undefined) return `startsWith(${branch}, ${text(prefix)})`;
  throw new CannotWrite(
    `a condition tests the branch against ${pattern}, which GitHub's expressions cannot: they have no globs`,
    "name the branches, or a beginning such as release/**",
  );
}
