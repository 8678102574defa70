import type { RunState, State } from "../../engine/state.ts";

/** Whether a run goes on by itself: something runs, will be tried again, or is about to start. */
export function isMoving(run: RunState): boolean {
  if (run.finished !== undefined) return false;
  const pending = run.ready.size + run.doomed.size + run.toAsk.size + run.toRelease.size;
  return run.running > 0 || run.backingOff > 0 || pending > 0 || run.open === 0;
}

/** Whether nothing happens until a person does something: every run has finished or waits for an approval. */
export function isQuiet(state: State): boolean {
  return state.grantable.size === 0 && [...state.runs.values()].every((run) => !isMoving(run));
}
