/** Baton's own definitions under the same analysis: what validates has nothing to be found. */

import type { Facts } from "../facts/facts.ts";
import type { Finding } from "../findings/finding.ts";
import { check } from "./check.ts";
import { rules } from "./rules.ts";

/** Rules about what files leave open and a definition says in so many words. */
const answered: ReadonlyMap<string, string> = new Map([
  ["env-order-skipped", "`after` names the environments that come before one; without it none does"],
  ["continue-on-error-hollows-gate", "`continueOnFailure` says that the job gates nothing"],
]);

export const definitionRules = rules.filter((rule) => !answered.has(rule.id));

/** Nothing in a definition is unknown, so nothing has to be assumed and carried out to be certain. */
export function checkDefinition(facts: Facts): Finding[] {
  return check(facts, { rules: definitionRules });
}
