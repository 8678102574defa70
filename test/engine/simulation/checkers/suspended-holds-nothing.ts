import type { State } from "../../../../src/engine/state.ts";
import type { Checker } from "./checker.ts";

/** A run that is suspended has no lock, no slot, no place in a line and no process until somebody adopts it. */
export function suspendedHoldsNothing(): Checker {
  const alive = new Map<string, string>();
  return {
    name: "suspended holds nothing",
    see(entry, ledger) {
      if (entry.kind === "gone") alive.delete(entry.token);
      if (entry.kind === "process") alive.set(entry.launch.token, entry.launch.run);
      if (entry.kind === "quiet") return stillHeld(entry.state);
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type === "run.suspended") {
        for (const [token, run] of alive) if (run === event.run) return `${run} is suspended while ${token} runs`;
        return undefined;
      }
      const isTaken = event.type === "lock.acquired" || event.type === "job.started";
      return isTaken && ledger.runs.get(event.run)!.suspended
        ? `${event.type} of ${event.run}, which is suspended`
        : undefined;
    },
  };
}

function stillHeld(state: State): string | undefined {
  const isSuspended = (run: string) => state.runs.get(run)!.suspended !== undefined;
  for (const { name, holder, queue } of state.environments.values()) {
    if (holder !== undefined && isSuspended(holder)) return `${holder} is suspended and holds ${name}`;
    const waits = queue.find(isSuspended);
    if (waits !== undefined) return `${waits} is suspended and stands in the line for ${name}`;
  }
  for (const [name, { inside, queue }] of state.groups) {
    for (const job of [...inside, ...queue])
      if (isSuspended(job.run)) return `${job.run} is suspended and is in ${name}`;
  }
  return undefined;
}
