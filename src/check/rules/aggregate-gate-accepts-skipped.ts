import type { Conclusion, JobFacts } from "../../facts/facts.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { effectsOf } from "../analysis/effects.ts";
import { withResults } from "../analysis/trigger-chains.ts";
import { jobName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const aggregateGateAcceptsSkipped: Rule = {
  id: "aggregate-gate-accepts-skipped",
  severity: "warning",
  kind: "missing gate",
  title: "the job that sums up the others is green when they were skipped because of a failure",
  why: "A failure deeper in the graph skips the jobs behind it. A gate that looks only for `failure` among its direct needs sees `skipped` and passes.",
  url: documentation.expressions,
  *find(analysis) {
    for (const { pipeline, job } of analysis.work()) {
      if (!job.condition?.overridesSuccess || job.needs.length === 0 || effectsOf(job).length > 0) continue;
      const gate = job.steps.find((step) => looksForFailureOnly(step.condition?.text ?? "", step.text));
      if (
        !gate ||
        job.steps.some((step) =>
          /skipped|== 'success'|!= 'success'|"success"|alls-green/.test(
            `${step.condition?.text} ${step.text} ${step.action}`,
          ),
        )
      )
        continue;
      const hit = hiddenFailure(analysis, job);
      if (!hit) continue;
      const { failed, skipped } = hit;
      const chain = analysis.chains(pipeline).find((each) => can(failed.runs(each.circumstances)))!;
      yield {
        message: `"${jobName(job)}" passes when "${jobName(failed)}" fails: "${jobName(skipped)}" is then skipped, and only \`failure\` is looked for`,
        at: gate.at,
        related: [
          { at: failed.keyAt, message: `"${jobName(failed)}" is not among the needs of the gate` },
          { at: skipped.keyAt, message: `"${jobName(skipped)}" is skipped when it fails` },
        ],
        confidence: "high",
        schedule: [
          `${chain.described} -> "${jobName(failed)}" fails`,
          `"${jobName(skipped)}" is skipped`,
          `"${jobName(job)}" finds no failure and passes`,
        ],
        help: `Add "${failed.key}" to the needs of the gate, or let it fail on \`skipped\` too.`,
        claim: analysis.claim(
          [chain],
          [
            { kind: "job-ended", job: jobPattern(failed, chain), conclusion: "failure" },
            { kind: "job-started", job: jobPattern(job, chain) },
          ],
          { kind: "runs-after", job: jobPattern(failed, chain), follower: jobPattern(job, chain) },
          [{ job: jobPattern(failed, chain), outcome: "failure" }],
        ),
      };
    }
  },
};

function looksForFailureOnly(condition: string, text: string): boolean {
  const looked = /contains\(\s*needs\.\*\.result\s*,\s*'failure'\s*\)/;
  return (looked.test(condition) && /exit 1|core\.setFailed/.test(text)) || (looked.test(text) && /exit 1/.test(text));
}

/** A failure that no direct need shows: the need before it is skipped. */
function hiddenFailure(analysis: Analysis, gate: JobFacts): { failed: JobFacts; skipped: JobFacts } | undefined {
  const needs = gate.needs.map((id) => analysis.facts.job(id)!);
  for (const chain of analysis.chains(analysis.facts.pipeline(gate.pipeline)!)) {
    for (const failed of analysis.jobsBefore(gate)) {
      if (failed.kind === "call" || needs.some((need) => need === failed || failed.id.startsWith(`${need.id}/`)))
        continue;
      if (failed.runs(chain.circumstances) !== "yes" || failed.failureIgnored?.value === "yes") continue;
      const { circumstances } = withResults(chain, new Map<string, Conclusion>([[failed.id, "failure"]]));
      const skipped = needs.find((need) => can(need.runs(chain.circumstances)) && need.runs(circumstances) === "no");
      // Some direct need still shows a failure where the failed job is seen through another.
      if (skipped) return { failed, skipped };
    }
  }
  return undefined;
}
