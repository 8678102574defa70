/** GitHub's published description of its API, asked about requests and answers. */

import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Operation } from "./operations.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Schema = { [key: string]: Json };

interface Shape {
  readonly operation: Operation;
  readonly path: Schema;
  readonly query: Schema;
  readonly body: { readonly required: boolean; readonly schema: Schema | null } | null;
  readonly responses: Readonly<Record<string, Schema | null>>;
}

const description: { shapes: Shape[]; $defs: Record<string, Schema> } = JSON.parse(
  readFileSync(new URL("generated/github-openapi.json", import.meta.url), "utf8"),
);
const shapes = new Map(description.shapes.map((shape) => [shape.operation, shape]));
const patterns = description.shapes.map(({ operation }) => {
  const [method, path] = operation.split(" ") as [string, string];
  // As GitHub's router: only a git reference may have slashes.
  const pattern = path
    .replaceAll(/[.]/g, "\\.")
    .replaceAll(/\{(\w+)\}/g, (_, name) => `(?<${name}>${/^(?:ref|branch)$/.test(name) ? ".+" : "[^/]+"})`);
  return { operation, method, pattern: new RegExp(`^${pattern}$`) };
});

function compiler(coerceTypes: boolean) {
  const ajv = new Ajv2020({ strict: false, coerceTypes, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "github", $defs: description.$defs });
  const compiled = new WeakMap<object, ValidateFunction>();
  return (schema: Schema, value: Json): string[] => {
    let check = compiled.get(schema);
    if (check === undefined) {
      check = ajv.compile(schema);
      compiled.set(schema, check);
    }
    if (check(value)) return [];
    // A text of digits is the number and the text that an address may have: one of both is meant, and both fit.
    const isBoth = ({ keyword, params }: ErrorObject) =>
      coerceTypes && keyword === "oneOf" && params.passingSchemas !== null;
    return check
      .errors!.filter((error) => !isBoth(error))
      .map(({ instancePath, message, params }) => `${instancePath || "it"} ${message} ${JSON.stringify(params)}`);
  };
}
const errorsOf = compiler(false);
/** Of the address everything is text. */
const addressErrors = compiler(true);

export interface Understood {
  readonly operation: Operation;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
}

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly body: string;
}

/** What is asked for, or why GitHub has no such thing: an unknown path, parameter or field. */
export function understand({ method, url, body }: Asked): Understood | { readonly problems: readonly string[] } {
  const { pathname, searchParams } = new URL(url, "https://api.github.com");
  const found = patterns.flatMap(({ operation, method: known, pattern }) => {
    const match = known === method ? pattern.exec(pathname) : null;
    return match === null ? [] : [{ operation, groups: match.groups ?? {} }];
  })[0];
  if (found === undefined) return { problems: [`no operation of operations.ts is ${method} ${pathname}`] };
  const shape = shapes.get(found.operation)!;
  const path = Object.fromEntries(
    Object.entries(found.groups).map(([name, value]) => [name, decodeURIComponent(value)]),
  );
  const query = Object.fromEntries(searchParams);
  const problems = [...addressErrors(shape.path, { ...path }), ...addressErrors(shape.query, { ...query })];
  let value: Json = null;
  if (body !== "") {
    if (shape.body?.schema) {
      value = JSON.parse(body);
      problems.push(...errorsOf(shape.body.schema, value), ...unknownFields(shape.body.schema, value));
    } else problems.push("it takes no body");
  } else if (shape.body?.required) problems.push("it needs a body");
  if (problems.length > 0) return { problems: problems.map((one) => `${found.operation}: ${one}`) };
  return { operation: found.operation, path, query, body: value };
}

/** GitHub overlooks a field that it does not know; a script that sends one has misspelt it. */
function unknownFields(schema: Schema, value: Json): string[] {
  const named = resolve(schema).properties as Schema | undefined;
  if (named === undefined || typeof value !== "object" || value === null) return [];
  return Object.keys(value)
    .filter((name) => !(name in named))
    .map((name) => `there is no field ${name}`);
}

/** The answer with all that GitHub promises in it, and what is wrong with it. */
export function complete(operation: Operation, status: number, answer: Json): { answer: Json; problems: string[] } {
  const { responses } = shapes.get(operation)!;
  // Errors of all kinds are promised for few operations only and look alike.
  const schema = responses[status] ?? (status >= 400 ? description.$defs["basic-error"]! : undefined);
  if (schema === undefined) {
    const isPromised = String(status) in responses;
    const problems = isPromised ? [] : [`${operation} is not promised to answer ${status}`];
    return { answer, problems: answer === null ? problems : [...problems, `${operation} ${status} has no body`] };
  }
  const whole = fill(schema, answer);
  return { answer: whole, problems: errorsOf(schema, whole).map((one) => `answer to ${operation}: ${one}`) };
}

function resolve(schema: Schema): Schema {
  if (typeof schema.$ref !== "string") return schema;
  return resolve(description.$defs[schema.$ref.slice("github#/$defs/".length)]!);
}

const notModelled = "not-modelled-by-the-stand-in";

/** Adds what is required and was not said, so that the world holds only what matters to somebody. */
function fill(given: Schema, value: Json): Json {
  const schema = resolve(given);
  const choices = (schema.anyOf ?? schema.oneOf ?? schema.allOf) as Schema[] | undefined;
  if (choices !== undefined) {
    if (value === null) return null;
    if (schema.allOf !== undefined) return choices.reduce<Json>((whole, choice) => fill(choice, whole), value);
    const whole = choices.map((choice) => fill(choice, value));
    return whole.find((one, at) => errorsOf(choices[at]!, one).length === 0) ?? whole[0]!;
  }
  if (Array.isArray(value)) return value.map((one) => fill((schema.items ?? {}) as Schema, one));
  if (typeof value !== "object" || value === null) return value;
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const whole: { [key: string]: Json } = {};
  for (const [name, one] of Object.entries(value)) {
    whole[name] = properties[name] === undefined ? one : fill(properties[name], one);
  }
  for (const name of (schema.required ?? []) as string[]) {
    if (!Object.hasOwn(whole, name)) whole[name] = placeholder(properties[name] ?? {});
  }
  return whole;
}

function placeholder(given: Schema): Json {
  const schema = resolve(given);
  const choices = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (choices !== undefined) {
    return choices.some(({ type }) => type === "null") ? null : placeholder(choices[0]!);
  }
  if (Array.isArray(schema.enum)) return schema.enum[0]!;
  switch (schema.type) {
    case "boolean":
      return false;
    case "integer":
    case "number":
      return 0;
    case "array":
      return [];
    case "string":
      if (schema.format === "date-time") return "2000-01-01T00:00:00Z";
      return schema.format === "uri" ? `https://${notModelled}.example` : notModelled;
    default:
      return fill(schema, {});
  }
}
