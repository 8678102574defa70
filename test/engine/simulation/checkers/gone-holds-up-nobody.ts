import type { Checker } from "./checker.ts";

/** What a Baton that is gone has left holds up nobody: the runs of those who are there come to their end all the same. */
export function goneHoldsUpNobody(): Checker {
  return {
    name: "gone holds up nobody",
    see(entry) {
      if (entry.kind !== "patient") return undefined;
      for (const run of entry.state.runs.values()) {
        if (run.finished !== undefined || !entry.alive.has(run.owner ?? "")) continue;
        const held = run.list.find((job) => job.stage === "lock" || job.stage === "group");
        if (held !== undefined) return `${held.id} of ${run.id} waits at ${held.stage}, and ${run.owner} is there`;
      }
      return undefined;
    },
  };
}
