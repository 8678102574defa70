import { z } from "zod";
import { layouts } from "./options.ts";

/** All that the platform's settings file may say: choices that the command line need not repeat. */
export const settingsFileSchema = z.strictObject({
  layout: z.enum(layouts).optional(),
  /** Of the settings to make on GitHub. */
  format: z.enum(["commands", "terraform"]).optional(),
  runsOn: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  attest: z.enum(["yes", "no"]).optional(),
  gate: z.enum(["pipeline", "release"]).optional(),
  caches: z.enum(["yes", "no"]).optional(),
  deployments: z.enum(["one", "each"]).optional(),
  olderRequests: z.enum(["stay", "withdrawn"]).optional(),
  url: z.string().optional(),
  calledWorkflows: z.number().int().min(2).max(50).optional(),
  parameterPrefix: z.string().startsWith("/").optional(),
  actions: z
    .record(z.string(), z.strictObject({ sha: z.string().regex(/^[0-9a-f]{40}$/), version: z.string().regex(/^\S+$/) }))
    .optional(),
  raw: z
    .record(
      z.string(),
      z.strictObject({
        workflow: z.record(z.string(), z.json()).optional(),
        jobs: z.record(z.string(), z.record(z.string(), z.json())).optional(),
        steps: z.record(z.string(), z.array(z.json())).optional(),
      }),
    )
    .optional(),
});
