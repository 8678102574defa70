/** Promotions and rollbacks: what is asked, and what would change. */

import { z } from "zod";
import type { MovePreview } from "../../control/views/move.ts";
import { override } from "./deeds.ts";
import type { Missing, Nothing } from "./fits.ts";
import { releaseDiffView } from "./releases.ts";
import { planPreview } from "./views.ts";

const name = z.string().min(1).max(200);

export const moveRequest = z
  .strictObject({
    kind: z.enum(["promotion", "rollback"]),
    to: name.meta({ description: "The environment." }),
    release: name
      .optional()
      .meta({ description: "By its number. Without it the newest that may go on there, or the last good one." }),
    pipelines: z.array(name).max(500).optional().meta({ description: "Only these." }),
  })
  .meta({ id: "MoveRequest" });

/** `plan` is the digest of the preview that was looked at. */
export const moveStartRequest = moveRequest
  .extend({ plan: z.string().min(1).max(100), comment: z.string().max(2000).optional(), override })
  .meta({ id: "MoveStartRequest" });

const pair = z.strictObject({ pipeline: z.string(), other: z.string() });

export const moveView = z
  .strictObject({
    version: z.literal(1),
    kind: z.enum(["promotion", "rollback"]),
    release: z.number().int(),
    commit: z.string(),
    to: z.string(),
    provenIn: z.string().meta({ description: "The environment where it was proven with exactly this set." }),
    here: z
      .strictObject({ release: z.number().int(), isPart: z.literal(true).optional() })
      .optional()
      .meta({ description: "What is there now; absent: nothing." }),
    takesBack: z
      .array(z.number().int())
      .meta({ description: "Releases that are no target by themselves any more once this has begun." }),
    policies: z.strictObject({ judgedBy: z.enum(["today", "release"]), differ: z.boolean() }).meta({
      description: "Whether the definition of today, too, says who approves, and something else than the release's.",
    }),
    irreversible: z
      .array(z.strictObject({ release: z.number().int(), job: z.string(), does: z.string() }))
      .meta({ description: "What no rollback undoes: what a rollback leaves done, and what a promotion does." }),
    undoes: z
      .array(z.strictObject({ release: z.number().int(), job: z.string() }))
      .meta({ description: "Jobs that undo what releases left there, in order, before all others." }),
    takenBackBy: z.string().optional().meta({ description: "The run that once took this release back from there." }),
    pipelines: z.array(z.strictObject({ pipeline: z.string(), goes: z.boolean(), why: z.string() })),
    files: z
      .array(
        z.strictObject({
          pipeline: z.string(),
          artifact: z.string(),
          digest: z.string(),
          sizeBytes: z.number().int(),
        }),
      )
      .meta({ description: "Files that are deployed as they are." }),
    apart: z
      .array(pair)
      .meta({ description: "Pipelines that will stand beside another version than the one they were proven with." }),
    changes: releaseDiffView.optional(),
  })
  .meta({ id: "Move", description: "What a promotion or rollback changes." });

export const movePreview = z
  .strictObject({ version: z.literal(1), plan: z.string(), move: moveView, preview: planPreview })
  .meta({
    id: "MovePreview",
    description: "What would change, what runs for it, and the digest that starts exactly that.",
  });

export type Views = [Nothing<Missing<typeof moveView, MovePreview>>];
