import type { Checker } from "./checker.ts";

/** What has ended never runs again: a success never, anything else only when somebody retried the run. */
export function endedStaysEnded(): Checker {
  const ended = new Map<string, string>();
  const reports = new Set<string>();
  return {
    name: "ended stays ended",
    see(entry) {
      if (entry.kind === "process") {
        const { run, job } = entry.launch;
        const how = ended.get(`${run} ${job}`);
        return how === undefined ? undefined : `${job} of ${run} began after it had ${how}`;
      }
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type === "run.retry-requested") {
        for (const job of event.jobs) {
          if (ended.get(`${event.run} ${job}`) === "succeeded")
            return `${job} of ${event.run} had succeeded and was retried`;
          ended.delete(`${event.run} ${job}`);
        }
      }
      if (!("job" in event) || event.type === "job.retry-due") return undefined;
      const key = `${event.run} ${event.job}`;
      const before = ended.get(key);
      if (before !== undefined) return `${event.type} of ${key} is recorded after it had ${before}`;
      if (event.type === "job.started") return undefined;
      if ("token" in event && event.type !== "job.cancelled") {
        if (reports.has(event.token)) return `two ends of attempt ${event.token} are recorded`;
        reports.add(event.token);
      }
      if (
        event.type === "job.verified" ||
        event.type === "job.interrupted" ||
        (event.type === "job.failed" && event.retryAt !== undefined)
      )
        return undefined;
      ended.set(key, event.type.slice("job.".length));
      return undefined;
    },
  };
}
