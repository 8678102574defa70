import { z } from "zod";
import { problem } from "./wire/envelope.ts";
import type { Route } from "./wire/routes.ts";

interface Parameter {
  name: string;
  in: "path" | "query";
  required: boolean;
  schema: unknown;
}

/** The OpenAPI 3.1 document of the list of routes. Shapes that have an id stand once, below `components`. */
export function openApiDocument(
  routes: Readonly<Record<string, Route>>,
  { version, under }: { version: string; under: string },
): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(routes)) {
    paths[route.path] ??= {};
    paths[route.path]![route.method] = operation(name, route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Baton",
      version,
      description: "What `baton serve` answers. A refusal is application/problem+json.",
    },
    ...(under !== "" && { servers: [{ url: under }] }),
    paths,
    components: { schemas: shapes(routes) },
  };
}

function operation(name: string, route: Route): Record<string, unknown> {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(
    (match): Parameter => ({ name: match[1]!, in: "path", required: true, schema: { type: "string" } }),
  );
  const content =
    route.answer === undefined
      ? { [route.streams!]: { schema: { type: "string" } } }
      : { "application/json": { schema: schemaOf(route.answer) } };
  return {
    operationId: name,
    summary: route.summary,
    "x-role": route.role,
    parameters: [...inPath, ...(route.query === undefined ? [] : queryParameters(route.query))],
    ...(route.body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: schemaOf(route.body, "input") } } },
    }),
    responses: {
      "200": { description: "What was asked for", content },
      default: {
        description: "Why not",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function queryParameters(query: z.ZodObject): Parameter[] {
  const { properties = {} } = z.toJSONSchema(query, { io: "output" });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: false, schema }));
}

/** A schema without the shapes that it shares with others: those are pointed at. */
function schemaOf(schema: z.ZodType, io: "input" | "output" = "output"): unknown {
  const { $defs: _, $schema: __, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12" });
  return pointed(rest);
}

function shapes(routes: Readonly<Record<string, Route>>): Record<string, unknown> {
  const all = [problem, ...Object.values(routes).flatMap(({ answer, body }) => [answer ?? [], body ?? []].flat())];
  const found: Record<string, unknown> = {};
  for (const schema of all) {
    const { $defs = {}, $schema: _, id, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12" });
    for (const [name, shape] of Object.entries($defs)) {
      const { id: _, ...shown } = shape as Record<string, unknown>;
      found[name] = pointed(shown);
    }
    if (typeof id === "string") found[id] = pointed(rest);
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function pointed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(pointed);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "$ref" && typeof value === "string" ? value.replace("#/$defs/", "#/components/schemas/") : pointed(value),
    ]),
  );
}
