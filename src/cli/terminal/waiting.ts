import { hasEnded, type JobState, type RunState, type State } from "../../engine/state.ts";
import type { JobId, JoinId } from "../../plan/plan.ts";
import { duration } from "./duration.ts";
import { by } from "./event-line.ts";

/** What a job that has not started waits for, and whether that is somebody else (worth showing first). */
export interface Wait {
  subject: string;
  text: string;
  /** `elsewhere`: a person, another run or a clock; `turn`: something of this run that has not ended. */
  kind: "elsewhere" | "turn";
}

export interface Moment {
  state: State;
  run: RunState;
  now: number;
}

/** Everything that waits: approvals once for each environment, then jobs, in plan order. */
export function waits({ state, run, now }: Moment): Wait[] {
  const found: Wait[] = [];
  for (const { name, approval } of run.environments.values()) {
    if (approval.status !== "requested") continue;
    const left = approval.expiresAt === undefined ? "" : `, ${duration(approval.expiresAt - now)} left`;
    found.push({ subject: name, text: `waits for approval${by(approval.reviewers)}${left}`, kind: "elsewhere" });
  }
  for (const job of run.list) {
    const wait = waitOf(job, { state, run, now });
    if (wait) found.push(wait);
  }
  return found.sort((a, b) => rank(a) - rank(b));
}

const rank = ({ kind }: Wait) => (kind === "elsewhere" ? 0 : 1);

function waitOf(job: JobState, { state, run, now }: Moment): Wait | undefined {
  const subject = job.id;
  if (job.status === "backing-off") {
    return { subject, text: `next attempt in ${duration((job.retryAt ?? now) - now)}`, kind: "elsewhere" };
  }
  if (job.status !== "waiting" && job.status !== "ready") return undefined;
  switch (job.stage) {
    case "before":
      return { subject, text: `waits for ${firstOpen(job, run) ?? "its turn"}`, kind: "turn" };
    case "lock": {
      const environment = job.planned.environment ?? "";
      const holder = state.environments.get(environment)?.holder;
      const text = holder
        ? `waits until run ${holder} has left ${environment}`
        : `waits for the lock of ${environment}`;
      return { subject, text, kind: "elsewhere" };
    }
    case "group":
      return { subject, text: "waits for its concurrency group", kind: "elsewhere" };
    case "matrix":
      return { subject, text: "waits for another leg", kind: "turn" };
    case "slot":
      return { subject, text: "waits for a free place", kind: "turn" };
    case "approval":
    case "doomed":
    case "none":
      return undefined;
    default:
      return job.stage satisfies never;
  }
}

/** The first thing before a job that has not ended, looked for through joins. */
function firstOpen(job: JobState, run: RunState): string | undefined {
  const joins = new Map(run.plan.joins.map((join) => [join.id, join]));
  const seen = new Set<JoinId>();
  const look = (ids: readonly (JobId | JoinId)[]): string | undefined => {
    for (const id of ids) {
      const open = run.jobs.get(id);
      if (open) {
        if (!hasEnded(open)) return id;
        continue;
      }
      const join = joins.get(id);
      if (join === undefined || seen.has(id)) continue;
      seen.add(id);
      const found = look(join.after);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return look(job.planned.after);
}
