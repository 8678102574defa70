import { runFinished } from "./conclusion.ts";
import { deployedTo } from "./deployed.ts";
import type { EngineEvent } from "./events.ts";
import { approvalExpired, approvalRequest } from "./policies/approval.ts";
import { grantLock } from "./policies/lock.ts";
import type { RunState, State } from "./state.ts";

/** What the decision may depend on besides the state. `token` mints one for an attempt that starts. */
export interface Moment {
  now: number;
  token(): string;
}

/**
 * What happens next by itself, as events to record in this order; empty when there is nothing to do but wait. Each of them
 * may open the way for more, so the caller folds them in and asks again. Looks only at runs and locks in which something
 * has changed: the cost does not depend on how many jobs or runs there are.
 */
export function decide(state: State, moment: Moment): EngineEvent[] {
  const due = state.due.earliest();
  if (due !== undefined && due.at <= moment.now) {
    return due.kind === "retry"
      ? [{ type: "job.retry-due", run: due.run, job: due.job, attempt: due.attempt }]
      : [approvalExpired(due.run, due.environment)];
  }
  const events: EngineEvent[] = [];
  for (const environment of state.grantable) events.push(grantLock(state, environment));
  for (const id of state.attention) decideRun(state.runs.get(id)!, moment, events);
  return events;
}

function decideRun(run: RunState, moment: Moment, events: EngineEvent[]): void {
  for (const [job, { code, because, text }] of run.doomed) {
    const { run: id, attempt, token } = job;
    if (token === undefined) events.push({ type: "job.skipped", run: id, job: job.id, code, because, text });
    else events.push({ type: "job.cancelled", run: id, job: job.id, attempt, token, durationMs: 0 });
  }
  for (const environment of run.toRelease) {
    events.push({ type: "lock.released", run: run.id, environment, deployed: deployedTo(run, environment) });
  }
  for (const environment of run.toAsk) events.push(approvalRequest(run, environment, moment.now));
  let free = run.parallel - run.running;
  if (free > 0) {
    for (const job of run.ready) {
      if (free === 0) break;
      free -= 1;
      events.push({
        type: "job.started",
        run: run.id,
        job: job.id,
        attempt: job.attempt + 1,
        token: moment.token(),
      });
    }
  }
  if (run.open === 0 && run.locksHeld === 0 && run.finished === undefined) events.push(runFinished(run));
}

/** Whether `decide` would find something to do in this run. */
export function needsAttention(run: RunState): boolean {
  if (run.finished !== undefined) return false;
  if (run.doomed.size > 0 || run.toRelease.size > 0 || run.toAsk.size > 0) return true;
  if (run.ready.size > 0 && run.running < run.parallel) return true;
  return run.open === 0 && run.locksHeld === 0;
}
