/** Releases: where they are and were, what they hold, and what is between two of them. */

import { z } from "zod";
import type { ReleaseDiffView, ReleasesView, ReleaseView } from "../../control/views/releases.ts";
import type { Missing, Nothing } from "./fits.ts";
import { byName, deployed, time } from "./values.ts";

const commitLine = z
  .strictObject({ commit: z.string(), author: z.string(), at: time, subject: z.string() })
  .meta({ id: "Commit" });

const releaseFields = {
  release: z.number().int(),
  run: z.string().meta({ description: "The run that made it." }),
  commit: z.string(),
  snapshotOf: z.string().optional().meta({ description: "`commit` stands for uncommitted files on this one." }),
  branch: z.string(),
  at: time,
  by: z.string().optional(),
  author: z.string().optional(),
  subject: z.string().optional(),
  conclusion: z.enum(["succeeded", "failed", "cancelled", "open"]),
  environments: z.array(
    z.strictObject({
      environment: z.string(),
      state: z.enum(["here", "under-way", "failed", "passed", "taken-back"]),
    }),
  ),
};

export const releasesView = z
  .strictObject({
    version: z.literal(1),
    releases: z.array(z.strictObject(releaseFields).meta({ id: "ReleaseLine" })),
  })
  .meta({ id: "Releases" });

const side = z
  .strictObject({
    release: z.number().int(),
    environment: z.string().optional(),
    isPart: z.literal(true).optional().meta({ description: "Of what the environment has not all passed." }),
    commit: z.string(),
  })
  .meta({ id: "Side" });

const change = z
  .strictObject({ name: z.string(), from: z.string().optional(), to: z.string().optional() })
  .meta({ id: "ValueChange" });

export const releaseDiffView = z
  .strictObject({
    version: z.literal(1),
    from: side,
    to: side,
    environment: z.string().optional(),
    pipelines: z.array(
      z.strictObject({
        pipeline: z.string(),
        change: z.enum(["same", "changed", "new", "gone"]),
        from: deployed.optional(),
        to: deployed.optional(),
        definition: z.string().optional(),
        artifacts: z.array(change),
        outputs: z.array(change),
        irreversible: z
          .array(z.strictObject({ job: z.string(), does: z.string() }))
          .optional()
          .meta({ description: "What jobs of the second do that no rollback undoes." }),
        commits: z.array(commitLine).optional(),
        without: z.array(commitLine).optional(),
      }),
    ),
    settings: z.array(change),
  })
  .meta({ id: "ReleaseDiff", description: "What is between two releases." });

export const releaseView = z
  .strictObject({
    version: z.literal(1),
    ...releaseFields,
    delivery: z.string(),
    comment: z.string().optional(),
    parameters: byName(z.string()),
    proven: z.array(z.string()).meta({ description: "Environments where it is proven, in promotion order." }),
    visits: z.array(
      z.strictObject({
        environment: z.string(),
        kind: z.enum(["run", "promotion", "rollback"]),
        run: z.string(),
        at: time,
        by: z.string().optional(),
        comment: z.string().optional(),
        outcome: z.enum(["whole", "part", "open"]),
        answers: z.array(
          z.strictObject({
            answer: z.enum(["approved", "rejected", "expired"]),
            by: z.string(),
            comment: z.string().optional(),
            at: time,
          }),
        ),
      }),
    ),
    pipelines: z.array(z.strictObject({ pipeline: z.string(), versions: byName(deployed) })),
    changes: releaseDiffView.optional(),
  })
  .meta({ id: "Release" });

export type Views = [
  Nothing<Missing<typeof releasesView, ReleasesView>>,
  Nothing<Missing<typeof releaseView, ReleaseView>>,
  Nothing<Missing<typeof releaseDiffView, ReleaseDiffView>>,
];
