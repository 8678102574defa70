import { runFinished } from "./conclusion.ts";
import { deployedTo } from "./deployed.ts";
import type { EngineEvent, RunId, SessionId } from "./events.ts";
import { approvalRequest } from "./policies/approval.ts";
import { grantLock } from "./policies/lock.ts";
import type { RunState, State } from "./state.ts";

/** What the decision may depend on besides the state. `token` mints one for an attempt that starts. */
export interface DecideContext {
  now: number;
  /** The session that decides: only about runs of its own. */
  mine: SessionId;
  token(): string;
}

/**
 * What happens next by itself, as events to record in this order; empty when there is nothing to do but wait. Each of them
 * may open the way for more, so the caller folds them in and asks again. Looks only at runs and locks in which something
 * has changed: the cost does not depend on how many jobs or runs there are. A free lock is taken by the session whose run is
 * the first in line and by nobody else, so that none is given to a run that nobody goes on with.
 */
export function decide(state: State, context: DecideContext): EngineEvent[] {
  const events: EngineEvent[] = [];
  for (const environment of state.grantable) {
    const granted = grantLock(state, environment, context.now);
    if (granted !== undefined && isMine(granted.run)) events.push(granted);
  }
  for (const id of state.attention) if (isMine(id)) decideRun(state.runs.get(id)!, context, events);
  return events;

  function isMine(run: RunId): boolean {
    return state.runs.get(run)!.owner === context.mine;
  }
}

function decideRun(run: RunState, context: DecideContext, events: EngineEvent[]): void {
  for (const [job, { code, because, text }] of run.toSkip) {
    const { run: id, attempt, token } = job;
    const cause = { code, because, text };
    if (token === undefined) events.push({ type: "job.skipped", run: id, job: job.id, ...cause });
    else events.push({ type: "job.cancelled", run: id, job: job.id, attempt, token, durationMs: 0, cause });
  }
  for (const environment of run.toRelease) {
    events.push({ type: "lock.released", run: run.id, environment, deployed: deployedTo(run, environment) });
  }
  for (const environment of run.toAsk) events.push(approvalRequest(run, environment, context.now));
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
        token: context.token(),
      });
    }
  }
  if (run.open === 0 && run.locksHeld === 0 && run.finished === undefined) events.push(runFinished(run));
}

/** Whether `decide` would find something to do in this run. */
export function needsAttention(run: RunState): boolean {
  if (run.finished !== undefined) return false;
  if (run.toSkip.size > 0 || run.toRelease.size > 0 || run.toAsk.size > 0) return true;
  if (run.ready.size > 0 && run.running < run.parallel) return true;
  return run.open === 0 && run.locksHeld === 0;
}
