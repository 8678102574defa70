/**
 * Cuts `generated/github-openapi.json` out of GitHub's published OpenAPI description: the operations of `operations.ts`, as
 * JSON Schema. The package is no dependency: it is ten times larger than all of them together.
 *
 *     npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
 *     node test/platforms/github/api/extract-description.ts package/generated/api.github.com.json
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { operations } from "./operations.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Schema = { [key: string]: Json };

const source = JSON.parse(readFileSync(process.argv[2]!, "utf8"));
const $defs: Record<string, Json> = {};

/** What says nothing about shape. */
const prose =
  /^(?:x-.*|description|title|examples?|externalDocs|deprecated|discriminator|readOnly|writeOnly|default|summary)$/;

function resolve<T>(value: T | { $ref: string }): T {
  if (typeof value !== "object" || value === null || !("$ref" in value)) return value as T;
  const path = value.$ref.replace("#/", "").split("/");
  return resolve(path.reduce((at, name) => at[name], source));
}

/** OpenAPI 3.0 to JSON Schema 2020-12: `nullable` becomes a type, and references lead to the `$defs` of a schema called `github`. */
function schemaOf(value: Json): Json {
  if (Array.isArray(value)) return value.map(schemaOf);
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$ref === "string") {
    const name = value.$ref.replace("#/components/schemas/", "");
    assert.ok(!name.includes("/"), `no schema: ${value.$ref}`);
    if (!(name in $defs)) {
      $defs[name] = true;
      $defs[name] = schemaOf(source.components.schemas[name]);
    }
    return { $ref: `github#/$defs/${name}` };
  }
  const { nullable, ...rest } = value;
  const schema: Schema = {};
  for (const [key, inner] of Object.entries(rest)) {
    if (key === "properties") {
      const all = Object.entries(inner as Schema).map(([name, one]) => [name, schemaOf(one)]);
      schema.properties = Object.fromEntries(all);
    } else if (key === "enum" || key === "required") schema[key] = inner;
    else if (!prose.test(key)) schema[key] = schemaOf(inner);
  }
  return nullable === true ? { anyOf: [schema, { type: "null" }] } : schema;
}

const shapes = operations.map((operation) => {
  const [method, path] = operation.split(" ") as [string, string];
  const found = source.paths[path]?.[method.toLowerCase()];
  assert.ok(found, `${operation} is not in the description`);
  const parameters = [...(source.paths[path].parameters ?? []), ...(found.parameters ?? [])].map(resolve<Schema>);
  const parametersIn = (place: string) => {
    const here = parameters.filter((one) => one.in === place);
    return {
      type: "object",
      // A number in an address is text as well, so that "a number or a text" is both.
      properties: Object.fromEntries(
        here.map(({ name, schema }) => {
          const { oneOf, ...rest } = schemaOf(schema!) as Schema;
          return [name, oneOf === undefined ? rest : { ...rest, anyOf: oneOf }];
        }),
      ),
      required: here.filter(({ required }) => required === true).map(({ name }) => name as string),
      additionalProperties: false,
    };
  };
  const bodyOf = (content: Record<string, { schema: Json }> | undefined) => {
    const type = content && Object.keys(content).find((one) => one.includes("json"));
    return type === undefined ? null : schemaOf(content![type]!.schema);
  };
  const request = resolve<{ content: Record<string, { schema: Json }>; required?: boolean }>(found.requestBody ?? null);
  const responses = Object.entries<Json>(found.responses).map(([status, response]) => [
    status,
    bodyOf(resolve<{ content: Record<string, { schema: Json }> }>(response as never).content),
  ]);
  return {
    operation,
    path: parametersIn("path"),
    query: parametersIn("query"),
    body: request && { required: request.required === true, schema: bodyOf(request.content) },
    responses: Object.fromEntries(responses),
  };
});

const text = {
  from: `@octokit/openapi ${source.info.version}, ${source.info.license.name} license`,
  shapes,
  $defs,
};
writeFileSync(new URL("generated/github-openapi.json", import.meta.url), `${JSON.stringify(text)}\n`);
