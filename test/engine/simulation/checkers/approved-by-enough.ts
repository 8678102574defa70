import type { Checker } from "./checker.ts";

/** Nothing begins in an environment before as many people have approved as it says, each once, and not whoever asked where it says so. */
export function approvedByEnough(): Checker {
  return {
    name: "approved by enough",
    see(entry, ledger) {
      if (entry.kind !== "process") return undefined;
      const { run: id, job } = entry.launch;
      const run = ledger.runs.get(id);
      const environment = run?.jobs.get(job)?.planned.environment;
      if (run === undefined || environment === undefined || run.unasked) return undefined;
      const asked = run.delivery.environments.find(({ name }) => name === environment)?.approval;
      if (asked === undefined) return undefined;
      const approvers = new Set(run.approvers.get(environment));
      if (asked.selfApproval === false && run.by !== undefined && approvers.has(run.by))
        return `${job} began, and ${run.by} approved a run of their own`;
      if (approvers.size >= (asked.count ?? 1)) return undefined;
      return `${job} began with ${approvers.size} of ${asked.count ?? 1} approvals`;
    },
  };
}
