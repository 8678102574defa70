/** Messages held against what their receivers publish: CDEvents by its JSON schemas, OTLP by its protocol buffers. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import protobuf from "protobufjs";

const read = (name: string) => JSON.parse(readFileSync(new URL(`generated/${name}.json`, import.meta.url), "utf8"));

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const schemas: { $id: string; properties?: { context?: { properties: { type?: { enum?: string[] } } } } }[] =
  read("cdevents").schemas;
for (const schema of schemas) ajv.addSchema(schema);
const custom = "https://cdevents.dev/0.5.1/schema/custom";

/** What is wrong with a CDEvent, by the schema of its type; empty: nothing. */
export function cdEventProblems(event: { context: { type: string } }): string[] {
  const { type } = event.context;
  const known = schemas.find((schema) => schema.properties?.context?.properties.type?.enum?.includes(type));
  if (known === undefined && !type.startsWith("dev.cdeventsx.")) return [`${type} is no type of CDEvents`];
  const validate = ajv.getSchema(known?.$id ?? custom)!;
  validate(event);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const root = protobuf.Root.fromJSON(read("otlp").description);
root.resolveAll();

/** What is wrong with the body of a request of OTLP in JSON; empty: nothing. */
export function otlpProblems(signal: "traces" | "metrics", body: unknown): string[] {
  const name =
    signal === "traces"
      ? "opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest"
      : "opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest";
  return messageProblems(root.lookupType(name), body, signal);
}

function messageProblems(type: protobuf.Type, value: unknown, at: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${at} is no ${type.name}`];
  const oneofs = type.oneofsArray.flatMap(({ name, oneof }) => {
    const given = oneof.filter((field) => Object.hasOwn(value, field));
    return given.length > 1 ? [`${at} has several of ${name}`] : [];
  });
  const fields = Object.entries(value).flatMap(([key, inner]) => {
    const field = type.fields[key];
    if (field === undefined) return [`${at}.${key} is unknown`];
    if (!field.repeated) return valueProblems(field, inner, `${at}.${key}`);
    if (!Array.isArray(inner)) return [`${at}.${key} is no list`];
    return inner.flatMap((one, index) => valueProblems(field, one, `${at}.${key}[${index}]`));
  });
  return [...oneofs, ...fields];
}

function valueProblems(field: protobuf.Field, value: unknown, at: string): string[] {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return messageProblems(resolvedType, value, at);
  // Only by their numbers: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
  if (resolvedType instanceof protobuf.Enum) {
    return Object.hasOwn(resolvedType.valuesById, Number(value)) && typeof value === "number"
      ? []
      : [`${at}: no value`];
  }
  const isRight = /64$/.test(field.type)
    ? typeof value === "string" && /^-?\d{1,20}$/.test(value)
    : field.type === "bytes"
      ? typeof value === "string" && /^(?:[0-9a-f]{2})+$/.test(value)
      : field.type === "double" || /32$/.test(field.type)
        ? typeof value === "number"
        : field.type === "bool"
          ? typeof value === "boolean"
          : typeof value === "string";
  return isRight ? [] : [`${at}: ${JSON.stringify(value)} is no ${field.type}`];
}
