import type { Checker } from "./checker.ts";

/** Never more attempts than allowed, never before the wait is over, and no retry that was promised is forgotten. */
export function retriesBounded(): Checker {
  return {
    name: "retries bounded",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type === "run.finished") {
        const open = [...ledger.runs.get(event.run)!.jobs.values()].find((job) => !job.ended);
        return open === undefined ? undefined : `${event.run} finished while ${open.planned.id} was ${open.status}`;
      }
      if (event.type !== "job.failed" && event.type !== "job.retry-due") return undefined;
      const job = ledger.runs.get(event.run)!.jobs.get(event.job)!;
      const { attempts } = job.definition.retry;
      if (event.type === "job.retry-due") {
        const early = (job.dueAt ?? 0) - entry.elapsed;
        return early <= 0 ? undefined : `${event.job} of ${event.run} is due ${early} ms early`;
      }
      if (event.retryAt !== undefined && job.failures >= attempts) {
        return `${event.job} of ${event.run} is tried again after ${job.failures} of ${attempts} attempts`;
      }
      const given = event.retryAt === undefined && job.failures < attempts;
      const legFailed = [...job.run.jobs.values()].some(
        (each) =>
          each.planned.job === event.job.split(".")[1]?.split(/[@[]/)[0] && each.status === "failed" && each !== job,
      );
      return given && job.run.cancelled === undefined && !legFailed
        ? `${event.job} of ${event.run} was given up after ${job.failures} of ${attempts} attempts`
        : undefined;
    },
  };
}
