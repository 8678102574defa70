import type { JobId } from "../../plan/plan.ts";
import { notThere, refused } from "../control.ts";

/**
 * The job instances that a person means: the one with this id, else all of this pipeline and job (`web.test` for
 * `web.test@dev` and its legs). Never none.
 */
export function findJobs(named: string, known: readonly JobId[]): JobId[] {
  if (known.includes(named)) return [named];
  const found = known.filter((id) => id.startsWith(`${named}@`) || id.startsWith(`${named}[`));
  if (found.length > 0) return found;
  // Perhaps the job alone: `unit` for `api.unit`.
  const near = known.find((id) => ownName(id) === named);
  if (near !== undefined) throw refused("no-job", { subject: named, known, near });
  throw notThere("no-job", named, known);
}

/** `unit` of `api.unit@dev[node=24]`. */
function ownName(id: JobId): string {
  return id.slice(id.indexOf(".") + 1).replace(/[@[].*$/, "");
}
