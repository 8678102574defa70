import type { Delivery, Pipeline } from "../../../model/delivery.ts";

/**
 * Whose end a pipeline waits for, and whose failure stops it: what it needs; and, past a pipeline that may stay at rest while what
 * it needs itself runs, that as well.
 */
export function upstreamToWatch(delivery: Delivery, name: string): string[] {
  const named = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const watched = new Set<string>();
  const watch = (pipeline: Pipeline): void => {
    for (const need of pipeline.needs) {
      if (watched.has(need)) continue;
      watched.add(need);
      const upstream = named.get(need)!;
      if (mayRest(upstream, delivery)) watch(upstream);
    }
  };
  watch(named.get(name)!);
  return [...watched];
}

/** Whether something may keep it from running even though what it needs runs. */
function mayRest({ triggers, jobs }: Pipeline, delivery: Delivery): boolean {
  const schedules = delivery.pipelines.some((other) => other.triggers.schedules.length > 0);
  return (
    triggers.branches.length > 0 ||
    !triggers.manual ||
    schedules ||
    Object.values(jobs).every(({ condition, needs }) => condition !== undefined || needs.length > 0) ||
    Object.values(jobs).every(({ per }) => per === "release")
  );
}
