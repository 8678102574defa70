import type { JobId, Join } from "../plan/plan.ts";
import { environmentOfJob } from "./admission.ts";
import type { RunId } from "./events.ts";
import { groupName } from "./policies/concurrency.ts";
import { isHeldUp } from "./policies/freeze.ts";
import { standsBehind } from "./policies/take-back.ts";
import { opensFor } from "./policies/window.ts";
import { type ApprovalState, hasEnded, type JobState, type RunState, type State } from "./state.ts";

/** What a job that has not started waits for. */
export type Wait =
  /** Jobs that have not ended; `more` counts those beyond the ones named. */
  | { kind: "jobs"; jobs: JobId[]; more: number }
  | ({ kind: "approval"; environment: string; reviewers: string[]; expiresAt: number | undefined } & AskedOf)
  /** `holder` has the lock (nobody when it is about to change hands); `ahead` runs stand before this one. */
  | { kind: "lock"; environment: string; holder: RunId | undefined; ahead: number }
  /** Nobody has the lock, and the environment is frozen: until the time that was said, or that somebody thaws it. */
  | { kind: "freeze"; environment: string; until: number; by: string; reason: string }
  /** Nobody has the lock, and the change windows of the environment are closed until then. */
  | { kind: "window"; environment: string; until: number }
  /** Nobody has the lock, and what that run left there is taken back first. */
  | { kind: "rollback"; environment: string; failed: RunId }
  | { kind: "group"; group: string }
  /** For another leg of its matrix, or for one of the run's parallel slots. */
  | { kind: "legs" }
  | { kind: "slot" }
  /** Handed out, and nobody has taken it yet: `because` says why. */
  | { kind: "agent"; runsOn: string[]; because: string }
  /** For somebody who goes on with the run: it is suspended. */
  | { kind: "owner"; because: string }
  /** For its next attempt; `looks`: it has passed, and verifies so many more times. */
  | { kind: "time"; until: number; looks?: number };

/** Where several must approve: how many, and who did. `notBy`: who asked for the run and may not approve it. */
export interface AskedOf {
  count?: number;
  given?: string[];
  notBy?: string;
}

export function askedOf({ count, given, notBy }: ApprovalState): AskedOf {
  return { ...(count > 1 && { count, given }), ...(notBy !== undefined && { notBy }) };
}

/** Undefined for a job that runs or has ended. Names at most `limit` jobs. `now`: the time of day. */
export function waitsFor(state: State, run: RunState, job: JobState, now: number, limit = 5): Wait | undefined {
  if (job.status === "backing-off") {
    const { retryAt: until = 0, looksLeft: looks, tries } = job;
    return { kind: "time", until, ...(looks !== undefined && tries === 0 && { looks }) };
  }
  switch (job.stage) {
    case "before":
      return job.status === "waiting" ? { kind: "jobs", ...jobsBefore(run, job, limit) } : undefined;
    case "approval": {
      const { name, approval } = environmentOfJob(run, job)!;
      const { reviewers, status, expiresAt } = approval;
      return {
        kind: "approval",
        environment: name,
        reviewers,
        expiresAt: status === "requested" ? expiresAt : undefined,
        ...askedOf(approval),
      };
    }
    case "lock": {
      const environment = environmentOfJob(run, job)!.name;
      const { holder, queue, freeze, owed } = state.environments.get(environment)!;
      if (holder === undefined && isHeldUp(run, freeze, now)) {
        const { until, by, reason } = freeze;
        return { kind: "freeze", environment, until, by, reason };
      }
      if (holder === undefined && standsBehind(run, owed)) return { kind: "rollback", environment, failed: owed.run };
      const until = holder === undefined ? opensFor(run, environment, now) : undefined;
      if (until !== undefined) return { kind: "window", environment, until };
      return { kind: "lock", environment, holder, ahead: queue.indexOf(run.id) };
    }
    case "matrix":
      return { kind: "legs" };
    case "group":
      return { kind: "group", group: groupName(run, job) };
    case "slot":
      return { kind: "slot" };
    case "parked":
      return { kind: "owner", because: run.suspended!.because };
    case "given-up":
    case "none":
      return undefined;
    default:
      return job.stage satisfies never;
  }
}

function jobsBefore(run: RunState, job: JobState, limit: number): { jobs: JobId[]; more: number } {
  const near = unendedBefore(run, job, "near");
  // In a retried run something further away may run again.
  const found = near.length > 0 ? near : unendedBefore(run, job, "far");
  return { jobs: found.slice(0, limit), more: Math.max(0, found.length - limit) };
}

function unendedBefore(run: RunState, job: JobState, reach: "near" | "far"): JobId[] {
  const joins = new Map<string, Join>(run.plan.joins.map((join) => [join.id, join]));
  const seen = new Set<string>();
  const found: JobId[] = [];
  const open = job.planned.after.toReversed();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const before = run.jobs.get(id);
    if (before !== undefined && !hasEnded(before)) found.push(before.id);
    else if (before === undefined) open.push(...(joins.get(id)?.after.toReversed() ?? []));
    else if (reach === "far") open.push(...before.planned.after.toReversed());
  }
  return found;
}
