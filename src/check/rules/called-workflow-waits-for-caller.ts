import type { JobFacts } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import type { JobPattern } from "../../simulation/scenario.ts";
import { can, jobPattern, runPattern } from "../analysis/analysis.ts";
import { isUniquePerRun, sameGroup } from "../analysis/locks.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const calledWorkflowWaitsForCaller: Rule = {
  id: "called-workflow-waits-for-caller",
  severity: "error",
  kind: "wrong lock",
  title: "a called workflow asks for the group that its caller holds",
  why: "The caller holds the group until the called workflow has ended, and the called workflow waits for the group. GitHub sees the deadlock and cancels the run; with cancel-in-progress it cancels itself.",
  url: documentation.reuse,
  *find(analysis) {
    const seen = new Set<object>();
    for (const pipeline of analysis.facts.pipelines) {
      for (const job of pipeline.jobs) {
        const outer = [...pipeline.locks];
        for (let at = job.caller; at; ) {
          const caller = analysis.facts.job(at)!;
          outer.push(...caller.locks.filter((lock) => lock.file !== job.file));
          at = caller.caller;
        }
        for (const inner of job.locks) {
          // A job's own group in the workflow that holds it for the whole run is the same trap.
          for (const held of outer) {
            if (held.at === inner.at || seen.has(inner.at)) continue;
            const chain = analysis
              .chains(pipeline)
              .find(
                (each) =>
                  each.start.cause.kind !== "call" &&
                  can(job.runs(each.circumstances)) &&
                  !isUniquePerRun(inner.groupUnder(each.circumstances)) ===
                    !isUniquePerRun(held.groupUnder(each.circumstances)) &&
                  sameText(inner.groupUnder(each.circumstances), held.groupUnder(each.circumstances)),
              );
            if (!chain) continue;
            seen.add(inner.at);
            yield {
              message: `"${jobName(job)}" asks for the group ${showKey(inner.groupUnder(chain.circumstances))}, which ${fileName(held.file)} already holds: the run waits for itself`,
              at: inner.at,
              related: [{ at: held.at, message: "The same group, held until the whole run has ended" }],
              confidence: "high",
              schedule: [
                `${chain.described} -> ${fileName(pipeline.id)} starts and holds the group`,
                `"${jobName(job)}" asks for the same group`,
                "GitHub cancels the run because of the deadlock",
              ],
              claim: analysis.claim([chain], [{ kind: "run-ended", run: runPattern(pipeline.id, chain) }], {
                kind: "never-runs",
                job: firstInside(pipeline.jobs, job, chain),
              }),
              help: "Give the inner group a name of its own.",
            };
          }
        }
      }
    }
  },
};

/** What the lock keeps from starting: the job, or the first one of the workflow that it calls. */
function firstInside(jobs: readonly JobFacts[], job: JobFacts, chain: TriggerChain): JobPattern {
  return jobPattern(jobs.find((each) => each.id.startsWith(`${job.id}/`)) ?? job, chain);
}

function sameText(a: Parameters<typeof sameGroup>[0], b: Parameters<typeof sameGroup>[1]): boolean {
  return sameGroup(a, b) === "yes" || (showKey(a) === showKey(b) && a.length > 0);
}
