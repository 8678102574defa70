import type { Delivery } from "../../src/model/delivery.ts";
import type { Join, Plan, PlannedJob } from "../../src/plan/plan.ts";

/** How a job of the plan ended in a simulated run: `idle` is a job that waits for a failure when there was none. */
export type End = "succeeded" | "failed" | "blocked" | "idle";

/** Runs a plan by the words of its contract; `fails` tells of each job that is started whether it fails. */
export function execute({
  plan,
  delivery,
  fails,
}: {
  plan: Plan;
  delivery: Delivery;
  fails: (id: string) => boolean;
}): Map<string, End> {
  const ends = new Map<string, End>();
  const joins = new Map(plan.joins.map((join) => [join.id, join]));
  const endedWell = (id: string): boolean => {
    const join = joins.get(id);
    if (join !== undefined) return join.requires.every(endedWell);
    const end = ends.get(id);
    return end === "succeeded" || end === "idle";
  };
  for (const job of plan.jobs) {
    if (job.decision !== "run") continue;
    const { runsAfter } = jobIn(delivery, job);
    const others = job.after.filter((id) => !job.requires.includes(id));
    if (!job.requires.every(endedWell)) ends.set(job.id, "blocked");
    else if (runsAfter === "failure" && others.every(endedWell)) ends.set(job.id, "idle");
    else ends.set(job.id, fails(job.id) ? "failed" : "succeeded");
  }
  return ends;
}

/** Everything that has certainly ended when a job starts: by job id, the ids of jobs before it. */
export function endedBefore(plan: Plan): Map<string, Set<string>> {
  const before = new Map<string, Set<string>>();
  const waiting = new Map<string, Join | PlannedJob>([...plan.joins, ...plan.jobs].map((node) => [node.id, node]));
  const visit = (id: string): Set<string> => {
    const known = before.get(id);
    if (known !== undefined) return known;
    const all = new Set<string>();
    before.set(id, all);
    for (const earlier of waiting.get(id)!.after) {
      if ("decision" in waiting.get(earlier)!) all.add(earlier);
      for (const further of visit(earlier)) all.add(further);
    }
    return all;
  };
  for (const id of waiting.keys()) visit(id);
  return before;
}

export function jobIn(
  delivery: Delivery,
  { pipeline, job }: PlannedJob,
): Delivery["pipelines"][number]["jobs"][string] {
  return delivery.pipelines.find(({ name }) => name === pipeline)!.jobs[job]!;
}
