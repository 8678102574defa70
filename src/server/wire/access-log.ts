/** Who asked for what, from where, and what came of it. */

import { z } from "zod";
import { byName, time } from "./values.ts";

export const accessEntry = z
  .strictObject({
    at: time,
    asked: z.string().meta({ description: "The operation, by the name that it has here." }),
    by: z.string().optional().meta({ description: "Absent: nobody had signed in." }),
    token: z.string().optional().meta({ description: "Of whom it was asked with, as `baton token list` shows it." }),
    subject: z.string().optional().meta({ description: "Whom the OpenID Connect provider means, for good." }),
    from: z.string().meta({ description: "The address that it came from." }),
    about: byName(z.string()),
    status: z.number().int(),
    code: z.string().optional().meta({ description: "Why it was refused." }),
  })
  .meta({ id: "AccessEntry" });

export type AccessEntry = z.infer<typeof accessEntry>;

export const accessPage = z
  .strictObject({
    version: z.literal(1),
    entries: z.array(accessEntry),
    before: z.number().int().optional().meta({ description: "Asks for those before these; absent: there are none." }),
  })
  .meta({ id: "AccessPage", description: "What somebody tried to do through this server, newest first." });

export type AccessPage = z.infer<typeof accessPage>;
