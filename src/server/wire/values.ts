/** What several views are made of. */

import { z } from "zod";

export const time = z.number().int().min(0).meta({ description: "Milliseconds since the epoch." });
export const milliseconds = z.number().min(0).meta({ description: "Milliseconds." });
export const conclusion = z.enum(["succeeded", "failed", "cancelled"]);
export const byName = <T extends z.ZodType>(values: T) => z.record(z.string(), values);

const artifact = z
  .strictObject({ digest: z.string(), sizeBytes: z.number().int() })
  .meta({ id: "Artifact", description: "Files that a job left behind, known by their digest." });

export const deployed = z
  .strictObject({
    release: z.number().int(),
    origin: z.number().int().optional().meta({ description: "Of a promotion or rollback: the release it moved." }),
    commit: z.string(),
    outputs: byName(z.string()),
    artifacts: byName(artifact),
  })
  .meta({ id: "Deployed", description: "The version of a pipeline that is deployed, with what it hands over." });

/** Until when and since when nothing begins to be deployed somewhere, by whom, and why. */
export const freezeFields = { until: time, at: time, by: z.string(), reason: z.string() };

export const freeze = z.strictObject({ environment: z.string(), ...freezeFields }).meta({ id: "Freeze" });
