import type { JobFacts } from "../../facts/facts.ts";
import { type Analysis, jobPattern, runPattern } from "../analysis/analysis.ts";
import { isDocumentation } from "../analysis/effects.ts";
import { effectsAfterBadRuns, type UngatedEffect } from "../analysis/gates.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { guardJob } from "../edits.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";
import { startedByFailure } from "../staged/no-conclusion-guard.ts";

export const noConclusionGuard: Rule = {
  id: "no-conclusion-guard",
  severity: "error",
  kind: "missing gate",
  title: "deployment runs after a failed workflow",
  why: "workflow_run starts a run whatever the conclusion of the workflow before was. Without a test of the conclusion, red tests deploy like green ones.",
  url: documentation.workflowRun,
  *find(analysis) {
    yield* startedByFailure(analysis);
    for (const hit of effectsAfterBadRuns(analysis)) {
      if (hit.conclusions.includes("failure")) yield candidate(analysis, hit);
    }
  },
};

function candidate(analysis: Analysis, hit: UngatedEffect): Candidate {
  const { pipeline, job, effect, chain } = hit;
  const upstream = fileName(chain.circumstances.upstream!.pipeline);
  const root = rootJob(analysis, job);
  const others = pipeline.starts.some((start) => start.cause.kind !== "completion" && start.cause.kind !== "call");
  const success = "github.event.workflow_run.conclusion == 'success'";
  const edits = guardJob(root, others ? `github.event_name != 'workflow_run' || ${success}` : success);
  return {
    message: `Job "${jobName(job)}" ${effect.kind === "publish" ? "publishes" : "deploys"} (${effect.tool}) also when ${upstream} failed`,
    at: root.condition?.at ?? root.keyAt,
    related: [
      { at: chain.start.at, message: `Started when ${upstream} completes, with any conclusion` },
      ...(effect.step
        ? [{ at: effect.step.at, message: `Here it ${effect.kind === "publish" ? "publishes" : "deploys"}` }]
        : []),
    ],
    confidence: hit.activation === "yes" && effect.confidence !== "low" ? "high" : "medium",
    ...(isDocumentation(effect) ? { severity: "warning" as const } : {}),
    schedule: [
      `${chain.described} -> ${upstream} starts`,
      `${upstream} fails`,
      `${upstream} has completed -> ${fileName(pipeline.id)} starts all the same`,
      `"${jobName(job)}" ${effect.kind === "publish" ? "publishes" : "deploys"}`,
    ],
    help: `Add \`if: ${success}\` to the job${others ? ", beside the test for its other triggers" : ""}.`,
    ...(edits ? { edits } : {}),
    claim: analysis.claim(
      [chain],
      [
        { kind: "run-ended", run: runPattern(chain.circumstances.upstream!.pipeline, chain), conclusion: "failure" },
        { kind: "job-started", job: jobPattern(job, chain) },
      ],
      {
        kind: "runs-after-run",
        run: runPattern(chain.circumstances.upstream!.pipeline, chain),
        conclusions: ["failure"],
        follower: jobPattern(job, chain),
      },
      failingRun(analysis, chain.circumstances.upstream!.pipeline, chain.root.id),
    ),
  };
}

/** Some job of the run fails: the first that works. */
function failingRun(analysis: Analysis, pipeline: string, event: string) {
  const jobs = analysis.facts.pipeline(pipeline)?.jobs.filter((job) => job.kind !== "call") ?? [];
  return jobs.map((job) => ({
    job: { run: { pipeline, event }, path: job.path },
    outcome: "failure" as const,
  }));
}

/** The job of the run's own file that leads to this one. */
export function rootJob(analysis: Analysis, job: JobFacts): JobFacts {
  let root = job;
  while (root.caller) root = analysis.facts.job(root.caller)!;
  return root;
}
