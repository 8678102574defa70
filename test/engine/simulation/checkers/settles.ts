import type { Checker } from "./checker.ts";

/** Once faults stop, every run comes to its end: nobody is dropped, nobody waits for something that never comes. */
export function settles(): Checker {
  return {
    name: "settles",
    see(entry) {
      if (entry.kind !== "stuck") return undefined;
      for (const run of entry.state.runs.values()) {
        if (run.finished !== undefined) continue;
        const open = run.list.filter((job) => job.endedAt === undefined || job.status === "backing-off");
        return `${run.id} is ${run.status} for ever: ${open.map((job) => `${job.id} ${job.status} at ${job.stage}`).join(", ")}`;
      }
      return "everything has finished, and yet something is left to do";
    },
  };
}
