/** What the steps of a job in a definition read, write and change. */

import type { Place } from "../../findings/source.ts";
import type { Delivery, Job, Step, Value } from "../../model/delivery.ts";
import { promisedOutputs } from "../../model/job-values.ts";
import type { Access, Key, ResourceAccess, ResourceKind } from "../access.ts";
import type { Instance } from "./instances.ts";

/** What actions change, and which of their inputs name it. */
const changes: Readonly<Record<string, { readonly resource: ResourceKind; readonly inputs: readonly string[] }>> = {
  "terraform.apply": { resource: "terraform-state", inputs: ["directory", "workspace"] },
  "cloudformation.deploy": { resource: "stack", inputs: ["stack"] },
  "cdk.deploy": { resource: "stack", inputs: ["app"] },
  "s3.sync": { resource: "bucket", inputs: ["bucket", "prefix"] },
  "lambda.update": { resource: "function", inputs: ["function", "name"] },
  "lambda.blue-green": { resource: "function", inputs: ["function"] },
  "cloudfront.invalidate": { resource: "distribution", inputs: ["distribution"] },
};

export interface StepPlace {
  readonly delivery: Delivery;
  readonly instance: Instance;
  readonly at: Place;
}

export function accessesOfStep(step: Step, { delivery, instance, at }: StepPlace): Access[] {
  const change = step.action && changes[step.action.kind];
  if (!change || !deploysOnSuccess(instance.job)) return [];
  const { inputs } = step.action!;
  const parts = change.inputs.flatMap((name) => (inputs[name] === undefined ? [] : [inputs[name]]));
  const key = parts.flatMap((value, i) => [
    ...(i > 0 ? ([{ kind: "text", text: "/" }] as const) : []),
    ...keyOf(value, delivery, instance),
  ]);
  return [access(step.action!.kind, { resource: change.resource, mode: "write", effect: "deploy", key, at })];
}

/** A definition says what deploys; what runs after failures is there to clean up and to report. */
function deploysOnSuccess({ deploys, runsAfter }: Job): boolean {
  return deploys && runsAfter === "success";
}

/** What the job as a whole hands on and takes, and that it deploys where no action tells what. */
export function accessesOfJob({ instance, at }: Pick<StepPlace, "instance" | "at">): Access[] {
  const { pipeline, name, job, environment, takes } = instance;
  const place = environment === undefined ? "" : `${environment.name}/`;
  const hands = (kind: "output" | "artifact", full: string, mode: "read" | "write"): Access =>
    access(kind, {
      resource: kind === "output" ? "parameter" : "artifact",
      mode,
      effect: "hand-off",
      key: [{ kind: "text", text: full }],
      at,
    });
  const taken = takes.map(({ kind, name: what, source }) =>
    hands(kind, `${source.job.per === "release" ? "" : place}${source.owner.name}.${what}`, "read"),
  );
  const made = [
    ...Object.keys(job.artifacts).map((what) => hands("artifact", `${place}${pipeline.name}.${what}`, "write")),
    ...Object.keys(promisedOutputs(pipeline, name)).map((what) =>
      hands("output", `${place}${pipeline.name}.${what}`, "write"),
    ),
  ];
  const isTold = job.steps.some((step) => step.action && changes[step.action.kind]);
  const deploys = deploysOnSuccess(job) && !isTold;
  const key = [{ kind: "text", text: `${place}${pipeline.name}.${name}` }] as const;
  return [
    access("checkout", { resource: "source", mode: "read", effect: "none", key: [], at }),
    ...taken,
    ...made,
    ...(deploys ? [access("deploys", { resource: "service", mode: "write", effect: "deploy", key, at })] : []),
  ];
}

type Parts = Pick<ResourceAccess, "resource" | "mode" | "effect" | "key" | "at">;

function access(tool: string, parts: Parts): Access {
  return {
    kind: "resource",
    tool,
    confidence: "high",
    details: new Map(),
    // A definition hands on within one release only.
    binding: { kind: "this-run" },
    token: { kind: "none" },
    ...parts,
  };
}

/** A value as a name: what the environment and the delivery say is filled in. */
export function keyOf(value: Value, delivery: Delivery, { environment }: Instance): Key {
  if (typeof value === "string") return [{ kind: "text", text: value }];
  if (Array.isArray(value)) return value.flatMap((part) => keyOf(part, delivery, { environment } as Instance));
  if ("variable" in value) {
    const text = environment?.variables[value.variable] ?? delivery.variables[value.variable];
    return text === undefined ? [{ kind: "variable", name: value.variable }] : [{ kind: "text", text }];
  }
  if ("context" in value && value.context === "environment") return [{ kind: "text", text: environment?.name ?? "" }];
  if ("output" in value) {
    // The same output is another value in another environment.
    return [{ kind: "expression", text: `${environment?.name ?? ""}/${value.output}` }];
  }
  const [[kind, name]] = Object.entries(value) as [[string, string]];
  return [{ kind: "expression", text: `${kind}.${name}` }];
}
