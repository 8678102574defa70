import type { Condition, ContextName, EventName, Value } from "../delivery.ts";
import type { DefinitionPath } from "../refusal.ts";
import { type FormReader, isForm, isScalar, must, setOwn } from "./form.ts";

export const contextNames = [
  "delivery",
  "environment",
  "pipeline",
  "job",
  "release",
  "run",
  "commit",
  "branch",
  "directory",
] as const satisfies readonly ContextName[];

export const eventNames = [
  "push",
  "pull-request",
  "manual",
  "schedule",
  "promotion",
  "rollback",
] as const satisfies readonly EventName[];

/** Something with exactly one of these keys is a value; anything else, where more may be written, is the long form. */
export function isReference(value: unknown): boolean {
  const key = isForm(value) ? onlyKey(value) : undefined;
  return valueKeys.some((name) => name === key);
}

const valueKeys = ["output", "secret", "variable", "parameter", "matrix", "context"] as const;

/** `pipeline` is the one it stands in: an output without a dot is its own. */
export function readValue(form: FormReader, value: unknown, path: DefinitionPath, pipeline: string): Value {
  if (isScalar(value)) return String(value);
  if (Array.isArray(value)) return value.map((item, index) => readValue(form, item, [...path, index], pipeline));
  const key = isForm(value) ? onlyKey(value) : undefined;
  const known = valueKeys.find((name) => name === key);
  if (!isForm(value) || known === undefined) {
    form.wrongForm(path, `a string or an object with one of the keys ${valueKeys.join(", ")}`, value);
    return "";
  }
  if (known === "context") return { context: form.word(value[known], [...path, known], contextNames) ?? "delivery" };
  const name = form.string(must(value[known]), [...path, known]) ?? "";
  switch (known) {
    case "output":
      return { output: name.includes(".") ? name : `${pipeline}.${name}` };
    case "secret":
      return { secret: name };
    case "variable":
      return { variable: name };
    case "parameter":
      return { parameter: name };
    case "matrix":
      return { matrix: name };
    default:
      return known satisfies never;
  }
}

export function readEnv(
  form: FormReader,
  value: unknown,
  path: DefinitionPath,
  pipeline: string,
): Record<string, Value> {
  const env: Record<string, Value> = {};
  for (const [name, item] of form.entries(value, path)) {
    setOwn(env, name, readValue(form, item, [...path, name], pipeline));
  }
  return env;
}

const conditionKeys = ["all", "any", "not", "environment", "branch", "event", "parameter", "variable"] as const;

export function readCondition(form: FormReader, value: unknown, path: DefinitionPath): Condition {
  const keys = isForm(value) ? Object.keys(value).filter((key) => key !== "equals") : [];
  const key = conditionKeys.find((name) => name === keys[0]);
  if (!isForm(value) || keys.length !== 1 || key === undefined) {
    form.wrongForm(path, `a condition with exactly one of the keys ${conditionKeys.join(", ")}`, value);
    return { all: [] };
  }
  const compares = key === "parameter" || key === "variable";
  if ("equals" in value && !compares) form.object(value, path, [key]);
  const at = [...path, key];
  const inner = value[key];
  switch (key) {
    case "all":
      return { all: form.list(must(inner), at).map(([item, where]) => readCondition(form, item, where)) };
    case "any":
      return { any: form.list(must(inner), at).map(([item, where]) => readCondition(form, item, where)) };
    case "not":
      return { not: readCondition(form, inner, at) };
    case "environment":
      return { environment: form.strings(must(inner), at, "or one") };
    case "branch":
      return { branch: form.strings(must(inner), at, "or one") };
    case "event": {
      const events = form.list(must(inner), at, "or one");
      return { event: events.flatMap(([item, where]) => form.word(item, where, eventNames) ?? []) };
    }
    case "parameter":
      return { parameter: form.string(must(inner), at) ?? "", equals: readEquals(form, value, path) };
    case "variable":
      return { variable: form.string(must(inner), at) ?? "", equals: readEquals(form, value, path) };
    default:
      return key satisfies never;
  }
}

function readEquals(form: FormReader, value: Readonly<Record<string, unknown>>, path: DefinitionPath): string {
  return form.scalar(must(value.equals), [...path, "equals"]) ?? "";
}

function onlyKey(value: object): string | undefined {
  const keys = Object.keys(value);
  return keys.length === 1 ? keys[0] : undefined;
}
