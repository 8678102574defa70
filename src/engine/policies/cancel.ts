import type { CancelRequested, SkipReason } from "../events.ts";
import type { RunState } from "../state.ts";

export function cancelSkip(by: string): SkipReason {
  return { code: "cancelled", because: by, text: `${by} cancelled the run` };
}

/** A cancel is never taken back or softened. */
export function strongerCancel(run: RunState, event: CancelRequested, at: number): NonNullable<RunState["cancel"]> {
  const earlier = run.cancel;
  const now = event.mode === "now" ? 1 : 0;
  if (earlier === undefined) return { mode: event.mode, by: event.by, at, asked: now };
  return { ...earlier, mode: earlier.mode === "now" ? "now" : event.mode, asked: earlier.asked + now };
}

/** How running jobs are stopped: not at all, so that they can clean up, or at once. `asked` counts requests for `now`. */
export function stopMode(cancel: NonNullable<RunState["cancel"]>): "graceful" | "now" | undefined {
  if (cancel.mode === "graceful") return undefined;
  return cancel.asked > 1 ? "now" : "graceful";
}
