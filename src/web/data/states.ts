/** The eight states that everything on these pages is in. Each is a colour, an icon and a word, and these three always come together. */
import type { GraphJob, JobView, ReleasePlace, Run, RunRecord, Waiting } from "./wire.ts";

export const states = {
  waiting: "waiting",
  blocked: "blocked",
  asking: "needs approval",
  running: "running",
  passed: "passed",
  failed: "failed",
  cancelled: "cancelled",
  skipped: "skipped",
} as const;

export type State = keyof typeof states;

/** Where a state has a nearer word: `reused` is drawn as skipped, as nothing runs either way. */
export interface Mark {
  readonly state: State;
  readonly word: string;
}

const mark = (state: State, word: string = states[state]): Mark => ({ state, word });

/** `waiting` is what is known of why it has not started. */
export function markOfJob(
  job: JobView | undefined,
  planned: GraphJob | undefined,
  waiting: Waiting["wait"] | undefined,
): Mark {
  if (job === undefined) return planned?.decision === "reuse" ? mark("skipped", "reused") : mark("skipped");
  switch (job.status) {
    case "running":
      return mark("running");
    case "succeeded":
      return mark("passed");
    case "failed":
      return mark("failed");
    case "cancelled":
      return mark("cancelled");
    case "skipped":
      return mark("skipped");
    case "backing-off":
      return mark("blocked", "tries again");
    case "waiting":
    case "ready":
      return markOfWait(waiting);
    default:
      return job.status satisfies never;
  }
}

export function markOfWait(wait: Waiting["wait"] | undefined): Mark {
  switch (wait?.kind) {
    case "approval":
      return mark("asking");
    case "lock":
    case "freeze":
    case "window":
    case "rollback":
    case "group":
    case "owner":
    case "time":
      return mark("blocked");
    case undefined:
    case "jobs":
    case "legs":
    case "slot":
    case "agent":
      return mark("waiting");
    default:
      return wait satisfies never;
  }
}

type RunStatus = "waiting" | "running" | "awaiting-approval" | "suspended" | "cancelling" | "finished";

export function markOfRun(run: Pick<RunRecord, "conclusion"> | undefined, status: RunStatus | undefined): Mark {
  switch (run?.conclusion) {
    case "succeeded":
      return mark("passed");
    case "failed":
      return mark("failed");
    case "cancelled":
      return mark("cancelled");
  }
  switch (status) {
    case "awaiting-approval":
      return mark("asking");
    case "suspended":
      return mark("blocked", "left");
    case "cancelling":
      return mark("running", "cancelling");
    case "waiting":
      return mark("waiting");
    case "running":
    case "finished":
    case undefined:
      return mark("running");
    default:
      return status satisfies never;
  }
}

/** Of a release in an environment. */
export function markOfPlace(state: ReleasePlace["state"]): Mark {
  switch (state) {
    case "here":
      return mark("passed", "here");
    case "under-way":
      return mark("running", "on its way");
    case "failed":
      return mark("failed");
    case "passed":
      return mark("passed", "was there");
    case "taken-back":
      return mark("cancelled", "taken back");
    default:
      return state satisfies never;
  }
}

/** The release that a run is about: that which it moves, else its own. */
export function releaseMeant({ release, moves }: Pick<Run, "release" | "moves">): number {
  return moves?.release ?? release;
}
