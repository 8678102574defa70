import type { Delivery } from "../../../../src/model/delivery.ts";
import type { JobId, Plan } from "../../../../src/plan/plan.ts";

export type Ending = "success" | "failure" | "cancelled";

/**
 * The jobs that run when one of them ends badly, by the planner's own rules for `after` and `requires`: jobs are in an
 * order in which they could run one after the other.
 */
export function expectedEnds(
  delivery: Delivery,
  { jobs, joins }: Plan,
  bad: { id: JobId; ending: Ending } | undefined,
): ReadonlyMap<JobId, Ending> {
  const ends = new Map<JobId, Ending>();
  const joined = new Map(joins.map((join) => [join.id, join]));
  const known = new Map<string, boolean>();
  const isGood = (id: string): boolean => {
    const join = joined.get(id);
    if (join === undefined) return ends.get(id) === "success";
    const before = known.get(id);
    if (before !== undefined) return before;
    const good = join.requires.every(isGood);
    known.set(id, good);
    return good;
  };
  for (const planned of jobs) {
    if (planned.decision !== "run") continue;
    const job = delivery.pipelines.find(({ name }) => name === planned.pipeline)!.jobs[planned.job]!;
    const gate = planned.requires.every(isGood);
    const wentWrong = planned.after.some((id) => !planned.requires.includes(id) && !isGood(id));
    const runs = gate && (job.runsAfter === "failure" ? wentWrong : true);
    if (runs) ends.set(planned.id, planned.id === bad?.id ? bad.ending : "success");
  }
  return ends;
}

/** Whether everything that was to run in an environment ended well: what the last step of `record` finds out there. */
export function isComplete(
  delivery: Delivery,
  made: Plan,
  { ends, environment }: { ends: ReadonlyMap<JobId, Ending>; environment: string },
): boolean {
  const running = new Set(
    made.pipelines.flatMap((one) => (one.environment === environment && one.decision === "run" ? [one.pipeline] : [])),
  );
  return made.jobs.every((planned) => {
    if (planned.decision !== "run" || !running.has(planned.pipeline)) return true;
    if (planned.environment !== undefined && planned.environment !== environment) return true;
    const job = delivery.pipelines.find(({ name }) => name === planned.pipeline)!.jobs[planned.job]!;
    const end = ends.get(planned.id);
    return (
      end === "success" ||
      (end === undefined && job.runsAfter === "failure") ||
      (end === "failure" && job.continueOnFailure)
    );
  });
}
