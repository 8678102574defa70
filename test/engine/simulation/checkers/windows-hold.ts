import type { Checker } from "./checker.ts";

/** Outside of the change windows of an environment nobody takes its lock but who has an override, and who takes something back. */
export function windowsHold(): Checker {
  return {
    name: "windows hold",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event, at } = entry.recorded;
      if (event.type !== "lock.acquired") return undefined;
      if (ledger.isOutside(event.run, event.environment, at))
        return `${event.run} took the lock of ${event.environment} outside of its change windows`;
      const wrong = event.past?.find((run) => !ledger.isOutside(run, event.environment, at));
      return wrong && `${wrong} was passed over for ${event.environment} in the middle of a change window`;
    },
  };
}
