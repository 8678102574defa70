/** What somebody may be asked to do, and what is answered when it is done. */

import { z } from "zod";
import type { FrozenView, ThawedView } from "../../control/views/freezes.ts";
import type { Missing, Nothing } from "./fits.ts";
import { freezeFields, time } from "./values.ts";
import { planPreview } from "./views.ts";

const name = z.string().min(1).max(200);
const comment = z.string().max(2000);
const reason = comment.regex(/\S/, "says why, in words");

export const override = reason
  .optional()
  .meta({ description: "Why it goes on into environments that are frozen; kept with the run." });

/** What to plan: where it goes, and with what. Files, commits and branches are those of the machine that serves. */
export const planRequest = z
  .strictObject({
    env: name.optional().meta({ description: "This environment alone." }),
    to: name.optional().meta({ description: "This environment and everything that comes before it." }),
    pipelines: z.array(name).max(500).optional().meta({ description: "Only these." }),
    parameters: z.record(name, z.string().max(10_000)).optional(),
    force: z.boolean().optional().meta({ description: "Also what has not changed." }),
  })
  .meta({ id: "PlanRequest" });

/** `plan` is the digest of the preview that was looked at: another plan than that is not started. */
export const startRequest = planRequest
  .extend({ plan: z.string().min(1).max(100), override })
  .meta({ id: "StartRequest" });

export const preview = z
  .strictObject({ version: z.literal(1), plan: z.string(), preview: planPreview })
  .meta({ id: "Preview", description: "What would be done, and the digest that starts exactly that." });

export const nothing = z.strictObject({});

export const resumeRequest = z.strictObject({ override }).meta({ id: "ResumeRequest" });

export const cancelRequest = z
  .strictObject({
    mode: z
      .enum(["graceful", "now"])
      .meta({ description: "`graceful`: nothing new starts. `now`: what runs is ended as well." }),
  })
  .meta({ id: "CancelRequest" });

export const answerRequest = z
  .strictObject({ answer: z.enum(["approved", "rejected"]), comment: comment.optional() })
  .meta({ id: "AnswerRequest" });

export const freezeRequest = z
  .strictObject({ until: time, reason: reason.meta({ description: "For everybody who is held up by it." }) })
  .meta({ id: "FreezeRequest" });

export const frozen = z.strictObject({ version: z.literal(1), environment: z.string(), ...freezeFields }).meta({
  id: "Frozen",
  description: "Nothing begins to be deployed there until then; what deploys goes on to its end.",
});

export const thawRequest = z.strictObject({ comment: comment.optional() }).meta({ id: "ThawRequest" });

export const thawed = z
  .strictObject({ version: z.literal(1), environment: z.string() })
  .meta({ id: "Thawed", description: "What waited there goes on." });

export const done = z
  .strictObject({ version: z.literal(1), run: z.string() })
  .meta({ id: "Done", description: "It was done to this run; its events and its view say what came of it." });

export const signInRequest = z.strictObject({ token: z.string().min(1).max(200) }).meta({ id: "SignInRequest" });

/** Who asks, as the server knows them. */
export const session = z
  .strictObject({
    version: z.literal(1),
    isRequired: z.boolean().meta({ description: "Nothing is answered without signing in." }),
    provider: z.string().optional().meta({ description: "The host where people sign in besides with a token." }),
    name: z.string().optional().meta({ description: "Absent: nobody has signed in." }),
    groups: z.array(z.string()).meta({ description: "Whom they speak for besides, as reviewers are named." }),
    grants: z.array(
      z.strictObject({
        role: z.enum(["viewer", "operator", "approver"]),
        environments: z.array(z.string()).optional().meta({ description: "Absent: in all." }),
      }),
    ),
  })
  .meta({ id: "Session" });

export type Session = z.infer<typeof session>;

export type Views = [Nothing<Missing<typeof frozen, FrozenView>>, Nothing<Missing<typeof thawed, ThawedView>>];
