import { matchesAny } from "../model/filters.ts";
import { type ResolvedPipeline, resolveDelivery } from "../model/resolved-delivery.ts";
import { conditionFacts, conditionHolds } from "./conditions.ts";
import { jobInstanceId } from "./job-id.ts";
import type { Plan, PlannedJob, Undone } from "./plan.ts";

/** What one release left of one pipeline, and what was there before. */
export interface ToUndo {
  pipeline: string;
  release: number;
  to: { release: number; commit: string };
  by: Undone;
}

/**
 * The plan of a rollback, with what undoes first: of all pipelines that go back, in the reverse of the order in which it came.
 * The newest release first, in it whoever needs before whom it needs, one after the other; nothing is deployed before all of it
 * has succeeded. `toUndo`: by release, the newest first.
 */
export function withUndo(plan: Plan, environment: string, toUndo: readonly ToUndo[]): Plan {
  const goes = new Set(plan.pipelines.flatMap(({ pipeline, decision }) => (decision === "run" ? [pipeline] : [])));
  const jobs: PlannedJob[] = [];
  const undone: Record<string, Undone> = {};
  for (const [release, all] of Map.groupBy(toUndo, (one) => one.release)) {
    const by = { ...all[0]!.by, set: ownSet(all) };
    for (const resolved of resolveDelivery(by.delivery).pipelines.toReversed()) {
      const mine = all.find(({ pipeline }) => pipeline === resolved.name);
      if (mine === undefined || !goes.has(resolved.name)) continue;
      for (const job of jobsIn(resolved, by, environment)) {
        const matrix = { release: String(release) };
        const before = jobs.length === 0 ? [] : [jobs.at(-1)!.id];
        undone[release] = by;
        jobs.push({
          id: jobInstanceId({ pipeline: resolved.name, job, environment, matrix }),
          pipeline: resolved.name,
          job,
          environment,
          matrix,
          decision: "run",
          reason: { code: "taken-back", text: `undoes release ${release} of ${resolved.name}`, because: [] },
          undoes: { release, to: mine.to },
          after: before,
          requires: before,
        });
      }
    }
  }
  const last = jobs.at(-1);
  if (last === undefined) return plan;
  // Also what asks for no success of its own needs: nothing at all runs where something could not be undone.
  const behind = plan.jobs.map((job) =>
    job.decision === "run" ? { ...job, after: [...job.after, last.id], requires: [...job.requires, last.id] } : job,
  );
  const criticalPath = plan.criticalPath.length === 0 ? [] : [...jobs.map(({ id }) => id), ...plan.criticalPath];
  return { ...plan, jobs: [...jobs, ...behind], criticalPath, undone };
}

/** Each pipeline as it came with this release: what one of them came back beside may have been another release of the others. */
function ownSet(all: readonly ToUndo[]): Undone["set"] {
  const own = all.flatMap(({ pipeline, by: { set } }) => (set[pipeline] ? [[pipeline, set[pipeline]] as const] : []));
  return { ...all[0]!.by.set, ...Object.fromEntries(own) };
}

/** Names of those that undo there. */
function jobsIn(
  { undoJobs }: ResolvedPipeline,
  { delivery, branch, parameters }: Undone,
  environment: string,
): string[] {
  const facts = conditionFacts({ delivery, environment, branch, event: "rollback", parameters });
  const filter = (patterns: readonly string[]) => (name: string) => matchesAny(patterns, [name]);
  return undoJobs
    .filter(({ job }) => job.condition === undefined || conditionHolds(job.condition, facts, filter))
    .map(({ name }) => name);
}
