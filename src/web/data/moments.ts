/** What happened to a run, as moments that one can go back to. Pure. */
import type { State } from "./states.ts";
import type { Notice } from "./wire.ts";

export interface ToldMoment {
  readonly seq: number;
  readonly at: number;
  /** What happened then, one sentence without its end. */
  readonly said: string;
  /** Of what somebody looks for: it is marked on the line. */
  readonly state?: State;
}

/** Oldest first. */
export function momentsOf(notices: readonly Notice[]): ToldMoment[] {
  return notices.map((notice) => {
    const state = stateOf(notice);
    return { seq: notice.seq, at: notice.at, said: sentence(notice), ...(state && { state }) };
  });
}

/** Of several runs of one release: in the order in which it all happened. */
export function merged(runs: readonly (readonly Notice[])[]): Notice[] {
  return runs.flat().sort((a, b) => a.seq - b.seq);
}

/** Where an event stands among the moments: the last that had happened by then, the first where none had. */
export function indexOf(moments: readonly ToldMoment[], seq: number | undefined): number {
  if (seq === undefined) return moments.length - 1;
  return Math.max(
    0,
    moments.findLastIndex((moment) => moment.seq <= seq),
  );
}

const conclusions: Readonly<Record<string, State>> = { succeeded: "passed", failed: "failed", cancelled: "cancelled" };

function stateOf({ type, answer, conclusion }: Notice): State | undefined {
  switch (type) {
    case "job.failed":
      return "failed";
    case "approval.requested":
      return "asking";
    case "approval.answered":
      return answer === "approved" ? "passed" : "cancelled";
    case "run.cancel-requested":
    case "run.suspended":
      return "cancelled";
    case "run.finished":
      return conclusions[conclusion ?? ""];
    default:
      return undefined;
  }
}

function sentence({ type, job, attempt, environment, by, answer, conclusion, because, release }: Notice): string {
  const again = attempt !== undefined && attempt > 1 ? `, attempt ${attempt}` : "";
  const who = by === undefined ? "" : ` by ${by}`;
  const why = because === undefined ? "" : `: ${because}`;
  switch (type) {
    case "run.created":
      return `run ${release} is planned`;
    case "run.adopted":
      return `the run is taken up${who}`;
    case "run.suspended":
      return `the run is left${why}`;
    case "run.cancel-requested":
      return `cancelled${who}`;
    case "run.retry-requested":
      return "what failed is tried again";
    case "run.finished":
      return `the run has ${conclusion === "succeeded" ? "passed" : conclusion === "failed" ? "failed" : "been cancelled"}`;
    case "job.started":
      return `${job} begins${again}`;
    case "job.succeeded":
      return `${job} has passed${again}`;
    case "job.failed":
      return `${job} has failed${again}${why}`;
    case "job.skipped":
      return `${job} is skipped${why}`;
    case "job.cancelled":
      return `${job} is cancelled`;
    case "job.interrupted":
      return `${job} is cut off`;
    case "lock.acquired":
      return `it has its turn in ${environment}`;
    case "lock.released":
      return `it leaves ${environment} to others`;
    case "approval.requested":
      return `it asks for ${environment}`;
    case "approval.reminded":
      return `it still asks for ${environment}`;
    case "approval.given":
      return `approved for ${environment}${who}, and others must as well${why}`;
    case "approval.answered":
      return `${answer} for ${environment}${who}${why}`;
    default:
      return [type.replaceAll(/[.-]/g, " "), job ?? environment].filter(Boolean).join(" ");
  }
}
