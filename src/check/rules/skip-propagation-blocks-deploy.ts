import type { JobFacts } from "../../facts/facts.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { jobPattern } from "../analysis/analysis.ts";
import { effectsOf } from "../analysis/effects.ts";
import { expression, jobName, list } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const skipPropagationBlocksDeploy: Rule = {
  id: "skip-propagation-blocks-deploy",
  severity: "warning",
  kind: "dead edge",
  title: "deployment needs a job that is always skipped when it should deploy",
  why: "A job whose need was skipped is skipped too. When the two conditions exclude each other, the deployment never runs and no run is red.",
  url: documentation.syntax,
  *find(analysis) {
    for (const { pipeline, job } of analysis.work()) {
      if (effectsOf(job).length === 0 || job.needs.length === 0) continue;
      const chains = analysis.chains(pipeline);
      if (chains.length === 0 || chains.some((chain) => job.runs(chain.circumstances) !== "no")) continue;
      const needs = job.needs.map((id) => analysis.facts.job(id)!).filter((need) => need.condition);
      // Some need can run, and the job's own words let it run, but never both.
      const runnable = needs.filter((need) => chains.some((chain) => need.runs(chain.circumstances) !== "no"));
      if (runnable.length === 0 || !contradicts(analysis, job, runnable)) continue;
      const [chain] = chains;
      yield {
        message: `"${jobName(job)}" never runs: whenever its own condition holds, ${list(runnable.map((need) => `"${jobName(need)}"`))} ${runnable.length === 1 ? "is" : "are"} skipped`,
        at: job.condition?.at ?? job.keyAt,
        related: runnable.map((need) => ({ at: need.condition!.at, message: `Condition of "${jobName(need)}"` })),
        confidence: "high",
        schedule: chains.slice(0, 3).map((each) => `${each.described} -> "${jobName(job)}" is skipped`),
        help: `Let the needed job run in the same cases, or use \`${expression("!failure() && !cancelled()")}\` (with your own test in it) so that a skipped need does not count.`,
        claim: analysis.claim([chain!], [], { kind: "never-runs", job: jobPattern(job, chain!) }),
      };
    }
  },
};

/** Every chain on which the job's own event test holds skips a need. Only conditions on the event are compared. */
function contradicts(analysis: Analysis, job: JobFacts, needs: readonly JobFacts[]): boolean {
  const onEvent = (each: JobFacts) =>
    each.condition?.reads.every((path) =>
      /^github\.(event_name|ref|ref_name|ref_type|base_ref|head_ref|event\.action)$/.test(path),
    );
  if (!job.condition || job.condition.overridesSuccess || !onEvent(job)) return false;
  const pipeline = analysis.facts.pipeline(job.pipeline)!;
  const others = pipeline.jobs.filter((each) => analysis.before(each, job) && each.condition);
  return needs.every(onEvent) && others.every(onEvent) && others.length > 0;
}
