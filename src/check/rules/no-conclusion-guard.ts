import type { JobFacts } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import { type Analysis, jobPattern, runPattern } from "../analysis/analysis.ts";
import { isDocumentation, isGuess, testsCode } from "../analysis/effects.ts";
import { effectsAfterBadRuns, type UngatedEffect } from "../analysis/gates.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { guardJob } from "../edits.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const noConclusionGuard: Rule = {
  id: "no-conclusion-guard",
  severity: "error",
  kind: "missing gate",
  title: "deployment runs after a failed workflow",
  why: "workflow_run starts a run whatever the conclusion of the workflow before was. Without a test of the conclusion, red tests deploy like green ones.",
  url: documentation.workflowRun,
  *find(analysis) {
    for (const hit of effectsAfterBadRuns(analysis)) {
      if (hit.conclusions.includes("failure")) yield candidate(analysis, hit);
      const beside = hit.conclusions.length === 0 ? besideIt(analysis, hit) : undefined;
      if (beside) yield beside;
    }
  },
};

/** Started by the request for the run before: the two run side by side. */
function besideIt(analysis: Analysis, { pipeline, job, effect, chain }: UngatedEffect): Candidate | undefined {
  const { pipeline: id } = chain.circumstances.upstream!;
  const upstream = fileName(id);
  const before = analysis.facts.pipeline(id)?.jobs.filter((each) => each.kind !== "call") ?? [];
  const tests = before.find(testsCode) ?? before[0];
  if (!tests) return undefined;
  const does = effect.kind === "publish" ? "publishes" : "deploys";
  const [first, second] = [jobPattern(job, chain), { run: runPattern(id, chain), path: tests.path }];
  return {
    message: `Job "${jobName(job)}" ${does} (${effect.tool}) beside ${upstream}, not after it: it starts when that is requested`,
    at: chain.start.at,
    related: [{ at: effect.step?.at ?? job.keyAt, message: `Here it ${does}` }],
    confidence: "high",
    ...(isDocumentation(effect) ? { severity: "warning" as const } : {}),
    schedule: [
      `${chain.described} -> ${upstream} starts -> ${pipeline.label} starts at once`,
      `"${jobName(job)}" ${does}`,
      `"${jobName(tests)}" in ${upstream} fails`,
    ],
    help: "Write `types: [completed]`, and test `github.event.workflow_run.conclusion == 'success'` in the job.",
    claim: analysis.claim(
      [chain],
      [
        { kind: "job-ended", job: first },
        { kind: "job-ended", job: second, conclusion: "failure" },
      ],
      { kind: "before", first, second },
      [{ job: second, outcome: "failure" }],
    ),
  };
}

function candidate(analysis: Analysis, hit: UngatedEffect): Candidate {
  const { pipeline, job, effect, chain } = hit;
  const upstream = analysis.facts.pipeline(chain.circumstances.upstream!.pipeline)!.label;
  const root = rootJob(analysis, job);
  const others = pipeline.starts.some((start) => start.cause.kind !== "completion" && start.cause.kind !== "call");
  const success = "github.event.workflow_run.conclusion == 'success'";
  const staged = isStaged(pipeline) ? inStages : undefined;
  const edits = staged
    ? undefined
    : guardJob(root, others ? `github.event_name != 'workflow_run' || ${success}` : success);
  return {
    message: `Job "${jobName(job)}" ${effect.kind === "publish" ? "publishes" : "deploys"} (${effect.tool}) also when ${upstream} failed`,
    at: staged ? chain.start.at : (root.condition?.at ?? root.keyAt),
    related: [
      ...(staged ? [] : [{ at: chain.start.at, message: `Started when ${upstream} completes, with any conclusion` }]),
      ...(effect.step
        ? [{ at: effect.step.at, message: `Here it ${effect.kind === "publish" ? "publishes" : "deploys"}` }]
        : []),
    ],
    confidence: hit.activation === "yes" && effect.confidence !== "low" ? "high" : "medium",
    ...(isDocumentation(effect) || isGuess(effect) ? { severity: "warning" as const } : {}),
    schedule: [
      `${chain.upstream!.described} -> ${upstream} starts`,
      `${upstream} fails`,
      `${staged ? "the rule lets the event through" : `${upstream} has completed`} -> ${pipeline.label} starts all the same`,
      `"${jobName(job)}" ${effect.kind === "publish" ? "publishes" : "deploys"}`,
    ],
    ...(staged ?? {
      help: `Add \`if: ${success}\` to the job${others ? ", beside the test for its other triggers" : ""}.`,
    }),
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

const inStages = {
  why: "A rule on the state of a pipeline starts its target for every state that it does not leave out: when the pipeline before starts, when it fails and when it is cancelled.",
  url: awsDocumentation.events,
  help: "Let the pattern of the rule ask for `state: [SUCCEEDED]`.",
};

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
