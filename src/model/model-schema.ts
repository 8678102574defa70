import { z } from "zod";
import { type Delivery, noticeTopics, weekdays } from "./delivery.ts";
import { contextNames, eventNames } from "./normalise/values.ts";
import type { DefinitionPath, Refusal, Result } from "./refusal.ts";
import { validate } from "./validate/validate.ts";

/**
 * The built model, for JSON that comes from elsewhere (a file that another tool wrote, an older journal). Kept apart
 * from everything that a TypeScript definition loads: Zod alone takes longer than the rest of Baton's start.
 */

const strings = z.record(z.string(), z.string());
const stringList = z.array(z.string());
const milliseconds = z.number();

const value: z.ZodType = z.lazy(() =>
  z.union([
    z.string(),
    z.strictObject({ output: z.string() }),
    z.strictObject({ secret: z.string() }),
    z.strictObject({ variable: z.string() }),
    z.strictObject({ parameter: z.string() }),
    z.strictObject({ matrix: z.string() }),
    z.strictObject({ context: z.enum(contextNames) }),
    z.array(value),
  ]),
);
const env = z.record(z.string(), value);

const condition: z.ZodType = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(condition) }),
    z.strictObject({ any: z.array(condition) }),
    z.strictObject({ not: condition }),
    z.strictObject({ environment: stringList }),
    z.strictObject({ branch: stringList }),
    z.strictObject({ event: z.array(z.enum(eventNames)) }),
    z.strictObject({ parameter: z.string(), equals: z.string() }),
    z.strictObject({ variable: z.string(), equals: z.string() }),
  ]),
);

const step = z.strictObject({
  name: z.string(),
  run: z.string(),
  shell: z.enum(["bash", "sh"]),
  env,
  condition: condition.optional(),
  workingDirectory: z.string(),
  timeoutMs: milliseconds.optional(),
  continueOnFailure: z.boolean(),
  action: z.strictObject({ kind: z.string(), inputs: env, publishes: z.array(z.string()).optional() }).optional(),
});

const container = z.strictObject({
  image: value,
  env,
  options: z.string().optional(),
  credentials: z.strictObject({ username: value, password: value }).optional(),
});

const job = z.strictObject({
  per: z.enum(["release", "environment"]),
  needs: stringList,
  deploys: z.boolean(),
  irreversible: z.string().optional(),
  undo: z.literal(true).optional(),
  verify: z.strictObject({ forMs: milliseconds, everyMs: milliseconds }).optional(),
  drift: z.string().optional(),
  driftEnv: env.optional(),
  remove: z.string().optional(),
  onLost: z.enum(["retry", "ask"]).optional(),
  runsAfter: z.enum(["success", "failure", "always"]),
  condition: condition.optional(),
  steps: z.array(step),
  env,
  matrix: z
    .strictObject({
      values: z.record(z.string(), stringList),
      include: z.array(strings),
      exclude: z.array(strings),
      failFast: z.boolean(),
      maxParallel: z.number().optional(),
    })
    .optional(),
  timeoutMs: milliseconds,
  retry: z.strictObject({
    attempts: z.number(),
    delayMs: milliseconds,
    factor: z.number(),
    maxDelayMs: milliseconds,
  }),
  concurrency: z.strictObject({ group: value, limit: z.number() }).optional(),
  workingDirectory: z.string(),
  runsOn: z.strictObject({ labels: z.array(value), group: value.optional() }).optional(),
  container: container.optional(),
  services: z.record(z.string(), container.extend({ ports: stringList })).optional(),
  tools: z.array(z.strictObject({ name: z.string(), version: z.string().optional() })),
  continueOnFailure: z.boolean(),
  artifacts: z.record(z.string(), z.strictObject({ path: z.string() })),
  report: z.string().optional(),
  uses: z.array(z.strictObject({ artifact: z.string(), path: z.string() })),
});

const pipeline = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  needs: stringList,
  triggers: z.strictObject({
    paths: stringList,
    branches: stringList,
    pullRequests: z.boolean(),
    manual: z.boolean(),
    schedules: stringList,
  }),
  outputs: z.record(
    z.string(),
    z.strictObject({
      type: z.enum(["string", "number", "boolean", "url", "json"]),
      description: z.string().optional(),
      job: z.string(),
      parameter: z.string().optional(),
    }),
  ),
  env,
  workingDirectory: z.string(),
  jobs: z.record(z.string(), job),
});

const environment = z.strictObject({
  name: z.string(),
  branch: z.string().optional(),
  after: stringList,
  promote: z.strictObject({ soakMs: milliseconds }).optional(),
  approval: z
    .strictObject({
      reviewers: stringList,
      message: z.string().optional(),
      timeoutMs: milliseconds,
      count: z.number().optional(),
      selfApproval: z.literal(false).optional(),
      reminderMs: milliseconds.optional(),
    })
    .optional(),
  onFailure: z.literal("rollback").optional(),
  windows: z
    .array(z.strictObject({ days: z.array(z.enum(weekdays)), from: z.string(), to: z.string(), zone: z.string() }))
    .min(1)
    .optional(),
  preview: z.literal(true).optional(),
  variables: strings,
});

const noticeTarget = z.strictObject({
  to: z.union([
    z.strictObject({ kind: z.literal("webhook"), url: z.string(), signing: z.string().optional() }),
    z.strictObject({ kind: z.enum(["slack", "teams"]), url: z.string() }),
    z.strictObject({ kind: z.literal("email"), server: z.string(), from: z.string(), to: stringList }),
    z.strictObject({ kind: z.literal("sns"), topic: z.string() }),
    z.strictObject({ kind: z.literal("eventbridge"), bus: z.string() }),
    z.strictObject({ kind: z.literal("cdevents"), url: z.string(), signing: z.string().optional() }),
    z.strictObject({
      kind: z.literal("github"),
      repository: z.string(),
      token: z.string(),
      api: z.string().optional(),
    }),
    z.strictObject({ kind: z.literal("otlp"), url: z.string(), headers: z.string().optional() }),
  ]),
  on: z.array(z.enum(noticeTopics)),
  environments: stringList,
});

export const modelSchema = z
  .strictObject({
    version: z.literal(1),
    name: z.string(),
    variables: strings,
    parameters: z.record(
      z.string(),
      z.strictObject({
        type: z.enum(["string", "number", "boolean", "choice"]),
        description: z.string().optional(),
        default: z.string().optional(),
        options: stringList,
      }),
    ),
    environments: z.array(environment),
    pipelines: z.array(pipeline),
    notices: z.record(z.string(), noticeTarget).optional(),
  })
  .meta({ title: "Baton delivery, built", description: "A delivery with every default filled in." });

/** The JSON Schema (draft 2020-12) of the built model. */
export function modelJsonSchema(): object {
  return z.toJSONSchema(modelSchema, { target: "draft-2020-12" });
}

/** Takes over a built model from JSON after checking its form and everything that a definition is checked for. */
export function deliveryFromJson(json: unknown): Result<Delivery> {
  const parsed = modelSchema.safeParse(json);
  if (!parsed.success) return { ok: false, refusals: parsed.error.issues.map(issueRefusal) };
  const delivery = parsed.data as Delivery;
  const refusals = validate(delivery);
  return refusals.length > 0 ? { ok: false, refusals } : { ok: true, value: delivery };
}

function issueRefusal(issue: z.core.$ZodIssue): Refusal {
  return {
    code: "wrong-form",
    message: `this is not a built delivery: ${issue.message}`,
    path: issue.path as DefinitionPath,
    related: [],
    help: "build it again from its definition",
  };
}
