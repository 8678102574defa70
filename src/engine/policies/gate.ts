import type { JobId } from "../../plan/plan.ts";
import type { SkipReason } from "../events.ts";
import { gateFailed, gateStoodDown, otherFailed, type PlanOrder } from "../plan-order.ts";
import type { JobState } from "../state.ts";

/** Everything before the job has ended: may it run? A gate asks for success, `runsAfter: "failure"` for a failure. */
export function enterGate(order: PlanOrder, job: JobState, idOf: (number: number) => JobId): "through" | SkipReason {
  const flags = order.flags[job.number]!;
  if ((flags & (gateFailed | gateStoodDown)) !== 0) {
    const because = idOf(order.culprit[job.number]!);
    return { code: "gate", because, text: `${because} did not succeed` };
  }
  if (job.definition.runsAfter === "failure" && (flags & otherFailed) === 0) {
    return { code: "not-needed", because: job.id, text: "it runs only after a failure, and nothing it needs failed" };
  }
  return "through";
}
