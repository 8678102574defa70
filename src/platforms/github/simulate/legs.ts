/** Legs of jobs as patterns mean them. */

import { matchesJob } from "../../../simulation/patterns.ts";
import type { OutcomeRule } from "../../../simulation/scenario.ts";
import type { SimLeg } from "./world.ts";

/** Which leg of the job in its run: the legs of a calling job's matrix each have all those of the jobs inside. */
export function numberOf({ job, index }: SimLeg): number {
  const { caller } = job.scope;
  return caller === undefined ? index : numberOf(caller) * Math.max(1, job.legs.length) + index;
}

/** The rule that decides how a leg ends. A rule for a calling job does not reach the jobs inside. */
export function outcomeOf(rules: readonly OutcomeRule[], leg: SimLeg): OutcomeRule | undefined {
  if (rules.length === 0) return undefined;
  const place = { run: leg.job.scope.run.info, path: leg.job.path, leg: numberOf(leg) };
  return rules.find((rule) => matchesJob(rule.job, place));
}
