import { postCdEvents } from "./cdevents.ts";
import { postEmail } from "./email.ts";
import { postGithub } from "./github.ts";
import { postOtlp } from "./otlp.ts";
import { type Attempt, type Posted, Unable } from "./post.ts";
import { postSlack } from "./slack.ts";
import { postTeams } from "./teams.ts";
import { postWebhook } from "./webhook.ts";

/** Tries once. Never throws: what goes wrong is an outcome. */
export async function post(attempt: Attempt): Promise<Posted> {
  try {
    return await byItsChannel(attempt);
  } catch (error) {
    if (error instanceof Unable) return { kind: "unable", because: error.message };
    return { kind: "failed", because: (error as Error).name };
  }
}

async function byItsChannel(attempt: Attempt): Promise<Posted> {
  const { to } = attempt;
  switch (to.kind) {
    case "webhook":
      return postWebhook({ ...attempt, to });
    case "slack":
      return postSlack({ ...attempt, to });
    case "teams":
      return postTeams({ ...attempt, to });
    case "email":
      return postEmail({ ...attempt, to });
    case "sns":
      return (await import("./aws.ts")).postSns({ ...attempt, to });
    case "eventbridge":
      return (await import("./aws.ts")).postEventBridge({ ...attempt, to });
    case "cdevents":
      return postCdEvents({ ...attempt, to });
    case "github":
      return postGithub({ ...attempt, to });
    case "otlp":
      return postOtlp({ ...attempt, to });
    default:
      return to satisfies never;
  }
}
