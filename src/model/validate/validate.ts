import type { Delivery } from "../delivery.ts";
import type { Refusal } from "../refusal.ts";
import { rules } from "./rules.ts";
import { examine } from "./subject.ts";

/** Everything that is wrong with a delivery, in a stable order; empty when it may be planned and run. */
export function validate(delivery: Delivery): Refusal[] {
  const subject = examine(delivery);
  const seen = new Set<string>();
  const refusals: Refusal[] = [];
  for (const rule of rules) {
    for (const refusal of rule(subject)) {
      // What stands in a pipeline's `env` is read by each of its jobs, but wrong only once.
      const key = JSON.stringify([refusal.code, refusal.path, refusal.path.includes("jobs") ? refusal.message : ""]);
      if (seen.has(key)) continue;
      seen.add(key);
      refusals.push(refusal);
    }
  }
  return refusals;
}
