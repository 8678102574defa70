import type { Delivery } from "../model/delivery.ts";
import { deployedCommit } from "./affected.ts";
import { assemble } from "./assemble.ts";
import { decide } from "./decide.ts";
import { expectedCriticalPath } from "./expected-critical-path.ts";
import type { Plan, PlanRequest } from "./plan.ts";
import { situationOf } from "./situation.ts";

/**
 * What runs where for a request, in which order, and why; and what does not, and why not. Pure: the same delivery and
 * request give the same bytes. The delivery must have passed validation and the request may only name what is in it: otherwise
 * it throws.
 */
export function plan(delivery: Delivery, request: PlanRequest): Plan {
  const situation = situationOf(delivery, request);
  const decisions = decide(situation);
  const { jobs, joins } = assemble(situation, decisions);
  const { event, commit, branch } = request.change;
  return {
    version: 1,
    delivery: delivery.name,
    change: { event, commit, branch },
    environments: situation.outline.environments.map(({ environment }) => environment.name),
    parameters: { ...request.parameters },
    jobs,
    joins,
    pipelines: situation.places.flatMap(({ index, name: environment }) =>
      environment === undefined
        ? []
        : Array.from(decisions.values(), ({ outline, placed }) => {
            const { decision, reason, reused } = placed[index]!.verdict;
            return {
              pipeline: outline.pipeline.name,
              environment,
              decision,
              reason,
              commit: deployedCommit(situation, outline),
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
