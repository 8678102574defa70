/** How a delivery went over some time, in figures. */

import { z } from "zod";
import type { ReportView } from "../../control/views/report.ts";
import type { Missing, Nothing } from "./fits.ts";
import { milliseconds, time } from "./values.ts";

const many = z.number().int().min(0);

const spreadFields = { count: many, median: milliseconds, ninetieth: milliseconds, most: milliseconds };

const spread = z.strictObject(spreadFields).meta({
  id: "Spread",
  description: "Of `count` values the one in the middle, and the one that nine of ten do not exceed.",
});

const perWeek = z.number().min(0).meta({ description: "Of the weeks since the first run, at least one." });

const leadTimeMs = spread
  .optional()
  .meta({ description: "From the commit of a pipeline to its first deployment there." });

export const reportView = z
  .strictObject({
    version: z.literal(1),
    since: time,
    until: time,
    environments: z.array(
      z
        .strictObject({
          environment: z.string(),
          deployments: many.meta({ description: "That passed, failed, or were taken back by a rollback." }),
          perWeek,
          failed: many,
          takenBack: many.meta({ description: "Of those that failed." }),
          failureRate: z.number().min(0).max(1),
          repairs: many.meta({ description: "Rollbacks, and what followed a failure." }),
          recoveryMs: spread.optional().meta({ description: "From a failure to the next deployment that passed." }),
          brokenSince: time.optional().meta({ description: "What is there failed, and nothing has mended it yet." }),
          leadTimeMs,
          unknownCommits: many.meta({ description: "In no lead time, as nobody knows when they were made." }),
        })
        .meta({ id: "EnvironmentReport" }),
    ),
    pipelines: z.array(
      z
        .strictObject({ pipeline: z.string(), environment: z.string(), deployments: many, perWeek, leadTimeMs })
        .meta({ id: "PipelineReport" }),
    ),
    approvals: z.array(
      z
        .strictObject({
          environment: z.string(),
          asked: many,
          approved: many,
          rejected: many,
          expired: many,
          waitedMs: spread.optional(),
          by: z.array(z.strictObject({ name: z.string(), answered: many, waitedMs: spread })),
          openSince: z.array(time).meta({ description: "Of those that nobody has answered yet, oldest first." }),
        })
        .meta({ id: "ApprovalReport" }),
    ),
    jobs: z.array(
      z
        .strictObject({
          pipeline: z.string(),
          job: z.string(),
          environment: z.string().optional(),
          passed: many,
          failedAttempts: many,
          flaked: many.meta({ description: "How often it failed and then passed in the same run." }),
          tookMs: z.strictObject({ ...spreadFields, total: milliseconds }).optional(),
        })
        .meta({ id: "JobReport" }),
    ),
    costs: z
      .strictObject({
        prices: z.array(z.strictObject({ machine: z.string(), usd: z.number(), source: z.string(), asOf: z.string() })),
        months: z.array(z.strictObject({ month: z.string(), runs: many, minutes: many, usd: z.array(z.number()) })),
        runs: z
          .array(
            z.strictObject({
              run: z.string(),
              release: many,
              begunAt: time,
              minutes: many,
              usd: z.array(z.number()),
            }),
          )
          .meta({ description: "Those that took most minutes first." }),
      })
      .meta({
        id: "CostReport",
        description: "What jobs would cost where machines are paid by the minute; `usd` in the order of `prices`.",
      }),
  })
  .meta({ id: "Report", description: "How the delivery went: after DORA's definitions, as `baton report` shows it." });

export type Views = [Nothing<Missing<typeof reportView, ReportView>>];
