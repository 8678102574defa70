import { isOpen, opensAt } from "../../model/change-windows.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { Plan } from "../../plan/plan.ts";

/** An environment whose change windows are closed now, and when one opens (milliseconds since the epoch). */
export interface ClosedView {
  environment: string;
  until: number;
}

/** Where something of the plan would wait for a change window; a rollback does not. */
export function closedFor(plan: Plan, { environments }: Delivery, now: number): ClosedView[] {
  if (plan.change.event === "rollback") return [];
  return environments.flatMap(({ name, windows }) => {
    const runs = plan.jobs.some((job) => job.environment === name && job.decision === "run");
    if (!runs || windows === undefined || isOpen(windows, now)) return [];
    return [{ environment: name, until: opensAt(windows, now) }];
  });
}
