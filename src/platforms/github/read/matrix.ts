import type { Json, Matrix, MatrixAxis, MatrixLeg, MatrixValue } from "../workflow.ts";
import { template } from "./fields.ts";
import { readTemplate } from "./templates.ts";
import { child, scalarText, uniqueEntries, type YamlNode } from "./yaml/node.ts";

/** GitHub starts no more jobs than this from one matrix. */
const MAX_LEGS = 256;

type Axes = Matrix["axes"];

/** Reads `strategy.matrix` and, where nothing in it hangs on an expression, the legs it makes. */
export function readMatrix(node: YamlNode | undefined): Matrix | undefined {
  if (!node) return undefined;
  if (node.kind !== "map") {
    const expression = template(node);
    return expression && { legs: undefined, axes: [], include: undefined, exclude: undefined, expression, at: node.at };
  }
  const axes: Axes = uniqueEntries(node)
    .filter(({ key }) => key.value !== "include" && key.value !== "exclude")
    .map(({ key, value }) => ({
      name: { value: scalarText(key), at: key.at },
      values: value.kind === "sequence" ? value.items.map((item) => matrixValue(item, 0)) : undefined,
      expression: template(value),
    }));
  const include = combinations(child(node, "include"));
  const exclude = combinations(child(node, "exclude"));
  return {
    legs: include && exclude && expandMatrix(axes, include, exclude),
    axes,
    include: include ?? template(child(node, "include")),
    exclude: exclude ?? template(child(node, "exclude")),
    expression: undefined,
    at: node.at,
  };
}

/** The entries of `include` or `exclude`; undefined where an expression makes them. */
function combinations(node: YamlNode | undefined): MatrixLeg[] | undefined {
  if (!node) return [];
  if (node.kind !== "sequence") return undefined;
  return node.items.map(
    (item) => new Map(uniqueEntries(item).map((e) => [scalarText(e.key), matrixValue(e.value, 0)])),
  );
}

function matrixValue(node: YamlNode, depth: number): MatrixValue {
  if (node.kind === "scalar") {
    const read = readTemplate(node);
    return read.parts.some((part) => part.kind === "expression")
      ? { kind: "template", template: read }
      : { kind: "known", value: node.value };
  }
  const json = depth > 20 ? undefined : toJson(node, depth);
  return json === undefined ? { kind: "unknown" } : { kind: "known", value: json };
}

function toJson(node: YamlNode, depth: number): Json | undefined {
  const inner = (each: YamlNode): Json | undefined => {
    const value = matrixValue(each, depth + 1);
    return value.kind === "known" ? value.value : undefined;
  };
  if (node.kind === "sequence") {
    const items = node.items.map(inner);
    return items.includes(undefined) ? undefined : (items as Json[]);
  }
  const result: { [key: string]: Json } = Object.create(null);
  for (const { key, value } of uniqueEntries(node)) {
    const json = inner(value);
    if (json === undefined) return undefined;
    result[scalarText(key)] = json;
  }
  return result;
}

/** Thrown inside of `expandMatrix` where a comparison needs a value that only the run knows. */
class Undecided extends Error {}

/** The legs of a matrix in GitHub's order; undefined where a value that only the run knows decides. */
export function expandMatrix(
  axes: readonly Pick<MatrixAxis, "name" | "values">[],
  include: readonly MatrixLeg[],
  exclude: readonly MatrixLeg[],
): MatrixLeg[] | undefined {
  let product: MatrixLeg[] = axes.length > 0 ? [new Map()] : [];
  for (const { name, values } of axes) {
    if (!values || product.length * values.length > MAX_LEGS) return undefined;
    product = product.flatMap((leg) => values.map((value) => new Map(leg).set(name.value, value)));
  }
  try {
    const kept = product.filter((leg) => !exclude.some((excluded) => contains(leg, [...excluded])));
    return withIncluded(axes, kept, include).slice(0, MAX_LEGS);
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

/**
 * An included combination joins every leg whose own values it does not change; where it joins none it becomes a leg.
 * Values that an earlier one added may be changed by a later one.
 */
function withIncluded(
  axes: readonly Pick<MatrixAxis, "name">[],
  original: readonly MatrixLeg[],
  include: readonly MatrixLeg[],
): MatrixLeg[] {
  const names = new Set(axes.map((axis) => axis.name.value));
  const result = original.map((leg) => new Map(leg));
  const added: MatrixLeg[] = [];
  for (const included of include) {
    const fixed = [...included].filter(([name]) => names.has(name));
    let joined = false;
    for (const [i, leg] of original.entries()) {
      if (!contains(leg, fixed)) continue;
      joined = true;
      for (const [name, value] of included) result[i]!.set(name, value);
    }
    if (!joined) added.push(included);
  }
  return [...result, ...added];
}

function contains(leg: MatrixLeg, part: readonly (readonly [string, MatrixValue])[]): boolean {
  return part.every(([name, wanted]) => {
    const value = leg.get(name);
    if (!value) return false;
    if (value.kind !== "known" || wanted.kind !== "known") throw new Undecided();
    return includesJson(value.value, wanted.value);
  });
}

/** Whether `value` has everything that `part` has: GitHub compares objects and lists partially. */
function includesJson(value: Json, part: Json): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(value) && part.every((item, i) => i < value.length && includesJson(value[i]!, item));
  }
  if (typeof part === "object" && part !== null) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const object = value as { readonly [key: string]: Json };
    return Object.entries(part).every(([key, item]) => key in object && includesJson(object[key]!, item));
  }
  return value === part;
}
