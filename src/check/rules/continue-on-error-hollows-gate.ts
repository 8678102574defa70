import type { JobFacts } from "../../facts/facts.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { isDocumentation, lastingEffects, reportsOrCleans, testsCode } from "../analysis/purpose.ts";
import type { Way } from "../analysis/ways.ts";
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
      for (const { test, way } of testsBefore(analysis, pipeline.id, job)) {
        const ignored = test.failureIgnored;
        if (ignored?.value !== "yes" || seen.has(test.keyAt) || isExperimental(test)) continue;
        seen.add(test.keyAt);
        const claim = analysis.claim(
          [way],
          [
            { kind: "job-ended", job: jobPattern(test, way), conclusion: "failure" },
            { kind: "job-started", job: jobPattern(job, way) },
          ],
          { kind: "runs-after", job: jobPattern(test, way), follower: jobPattern(job, way) },
          [{ job: jobPattern(test, way), outcome: "failure" }],
        );
        yield {
          message: `"${jobName(test)}" may fail and its run stays green: "${jobName(job)}"${test.pipeline === job.pipeline ? "" : ` in ${fileName(job.pipeline)}`} deploys all the same`,
          at: ignored.at,
          related: [{ at: job.keyAt, message: `"${jobName(job)}" comes after it: ${effect.tool}` }],
          confidence: test.pipeline === job.pipeline ? "medium" : "high",
          schedule: [
            `${way.described} -> "${jobName(test)}" fails`,
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
function* testsBefore(analysis: Analysis, pipeline: string, job: JobFacts): Generator<{ test: JobFacts; way: Way }> {
  for (const way of analysis.ways(analysis.facts.pipeline(pipeline)!)) {
    if (!can(analysis.effectRuns(job, way.circumstances))) continue;
    for (const test of analysis.jobsBefore(job)) {
      if (testsCode(test) && can(test.runs(way.circumstances))) yield { test, way };
    }
    for (let before = way.upstream; before; before = before.upstream) {
      for (const test of analysis.facts.pipeline(before.start.pipeline)!.jobs) {
        if (testsCode(test) && can(test.runs(before.circumstances))) yield { test, way };
      }
    }
  }
}

function isExperimental(job: JobFacts): boolean {
  return /experimental|nightly|canary|beta|flaky|optional|informational|bench|unstable|allow.?fail/i.test(
    `${job.key} ${job.label} ${job.matrix?.axes.join(" ") ?? ""}`,
  );
}
