import type { JobFacts } from "../../facts/facts.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { isDocumentation, lastingEffects, reportsOrCleans, testsCode } from "../analysis/effects.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";
import { lostFailures } from "../staged/continue-on-error-hollows-gate.ts";

export const continueOnErrorHollowsGate: Rule = {
  id: "continue-on-error-hollows-gate",
  severity: "error",
  kind: "missing gate",
  title: "failed tests count as passed before a deployment",
  why: "With `continue-on-error: true` a failed test job leaves its run green. Whoever deploys after it, or after its run, deploys after red tests too.",
  url: documentation.syntax,
  *find(analysis) {
    yield* lostFailures(analysis);
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      const effect = lastingEffects(job).find((each) => !isDocumentation(each));
      if (!effect || reportsOrCleans(job)) continue;
      for (const { test, chain } of testsBefore(analysis, pipeline.id, job)) {
        const ignored = test.failureIgnored;
        if (ignored?.value !== "yes" || seen.has(test.keyAt) || isExperimental(test)) continue;
        seen.add(test.keyAt);
        const claim = analysis.claim(
          [chain],
          [
            { kind: "job-ended", job: jobPattern(test, chain), conclusion: "failure" },
            { kind: "job-started", job: jobPattern(job, chain) },
          ],
          { kind: "runs-after", job: jobPattern(test, chain), follower: jobPattern(job, chain) },
          [{ job: jobPattern(test, chain), outcome: "failure" }],
        );
        yield {
          message: `"${jobName(test)}" may fail and its run stays green: "${jobName(job)}"${test.pipeline === job.pipeline ? "" : ` in ${fileName(job.pipeline)}`} deploys all the same`,
          at: ignored.at,
          related: [{ at: job.keyAt, message: `"${jobName(job)}" comes after it: ${effect.tool}` }],
          confidence: test.pipeline === job.pipeline ? "medium" : "high",
          schedule: [
            `${chain.described} -> "${jobName(test)}" fails`,
            "continue-on-error: the failure does not count",
            `"${jobName(job)}" runs`,
          ],
          help: "Remove continue-on-error from the job; put it on the single step that may fail, if there is one.",
          claim,
        };
      }
    }
  },
};

/** Tests that have ended before the job, in its own run and in those it was started by. */
function* testsBefore(
  analysis: Analysis,
  pipeline: string,
  job: JobFacts,
): Generator<{ test: JobFacts; chain: TriggerChain }> {
  for (const chain of analysis.chains(analysis.facts.pipeline(pipeline)!)) {
    if (!can(analysis.effectRuns(job, chain.circumstances))) continue;
    for (const test of analysis.jobsBefore(job)) {
      if (testsCode(test) && can(test.runs(chain.circumstances))) yield { test, chain };
    }
    for (let before = chain.upstream; before; before = before.upstream) {
      for (const test of analysis.facts.pipeline(before.start.pipeline)!.jobs) {
        if (testsCode(test) && can(test.runs(before.circumstances))) yield { test, chain };
      }
    }
  }
}

function isExperimental(job: JobFacts): boolean {
  return /experimental|nightly|canary|beta|flaky|optional|informational|bench|unstable|allow.?fail/i.test(
    `${job.key} ${job.label} ${job.matrix?.axes.join(" ") ?? ""}`,
  );
}
