import type { Freeze, Recorded } from "../events.ts";
import type { RunState } from "../state.ts";

/**
 * Nothing begins to be deployed to a frozen environment. That is by the clock on the wall, as whoever said it meant it: a
 * freeze needs no event to end, and whoever grants the lock compares the time of the turn with the one that it carries.
 */
export function isFrozen(freeze: Freeze | undefined, now: number): freeze is Freeze {
  return freeze !== undefined && now < freeze.until;
}

/** Notes what an event says of freezes, by environment, whether or not they are over. */
export function noteFreeze(freezes: Record<string, Freeze>, { at, event }: Recorded): void {
  if (event.type === "environment.thawed") delete freezes[event.environment];
  if (event.type === "history.begins") Object.assign(freezes, event.freezes);
  if (event.type !== "environment.frozen") return;
  const { environment, until, by, reason } = event;
  freezes[environment] = { until, by, reason, at };
}

/** Whether a freeze keeps this run out. */
export function isHeldUp(run: RunState, freeze: Freeze | undefined, now: number): freeze is Freeze {
  return isFrozen(freeze, now) && run.override === undefined;
}
