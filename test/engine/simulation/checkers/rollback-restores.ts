import type { Deployed } from "../../../../src/plan/plan.ts";
import type { Checker } from "./checker.ts";

/**
 * A rollback that passed leaves the set that the environment had when its release was there as a whole: of each pipeline the
 * version of then, by value, or one that the rollback itself deployed from that release with the files of then.
 */
export function rollbackRestores(): Checker {
  /** By environment and release: what was there when all that the run had to do there had passed. */
  const whole = new Map<string, Map<string, Deployed>>();
  /** By run and environment: what was there when it had done all it did there. */
  const left = new Map<string, Map<string, Deployed>>();
  return {
    name: "rollback restores",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type === "lock.released") {
        left.set(`${event.run} ${event.environment}`, new Map(ledger.deployed.get(event.environment)));
      }
      if (event.type !== "run.finished" || event.conclusion !== "succeeded") return undefined;
      const run = ledger.runs.get(event.run)!;
      const release = run.moves ?? run.release;
      for (const environment of run.plan.environments) {
        const released = left.get(`${run.id} ${environment}`);
        if (released === undefined) continue;
        // What passed only when it was tried again is told at the end, as that needs no lock; what had come from a newer
        // release meanwhile stays.
        const there = new Map(released);
        for (const [pipeline, told] of Object.entries(event.deployed[environment] ?? {})) {
          if ((there.get(pipeline)?.release ?? 0) <= told.release) there.set(pipeline, told);
        }
        const before = whole.get(`${release} ${environment}`);
        if (run.plan.change.event === "rollback" && before !== undefined) {
          for (const [pipeline, then] of before) {
            const now = there.get(pipeline);
            const isDeployed = now?.release === run.release && now.origin === release && hasFilesOf(now, then);
            if (!isDeployed && !isSame(now, then)) {
              return `${run.id} went back to release ${release} in ${environment}, and ${pipeline} is ${JSON.stringify(now)} there, not ${JSON.stringify(then)}`;
            }
          }
        }
        whole.set(`${release} ${environment}`, there);
      }
      return undefined;
    },
  };
}

const hasFilesOf = (now: Deployed, then: Deployed) =>
  Object.entries(then.artifacts).every(([name, { digest }]) => now.artifacts[name]?.digest === digest);

const isSame = (now: Deployed | undefined, then: Deployed) =>
  now !== undefined && JSON.stringify([now.artifacts, now.outputs]) === JSON.stringify([then.artifacts, then.outputs]);
