import type { ApprovalState, State } from "../../../../src/engine/state.ts";
import type { Ledger } from "../ledger.ts";
import type { Acknowledged } from "../world/trace.ts";
import type { Checker } from "./checker.ts";

/** What the engine told anybody is in the journal and in the state, after every crash. */
export function nothingLost(): Checker {
  let told: Acknowledged[] = [];
  const notified = new Map<string, number>();
  return {
    name: "nothing lost",
    see(entry, ledger) {
      if (entry.kind === "notified") {
        const { seq, event } = entry.recorded;
        const before = notified.get(entry.session) ?? 0;
        if (seq <= before) return `event ${seq} was told after ${before}`;
        notified.set(entry.session, seq);
        return seq <= ledger.length ? undefined : `event ${seq} (${event.type}) was told and is not durable`;
      }
      if (entry.kind === "acknowledged" && !isTakenBack(entry.what, ledger)) told.push(entry.what);
      if (entry.kind === "durable" && entry.recorded.event.type === "run.retry-requested") {
        const { run } = entry.recorded.event;
        // A retry takes cancel, conclusion and answers back.
        told = told.filter((what) => what.run !== run || what.what === "created" || what.what === "retried");
      }
      if (entry.kind !== "opened" && entry.kind !== "quiet") return undefined;
      const most = Math.max(0, ...notified.values());
      if (entry.state.seq < most) return `event ${most} was told and is lost`;
      for (const what of told) if (!isIn(entry.state, ledger, what)) return `lost: ${JSON.stringify(what)}`;
      return undefined;
    },
  };
}

/** What was done may be heard of when the journal has a retry of the run already, which undid it. */
function isTakenBack(what: Acknowledged, ledger: Ledger): boolean {
  const run = ledger.runs.get(what.run);
  if (run === undefined || run.retries === 0) return false;
  switch (what.what) {
    case "finished":
      return run.finished?.conclusion !== what.conclusion;
    case "answered":
      return run.approvals.get(what.environment) !== what.answer;
    case "cancelled":
      return run.cancelled === undefined;
    case "created":
    case "retried":
      return false;
    default:
      return what satisfies never;
  }
}

/** It may take more than one approval. */
function isAnswered({ status, given }: ApprovalState, { answer, by }: { answer: string; by: string }): boolean {
  return status === answer || (answer === "approved" && given.includes(by));
}

function isIn(state: State, ledger: Ledger, what: Acknowledged): boolean {
  const run = state.runs.get(what.run);
  // A run that has finished is in the journal alone.
  if (run === undefined) return ledger.runs.get(what.run)?.finished !== undefined;
  switch (what.what) {
    case "created":
      return run.release === what.release;
    case "cancelled":
      return run.cancel !== undefined && (what.mode === "graceful" || run.cancel.mode === "now");
    case "finished":
      return false;
    case "retried":
      return what.jobs.every((id) => run.jobs.has(id));
    case "answered":
      return isAnswered(run.environments.get(what.environment)!.approval, what);
    default:
      return what satisfies never;
  }
}
