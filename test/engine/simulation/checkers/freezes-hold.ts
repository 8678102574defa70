import type { Checker } from "./checker.ts";

/** While an environment is frozen, no run but one with an override begins to deploy there: it takes no lock. */
export function freezesHold(): Checker {
  return {
    name: "freezes hold",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event, at } = entry.recorded;
      if (event.type !== "lock.acquired" || !ledger.isFrozen(event.run, event.environment, at)) return undefined;
      return `${event.run} took the lock of ${event.environment}, which is frozen`;
    },
  };
}
