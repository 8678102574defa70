import { isOpen, opensAt } from "../../model/change-windows.ts";
import type { ChangeWindow } from "../../model/delivery.ts";
import type { SessionId } from "../events.ts";
import type { RunState, State } from "../state.ts";
import { isFrozen } from "./freeze.ts";

/**
 * When the change windows of an environment open for this run: until then it does not get the lock. Undefined while one is open, and
 * for whom none counts: who has an override, and who takes something back. By the clock on the wall, as a freeze; but what zones say
 * may change with the next Baton, so that only whoever decides asks this, and the fold goes by what was decided.
 */
export function opensFor({ override, plan, delivery }: RunState, environment: string, now: number): number | undefined {
  if (override !== undefined || plan.change.event === "rollback") return undefined;
  const windows = delivery.environments.find(({ name }) => name === environment)?.windows;
  return windows && closedUntil(windows, now);
}

/** When they were last seen closed, and until when that is: to ask what a zone says takes time, and each turn wants to know. */
const closed = new WeakMap<readonly ChangeWindow[], { from: number; until: number }>();

function closedUntil(windows: readonly ChangeWindow[], now: number): number | undefined {
  const known = closed.get(windows);
  if (known !== undefined && known.from <= now && now < known.until) return known.until;
  if (isOpen(windows, now)) return undefined;
  const until = opensAt(windows, now);
  closed.set(windows, { from: now, until });
  return until;
}

/** The first moment at which a run of this session may get a lock that nobody holds, and that a freeze or a window keeps from it now. */
export function nextOpening(state: State, mine: SessionId, now: number): number | undefined {
  let first: number | undefined;
  const note = (at: number) => {
    if (first === undefined || at < first) first = at;
  };
  for (const name of state.grantable) {
    const { freeze, queue } = state.environments.get(name)!;
    for (const id of queue) {
      const run = state.runs.get(id)!;
      if (run.owner !== mine) continue;
      if (isFrozen(freeze, now)) note(freeze.until);
      const opens = opensFor(run, name, now);
      if (opens !== undefined) note(opens);
    }
  }
  return first;
}
