/** The legs of a matrix when its job's turn comes: expressions may know by then what the file does not tell. */

import type { Value } from "../read/expressions/value.ts";
import { expandMatrix } from "../read/matrix.ts";
import type { Json, Matrix, MatrixAxis, MatrixLeg, MatrixValue, Template } from "../workflow.ts";

type ValueOf = (template: Template) => Value;
type Axis = Pick<MatrixAxis, "name" | "values">;

/** Undefined where it stays unknown even then. */
export function legsOf(matrix: Matrix, evaluated: ValueOf): readonly MatrixLeg[] | undefined {
  if (matrix.legs) return matrix.legs;
  if (matrix.expression) return legsOfJson(jsonOf(matrix.expression, evaluated), matrix);
  const axes: Axis[] = [];
  for (const { name, values, expression } of matrix.axes) {
    const found = values ?? (expression && valuesOfJson(jsonOf(expression, evaluated)));
    if (!found) return undefined;
    axes.push({ name, values: found });
  }
  const include = listed(matrix.include, evaluated);
  const exclude = listed(matrix.exclude, evaluated);
  return include && exclude && expandMatrix(axes, include, exclude);
}

function jsonOf(template: Template, evaluated: ValueOf): Json | undefined {
  const value = evaluated(template);
  return value.kind === "known" ? value.value : undefined;
}

function listed(
  written: readonly MatrixLeg[] | Template | undefined,
  evaluated: ValueOf,
): readonly MatrixLeg[] | undefined {
  if (written === undefined) return [];
  return "raw" in written ? combinationsOfJson(jsonOf(written, evaluated)) : written;
}

function legsOfJson(json: Json | undefined, { at }: Matrix): readonly MatrixLeg[] | undefined {
  if (!isRecord(json)) return undefined;
  const axes: Axis[] = [];
  for (const [name, values] of Object.entries(json)) {
    if (name === "include" || name === "exclude") continue;
    const found = valuesOfJson(values as Json);
    if (!found) return undefined;
    axes.push({ name: { value: name, at }, values: found });
  }
  const include = combinationsOfJson((json.include ?? []) as Json);
  const exclude = combinationsOfJson((json.exclude ?? []) as Json);
  return include && exclude && expandMatrix(axes, include, exclude);
}

function valuesOfJson(json: Json | undefined): readonly MatrixValue[] | undefined {
  return Array.isArray(json) ? json.map((value): MatrixValue => ({ kind: "known", value })) : undefined;
}

function combinationsOfJson(json: Json | undefined): readonly MatrixLeg[] | undefined {
  if (!Array.isArray(json) || !json.every(isRecord)) return undefined;
  return json.map(
    (leg) => new Map(Object.entries(leg).map(([name, value]) => [name, { kind: "known", value: value as Json }])),
  );
}

function isRecord(json: Json | undefined): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
