import type { Condition, Container, Value } from "../delivery.ts";
import type { DefinitionPath } from "../refusal.ts";
import type { PlacedJob } from "./placed.ts";

/** A name that a job reads, and where it is written. */
export interface Reference {
  readonly kind: "output" | "secret" | "variable" | "parameter" | "matrix" | "artifact" | "environment";
  readonly name: string;
  readonly path: DefinitionPath;
  readonly reader: PlacedJob;
  /** For a parameter or variable in a condition: what it is compared with. */
  readonly equals?: string;
}

type Read = Omit<Reference, "reader">;

/** Everything that one job reads, in the order of the definition; the pipeline's `env` is read by each of its jobs. */
export function collectReferences(reader: PlacedJob): Reference[] {
  return [...readsOf(reader)].map((read) => ({ ...read, reader }));
}

function* readsOf({ pipeline, job, path }: PlacedJob): Generator<Read> {
  for (const [name, value] of Object.entries(pipeline.env)) {
    if (!Object.hasOwn(job.env, name)) yield* inValue(value, ["pipelines", pipeline.name, "env", name]);
  }
  if (job.condition) yield* inCondition(job.condition, [...path, "condition"]);
  yield* inValues(job.env, [...path, "env"]);
  if (job.concurrency) yield* inValue(job.concurrency.group, [...path, "concurrency", "group"]);
  if (job.runsOn ?? job.container ?? job.services) yield* inMachine(job, path);
  for (const [index, use] of job.uses.entries()) {
    yield { kind: "artifact", name: use.artifact, path: [...path, "uses", index] };
  }
  for (const [index, step] of job.steps.entries()) {
    const at = [...path, "steps", index];
    if (step.condition) yield* inCondition(step.condition, [...at, "condition"]);
    yield* inValues(step.env, [...at, "env"]);
    if (step.action) yield* inValues(step.action.inputs, [...at, "action", "inputs"]);
  }
}

function* inMachine({ runsOn, container, services = {} }: PlacedJob["job"], path: DefinitionPath): Generator<Read> {
  for (const [index, label] of (runsOn?.labels ?? []).entries()) yield* inValue(label, [...path, "runsOn", index]);
  if (runsOn?.group !== undefined) yield* inValue(runsOn.group, [...path, "runsOn", "group"]);
  const containers: [Container | undefined, DefinitionPath][] = [
    [container, [...path, "container"]],
    ...Object.entries(services).map(([name, one]): [Container, DefinitionPath] => [one, [...path, "services", name]]),
  ];
  for (const [one, at] of containers) {
    if (one === undefined) continue;
    yield* inValue(one.image, [...at, "image"]);
    yield* inValues(one.env, [...at, "env"]);
    if (one.credentials) yield* inValues(one.credentials, [...at, "credentials"]);
  }
}

function* inValues(values: Record<string, Value>, path: DefinitionPath): Generator<Read> {
  for (const [name, value] of Object.entries(values)) yield* inValue(value, [...path, name]);
}

function* inValue(value: Value, path: DefinitionPath): Generator<Read> {
  if (typeof value === "string") return;
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* inValue(item, [...path, index]);
  else if ("output" in value) yield { kind: "output", name: value.output, path };
  else if ("secret" in value) yield { kind: "secret", name: value.secret, path };
  else if ("variable" in value) yield { kind: "variable", name: value.variable, path };
  else if ("parameter" in value) yield { kind: "parameter", name: value.parameter, path };
  else if ("matrix" in value) yield { kind: "matrix", name: value.matrix, path };
  else value.context satisfies string;
}

function* inCondition(condition: Condition, path: DefinitionPath): Generator<Read> {
  if ("all" in condition || "any" in condition) {
    const [key, inner] = "all" in condition ? ["all", condition.all] : ["any", condition.any];
    for (const [index, item] of inner.entries()) yield* inCondition(item, [...path, key, index]);
  } else if ("not" in condition) yield* inCondition(condition.not, [...path, "not"]);
  else if ("environment" in condition) {
    for (const [index, name] of condition.environment.entries()) {
      yield { kind: "environment", name, path: [...path, "environment", index] };
    }
  } else if ("parameter" in condition) {
    yield { kind: "parameter", name: condition.parameter, path, equals: condition.equals };
  } else if ("variable" in condition) {
    yield { kind: "variable", name: condition.variable, path, equals: condition.equals };
  } else if (!("branch" in condition)) condition.event satisfies string[];
}
