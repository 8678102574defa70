/** What `check` finds in the repository: each finding on the graph of all jobs, and how it was carried out. */

import { z } from "zod";
import type { FindingsView } from "../../control/views/findings.ts";
import type { Missing, Nothing } from "./fits.ts";

const place = { file: z.string(), line: z.number().int(), column: z.number().int() };

const moment = z
  .strictObject({
    words: z.string(),
    does: z.enum(["happens", "starts", "waits", "reads", "succeeds", "fails", "stops"]),
    node: z.string().optional(),
    isKey: z.boolean().meta({ description: "The finding speaks of it; the others happen on the way." }),
  })
  .meta({ id: "ReplayMoment" });

const finding = z
  .strictObject({
    id: z.string().meta({ description: "The same for as long as the line and the rule are." }),
    rule: z.string(),
    kind: z
      .enum(["race", "broken hand-off", "missing gate", "dead edge", "wrong lock", "exposure"])
      .optional()
      .meta({ description: "Absent: the file itself is wrong." }),
    title: z.string().optional(),
    severity: z.enum(["error", "warning", "note"]),
    confidence: z.enum(["high", "medium", "low"]),
    message: z.string(),
    at: z.strictObject(place),
    related: z.array(z.strictObject({ ...place, message: z.string() })),
    schedule: z.array(z.string()).meta({ description: "The order of events that breaks, in words." }),
    why: z.string(),
    help: z.string(),
    url: z.string().optional(),
    nodes: z.array(z.string()).meta({ description: "Of the graph: its sides." }),
    replay: z.array(moment).meta({ description: "How it was carried out, up to the bad end." }),
  })
  .meta({ id: "Finding" });

export const findingsView = z
  .strictObject({
    version: z.literal(1),
    workflows: z.number().int(),
    pipelines: z.number().int(),
    rules: z.number().int(),
    suppressed: z.number().int().meta({ description: "Accepted where they stand, and left out." }),
    graph: z.strictObject({
      nodes: z.array(z.strictObject({ id: z.string(), label: z.string(), group: z.string().optional() })),
      edges: z.array(
        z.strictObject({
          from: z.string(),
          to: z.string(),
          kind: z.enum(["gate", "order", "hand-off"]),
          label: z.string().optional(),
        }),
      ),
    }),
    findings: z.array(finding),
  })
  .meta({ id: "Findings", description: "Of the workflows and pipelines that lie in the repository." });

export type Views = [Nothing<Missing<typeof findingsView, FindingsView>>];
