import { Refused } from "../../control/control.ts";
import type { Advice, CheckUpView } from "../../control/views/readiness.ts";
import type { CheckUp } from "../../platforms/live.ts";
import { problemIn } from "../refusals.ts";

/** What was looked at, in the words of the command line. */
export function inWords({ refusal, advice, ...checkUp }: CheckUpView): CheckUp {
  if (advice !== undefined) return { ...checkUp, remedy: remedyOf(advice) };
  if (refusal === undefined) return checkUp;
  const { message, next } = problemIn(new Refused(refusal))!;
  return { ...checkUp, text: message, ...(next !== undefined && { remedy: next }) };
}

function remedyOf(advice: Advice): string {
  switch (advice.do) {
    case "give-secrets":
      return "set them, or give baton run --secrets-file FILE";
    case "resume":
      return `baton resume ${advice.run}, or baton cancel ${advice.run}`;
    case "cancel":
      return `baton cancel ${advice.run}`;
    case "derive-again":
      return "baton doctor --repair derives it again";
    case "take-away":
      return "baton doctor --repair takes them away, and the next job that makes them stores them anew";
    case "tell-again":
      return `baton notices retry ${advice.target}  sends it again; baton notices  shows what`;
    case "make-again":
      return `${advice.environments.map((name) => `baton run --to ${name} --force`).join(" and ")} makes them anew`;
    default:
      return advice satisfies never;
  }
}
