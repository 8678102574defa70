import { notReachedText, whyNotOn } from "../model/deploys-on.ts";
import type { ResolvedPipeline } from "../model/resolved-delivery.ts";
import type { Reason } from "./plan.ts";
import type { PlanContext, Target } from "./plan-context.ts";

/** Why a target is closed to this change as a whole: what starts by itself goes only where its branch leads. */
export function closedTarget({ request, delivery }: PlanContext, target: Target): Reason | undefined {
  const { event, branch } = request.change;
  if ((event !== "push" && event !== "schedule") || target.name === undefined) return undefined;
  const why = whyNotOn(delivery, target.name, branch);
  return why && { code: "branch-filter", text: notReachedText(target.name, branch, why), because: [branch] };
}

/** Why the triggers of a pipeline do not let this event start it. */
export function refusedEvent({ request, compileFilter }: PlanContext, resolved: ResolvedPipeline): Reason | undefined {
  const { name, triggers } = resolved.pipeline;
  const { event, branch } = request.change;
  switch (event) {
    case "push":
      return outsideBranches();
    case "pull-request":
      return triggers.pullRequests ? outsideBranches() : refused(`${name} does not ask to run for pull requests`);
    case "manual":
      return triggers.manual ? undefined : refused(`${name} may not be started by hand`);
    case "schedule":
      return triggers.schedules.length > 0 ? undefined : refused(`${name} has no schedule`);
    case "promotion":
    case "rollback":
      return undefined;
    default:
      return event satisfies never;
  }

  function outsideBranches(): Reason | undefined {
    if (triggers.branches.length === 0 || compileFilter(triggers.branches)(branch)) return undefined;
    const list = triggers.branches.join(", ");
    return {
      code: "branch-filter",
      text: `${branch} is not among the branches of ${name} (${list})`,
      because: [branch],
    };
  }

  function refused(text: string): Reason {
    return { code: "event-filter", text, because: [event] };
  }
}
