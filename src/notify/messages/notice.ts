import type { RunFinished } from "../../engine/events.ts";
import type { EventName, NoticeTarget, NoticeTopic } from "../../model/delivery.ts";

/** Something that people are told. Made from the journal alone, so that it is the same however often it is made. */
export interface Notice {
  /** The number of the event that it tells of. No event makes two. */
  seq: number;
  /** Milliseconds since the epoch. */
  at: number;
  kind: NoticeKind;
  delivery: string;
  /** Empty: it concerns all. */
  environments: string[];
  run?: string;
  /** The release that is made or moved, its commit, and who asked for it. */
  release?: number;
  commit?: string;
  by?: string;
  /** What the run was asked for by, and the branch of it. */
  event?: EventName;
  branch?: string;
  /** Of an end: what it came to. */
  outcome?: RunFinished["conclusion"];
  /** What an environment has now that it had not before, and the release whose version it is. */
  deployed?: { pipeline: string; release: number }[];
  /** What happened, one line. */
  title: string;
  /** Why, or what was said. One line each. */
  because: string[];
  /** What to do about it. */
  next?: { command: string; does: string };
  /** The attempt that failed: what it printed says more. */
  failed?: { run: string; job: string; attempt: number; step?: number };
}

export type NoticeKind = keyof typeof topicsOf;

const topicsOf = {
  "approval.requested": ["approval"],
  "approval.reminded": ["approval"],
  "approval.given": ["approval"],
  "approval.approved": ["approval"],
  "approval.rejected": ["approval", "failed"],
  "approval.expired": ["approval", "failed"],
  deployed: ["deployed"],
  "rolled-back": ["deployed", "rollback"],
  "run.begun": ["run"],
  "run.ended": ["run"],
  "deployment.begun": ["run"],
  /** Nothing came of it. */
  "deployment.ended": ["run"],
  failed: ["failed"],
  /** The beginning of a run, as `run.begun`: one event makes one message. */
  "rollback.begun": ["rollback", "run"],
  "rollback.declined": ["rollback", "failed"],
  "freeze.begun": ["freeze"],
  "freeze.ended": ["freeze"],
  "freeze.overridden": ["freeze", "run"],
  "drift.found": ["drift"],
  "drift.gone": ["drift"],
  repaired: ["failed"],
  /** Somebody tries whether notices get there: only to whom it is about. */
  test: [],
} as const satisfies Record<string, readonly NoticeTopic[]>;

/** Whether it is for this target. */
export function concerns({ on, environments }: NoticeTarget, notice: Notice): boolean {
  const isOfTopic = topicsOf[notice.kind].some((topic) => on.includes(topic));
  const isThere = environments.length === 0 || notice.environments.length === 0;
  return isOfTopic && (isThere || notice.environments.some((name) => environments.includes(name)));
}
