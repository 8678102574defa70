import type { Deployed } from "../../../../src/plan/plan.ts";
import type { LedgerJob, LedgerRun } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/** Only what really passed counts as deployed, and a run's conclusion is the truth. */
export function passedOrNot(): Checker {
  return {
    name: "passed or not",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type === "lock.released") {
        return wrongRecord(ledger.runs.get(event.run)!, event.environment, event.deployed);
      }
      if (event.type !== "run.finished") return undefined;
      const run = ledger.runs.get(event.run)!;
      for (const [environment, deployed] of Object.entries(event.deployed)) {
        const wrong = wrongRecord(run, environment, deployed);
        if (wrong !== undefined) return wrong;
      }
      const jobs = [...run.jobs.values()];
      const undone = jobs.find((job) => !job.passed);
      if (event.conclusion === "succeeded" && undone !== undefined) {
        return `${run.id} succeeded, and ${undone.planned.id} is ${undone.status}`;
      }
      if (event.conclusion !== "succeeded" && undone === undefined)
        return `${run.id} ${event.conclusion}, and all passed`;
      if (event.conclusion === "succeeded") return missing(run, event.deployed);
      return undefined;
    },
  };
}

function jobsOf(run: LedgerRun, pipeline: string, environment: string): LedgerJob[] {
  return [...run.jobs.values()].filter(
    ({ planned }) =>
      planned.pipeline === pipeline && (planned.environment === undefined || planned.environment === environment),
  );
}

function wrongRecord(run: LedgerRun, environment: string, deployed: Record<string, Deployed>): string | undefined {
  for (const [pipeline, record] of Object.entries(deployed)) {
    const jobs = jobsOf(run, pipeline, environment);
    const bad = jobs.find((job) => !job.passed);
    if (bad !== undefined)
      return `${pipeline} counts as deployed in ${environment}, and ${bad.planned.id} is ${bad.status}`;
    for (const job of jobs) {
      for (const [name, value] of Object.entries(job.outputs)) {
        if (record.outputs[name] !== value) return `${pipeline}@${environment} is recorded with another ${name}`;
      }
    }
    if (record.release !== run.release) return `${pipeline}@${environment} is recorded as release ${record.release}`;
  }
  return undefined;
}

/** Of a run that succeeded, everything that was to run is deployed. */
function missing(run: LedgerRun, deployed: Record<string, Record<string, Deployed>>): string | undefined {
  if (run.plan.change.event === "pull-request") return undefined;
  for (const { pipeline, environment, decision } of run.plan.pipelines) {
    const ran = jobsOf(run, pipeline, environment).some(
      (job) => job.planned.environment === environment && job.status === "succeeded",
    );
    if (decision === "run" && ran && deployed[environment]?.[pipeline] === undefined) {
      return `${run.id} succeeded, and ${pipeline} is not recorded as deployed in ${environment}`;
    }
  }
  return undefined;
}
