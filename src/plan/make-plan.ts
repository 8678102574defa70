import type { Delivery } from "../model/delivery.ts";
import { deployedCommit } from "./affected.ts";
import { assemble } from "./assemble.ts";
import { decide } from "./decide.ts";
import { expectedCriticalPath } from "./expected-critical-path.ts";
import type { Plan, PlanRequest } from "./plan.ts";
import { planContext } from "./plan-context.ts";

/**
 * What runs where for a request, in which order, and why; and what does not, and why not. Pure: the same delivery and
 * request give the same bytes. The delivery must have passed validation and the request may only name what is in it: otherwise
 * it throws.
 */
export function plan(delivery: Delivery, request: PlanRequest): Plan {
  const context = planContext(delivery, request);
  const decisions = decide(context);
  const { jobs, joins } = assemble(context, decisions);
  const { event, commit, branch } = request.change;
  return {
    version: 1,
    delivery: delivery.name,
    change: { event, commit, branch },
    environments: context.resolved.environments.map(({ environment }) => environment.name),
    parameters: { ...request.parameters },
    jobs,
    joins,
    pipelines: context.targets.flatMap(({ index, name: environment }) =>
      environment === undefined
        ? []
        : Array.from(decisions.values(), ({ resolved, placed }) => {
            const { decision, reason, reused } = placed[index]!.verdict;
            return {
              pipeline: resolved.name,
              environment,
              decision,
              reason,
              commit: deployedCommit(context, resolved),
              ...(reused === undefined ? {} : { reused }),
            };
          }),
    ),
    criticalPath:
      request.expectedMs === undefined
        ? []
        : expectedCriticalPath({ delivery, jobs, joins, expectedMs: request.expectedMs }),
  };
}
