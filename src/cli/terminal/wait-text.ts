import { isTooLate } from "../../control/views/run.ts";
import type { Waiting } from "../../control/views/waits.ts";
import { dayTime, duration, zonedDayTime } from "./duration.ts";
import { by, byWhom } from "./event-line.ts";

export function closedText(environment: string, until: number): string {
  return `${environment} is outside of its change windows until ${zonedDayTime(until)}`;
}

/** What something waits for, in words: `waits for web.build@dev`. `now` is milliseconds since the epoch. */
export function waitText({ wait }: Waiting, now: number): string {
  switch (wait.kind) {
    case "approval": {
      if (isTooLate(wait, now)) return `was not approved${by(wait.reviewers)} in time`;
      const left = wait.expiresAt === undefined ? "" : `, ${duration(wait.expiresAt - now)} left`;
      return `waits for approval${byWhom(wait)}${left}`;
    }
    case "jobs":
      return `waits for ${wait.jobs[0] ?? "its turn"}`;
    case "time":
      return `${wait.looks === undefined ? "next attempt" : "passed, looks again"} in ${duration(wait.until - now)}`;
    case "lock":
      return wait.holder
        ? `waits until run ${wait.holder} has left ${wait.environment}`
        : `waits for the lock of ${wait.environment}`;
    case "freeze":
      return `waits until ${dayTime(wait.until)}: ${wait.by} froze ${wait.environment} (${wait.reason})`;
    case "window":
      return `waits until ${zonedDayTime(wait.until)}: a change window of ${wait.environment} opens then`;
    case "rollback":
      return `waits until ${wait.environment} has gone back: run ${wait.failed} failed there`;
    case "group":
      return "waits for its concurrency group";
    case "legs":
      return "waits for another leg";
    case "agent":
      return `waits for an agent: ${wait.because}`;
    case "owner":
      return "waits for somebody who resumes the run";
    case "slot":
      return "waits for a free place";
    default:
      return wait satisfies never;
  }
}
