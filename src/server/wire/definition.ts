/** What stands in the definition: as settings, and as the graph of all that it may ever do. */

import { z } from "zod";
import type { MapView } from "../../control/views/map.ts";
import type { SettingsView } from "../../control/views/settings.ts";
import type { Missing, Nothing } from "./fits.ts";
import { byName, milliseconds } from "./values.ts";
import { graphJob } from "./views.ts";

const names = z.array(z.string());

const jobSettings = z
  .strictObject({
    name: z.string(),
    per: z.enum(["release", "environment"]),
    needs: names,
    deploys: z.boolean(),
    runsAfter: z.enum(["success", "failure", "always"]),
    timeoutMs: milliseconds,
    attempts: z.number().int(),
    tools: z.array(z.strictObject({ name: z.string(), version: z.string().optional() })),
    steps: names,
    secrets: names.meta({ description: "Their names; what they hold is nowhere in here." }),
    artifacts: names,
    uses: names,
  })
  .meta({ id: "JobSettings" });

export const settingsView = z
  .strictObject({
    version: z.literal(1),
    delivery: z.string(),
    file: z.string(),
    variables: byName(z.string()),
    parameters: byName(
      z.strictObject({
        type: z.enum(["string", "number", "boolean", "choice"]),
        description: z.string().optional(),
        default: z.string().optional(),
        options: names,
      }),
    ),
    environments: z.array(
      z.strictObject({
        name: z.string(),
        branch: z.string().optional(),
        after: names,
        promote: z.strictObject({ soakMs: milliseconds }).optional(),
        approval: z
          .strictObject({
            reviewers: names,
            message: z.string().optional(),
            timeoutMs: milliseconds,
            count: z.number().int().optional(),
            selfApproval: z.literal(false).optional(),
            reminderMs: milliseconds.optional(),
          })
          .optional(),
        onFailure: z.literal("rollback").optional(),
        windows: z
          .array(
            z.strictObject({
              days: z.array(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])),
              from: z.string(),
              to: z.string(),
              zone: z.string(),
            }),
          )
          .optional(),
        preview: z.literal(true).optional(),
        variables: byName(z.string()),
      }),
    ),
    pipelines: z.array(
      z.strictObject({
        name: z.string(),
        description: z.string().optional(),
        needs: names,
        triggers: z.strictObject({
          paths: names,
          branches: names,
          pullRequests: z.boolean(),
          manual: z.boolean(),
          schedules: names,
        }),
        outputs: byName(
          z.strictObject({
            type: z.enum(["string", "number", "boolean", "url", "json"]),
            description: z.string().optional(),
            job: z.string(),
            parameter: z.string().optional(),
          }),
        ),
        workingDirectory: z.string(),
        jobs: z.array(jobSettings),
      }),
    ),
  })
  .meta({ id: "Settings", description: "The definition as it stands on the machine that serves." });

export const mapView = z
  .strictObject({
    version: z.literal(1),
    delivery: z.string(),
    environments: names.meta({ description: "In promotion order." }),
    pipelines: z.array(z.strictObject({ name: z.string(), needs: names })),
    jobs: z.array(graphJob.extend({ reads: names, uses: names }).meta({ id: "MapJob" })),
    joins: z.array(z.strictObject({ id: z.string(), after: names })),
    criticalPath: names,
  })
  .meta({ id: "Map", description: "Every job in every environment, as if everything had changed." });

export type Views = [Nothing<Missing<typeof settingsView, SettingsView>>, Nothing<Missing<typeof mapView, MapView>>];
