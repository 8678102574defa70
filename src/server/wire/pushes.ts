/** What was pushed somewhere: told by whoever signs it, or by whoever may start runs. */

import { z } from "zod";

export const pushRequest = z
  .strictObject({ branch: z.string().min(1).max(250) })
  .meta({ id: "PushRequest", description: "A branch that may have moved." });

export const pushed = z
  .strictObject({
    version: z.literal(1),
    branch: z.string(),
    run: z.string().optional().meta({ description: "That it made, now or before; absent: there was nothing to do." }),
    isNew: z.boolean(),
  })
  .meta({ id: "Pushed" });

export const hookTaken = z
  .strictObject({
    version: z.literal(1),
    event: z.string(),
    branch: z.string().optional().meta({ description: "That is looked at now; absent: nothing is done." }),
    deliveries: z.array(z.string()).optional().meta({ description: "Of a server of several: those that look." }),
  })
  .meta({ id: "HookTaken" });
