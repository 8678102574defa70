import { nearestName } from "../findings/nearest-name.ts";
import type { JobId } from "../plan/plan.ts";
import { UsageError } from "./problem.ts";

/**
 * The job instances that a person means: the one with this id, else all of this pipeline and job (`web.test` for
 * `web.test@dev` and its legs). Never none.
 */
export function findJobs(named: string, known: readonly JobId[]): JobId[] {
  if (known.includes(named)) return [named];
  const found = known.filter((id) => id.startsWith(`${named}@`) || id.startsWith(`${named}[`));
  if (found.length > 0) return found;
  const near = nearestName(named, known);
  const list = known.slice(0, 8).join(", ");
  throw new UsageError(`there is no job "${named}" in it${near ? `; did you mean ${near}?` : ""}`, {
    next: `there are ${list}${known.length > 8 ? ` and ${known.length - 8} more` : ""}`,
  });
}
