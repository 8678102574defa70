import type { EngineEvent } from "../../control/views/events.ts";
import type { ApprovalView } from "../../control/views/run.ts";
import { clockTime, dayTime, duration } from "./duration.ts";
import type { Style } from "./style.ts";

/** What a line about an event needs to know besides the event. */
export interface EventWords {
  style: Style;
  /** How many attempts a job has at most. */
  attemptsOf(job: string): number;
  /** When it happened, in milliseconds since the epoch. */
  at: number;
}

/** One line for people about what happened; nothing for what only Baton needs to know. */
export function eventLine(event: EngineEvent, words: EventWords): string | undefined {
  const { style, at } = words;
  switch (event.type) {
    case "run.created":
      return undefined;
    case "job.started":
      return `${style.active("▶")} ${event.job} started${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`;
    case "job.succeeded":
      return `${style.good("✔")} ${event.job} passed ${style.faint(`in ${duration(event.durationMs)}`)}`;
    case "job.verified":
      return `${style.good("✔")} ${event.job} passed ${style.faint(`in ${duration(event.durationMs)}; looks again in ${duration(event.againAt - at)}, ${event.left} more ${event.left === 1 ? "time" : "times"}`)}`;
    case "job.failed":
      return failedLine(event, words);
    case "job.retry-due":
      return undefined;
    case "job.skipped":
      if (event.code === "not-needed") return undefined;
      return `${style.faint("○")} ${event.job} skipped ${style.faint(`(${event.text})`)}`;
    case "job.cancelled":
      return `${style.warning("■")} ${event.job} cancelled ${style.faint(`after ${duration(event.durationMs)}${because(event.cause)}`)}`;
    case "job.interrupted":
      return `${style.warning("!")} ${event.job} was interrupted in attempt ${event.attempt}; it starts again`;
    case "run.adopted":
      return `${style.active("↻")} ${event.by} goes on with the run${event.override === undefined ? "" : `, past freezes and change windows: ${event.override}`}`;
    case "run.suspended":
      return `${style.warning("!")} the run is suspended: ${event.because}`;
    case "run.retry-requested":
      return `${style.active("↻")} ${event.jobs.length} jobs go back to waiting`;
    case "run.cancel-requested":
      return `${style.warning("■")} ${event.by} cancelled the run${event.mode === "now" ? ", at once" : ""}`;
    case "lock.acquired":
      return `${style.faint("◆")} ${event.environment} is locked for this run`;
    case "lock.released":
      return `${style.faint("◇")} ${event.environment} is free again`;
    case "approval.requested":
      return `${style.warning("?")} ${event.environment} waits for approval${byWhom(event)}`;
    case "approval.reminded":
      return `${style.warning("?")} ${event.environment} still waits for approval`;
    case "approval.given":
      return `${style.good("✔")} ${event.environment} approved by ${event.by}${event.comment ? `: ${event.comment}` : ""}; more must`;
    case "approval.answered":
      return `${event.answer === "approved" ? style.good("✔") : style.bad("✖")} ${event.environment} ${answered(event)}`;
    case "environment.frozen":
      return `${style.warning("❄")} ${event.by} froze ${event.environment} until ${dayTime(event.until)}: ${event.reason}`;
    case "environment.thawed":
      return `${style.active("↻")} ${event.by} thawed ${event.environment}${event.comment ? `: ${event.comment}` : ""}`;
    case "rollback.declined":
      return `${style.warning("!")} ${event.environment} is not taken back by itself: ${event.because}`;
    case "drift.looked":
      return `${style.faint("≠")} ${event.by} looked at ${event.environment}: ${event.deployedBy} ${event.found}`;
    case "run.finished":
      return undefined;
    case "history.begins":
      return event.text;
    default:
      return event satisfies never;
  }
}

function failedLine(
  event: Extract<EngineEvent, { type: "job.failed" }>,
  { style, attemptsOf, at }: EventWords,
): string {
  const text = `${event.job} failed ${style.faint(`after ${duration(event.durationMs)}`)}: ${event.failure.message}`;
  if (event.retryAt === undefined) return `${style.bad("✖")} ${text}`;
  const next = `attempt ${event.attempt + 1} of ${attemptsOf(event.job)} in ${duration(event.retryAt - at)}`;
  return `${style.warning("↻")} ${text}; ${next}`;
}

function answered(event: Extract<EngineEvent, { type: "approval.answered" }>): string {
  if (event.answer === "expired") return "was not approved in time";
  return `${event.answer} by ${event.by}${event.comment ? `: ${event.comment}` : ""}`;
}

export function by(reviewers: readonly string[]): string {
  return reviewers.length === 0 ? "" : ` by ${reviewers.join(" or ")}`;
}

/** Who is asked, how many of them must approve, and who did: ` by 2 of ops, not ada (bob did)`. */
export function byWhom({ reviewers, count = 1, given = [], notBy }: AskedApproval): string {
  const many =
    count === 1 ? by(reviewers) : ` by ${count} ${reviewers.length === 0 ? "people" : `of ${reviewers.join(", ")}`}`;
  return `${many}${notBy === undefined ? "" : `, not ${notBy}`}${given.length === 0 ? "" : ` (${given.join(", ")} did)`}`;
}

type AskedApproval = { reviewers: readonly string[] } & Partial<Pick<ApprovalView, "count" | "given" | "notBy">>;

/** The same with the time of day in front, for logs in which nothing is redrawn. */
export function timedLine(at: number, line: string, style: Style): string {
  return `${style.faint(clockTime(at))} ${line}`;
}

function because(cause: Extract<EngineEvent, { type: "job.cancelled" }>["cause"]): string {
  return cause === undefined ? "" : ` (${cause.text})`;
}
