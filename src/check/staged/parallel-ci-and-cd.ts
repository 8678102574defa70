import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { type ActionFacts, runTogether, type StagedPipeline } from "../../facts/staged.ts";
import type { Place } from "../../findings/source.ts";
import type { JobPattern } from "../../simulation/scenario.ts";
import type { Analysis } from "../analysis/analysis.ts";
import {
  type CoStart,
  coStart,
  type PipelineView,
  pipelineViews,
  samePipeline,
  startsAfter,
} from "../analysis/cross-platform.ts";
import { testsCode as jobTestsCode, lastingEffects } from "../analysis/effects.ts";
import { actionPattern, stagedClaim, stagedScenario, startLine } from "../analysis/staged-claims.ts";
import { actionsBefore, deploys, firstDeployment, stagedPipelines, testsCode } from "../analysis/staged-parts.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A pipeline that deploys untested beside a workflow, or another pipeline, that tests what was pushed. */
export function* testedBeside(analysis: Analysis): Generator<Candidate> {
  yield* besideInStage(analysis);
  const views = pipelineViews(analysis);
  for (const pipeline of stagedPipelines(analysis)) {
    const deployment = firstDeployment(pipeline);
    const own = views.find(({ id }) => id === pipeline.id);
    if (!deployment || !own || isGuarded(pipeline, deployment)) continue;
    const hit = firstTester(analysis, { own, views });
    if (!hit) continue;
    const { tests, together } = hit;
    const { push, choices, words } = together;
    const [first, second] = [actionPattern(deployment, push.id), withEvent(tests.job, push.id)];
    const pipelines = stagedPipelines(analysis).filter(({ id }) => id === pipeline.id || id === tests.job.run.pipeline);
    const happening = { events: [push], choices, pipelines, ...(tests.action ? { except: tests.action } : {}) };
    const scenario = stagedScenario(analysis, happening);
    yield {
      message: `"${deployment.label}" of ${pipeline.label} deploys on ${words} while the tests in ${tests.where} still run`,
      at: deployment.nameAt,
      cause: { of: tests.at, here: `"${deployment.label}" of ${pipeline.label} deploys on ${words} as well` },
      related: [
        { at: together.a.at, message: `${pipeline.label} starts on ${words} (${together.a.by})` },
        { at: tests.at, message: `Tests: "${tests.label}" in ${tests.where}` },
        { at: together.b.at, message: "Starts on the same push; nothing orders the two" },
      ],
      confidence: tests.isAskedBefore ? "low" : "medium",
      schedule: [
        `${words} -> ${tests.where} starts; ${pipeline.label} starts`,
        `"${deployment.label}" deploys`,
        `"${tests.label}" fails`,
      ],
      why: "Both start on the same push. The deployment does not wait for the tests, so it is out before they have failed.",
      url: awsDocumentation.triggers,
      help: helpFor(pipeline, deployment, tests),
      claim: {
        scenario: { ...scenario, outcomes: [{ job: second, outcome: "failure" }, ...scenario.outcomes] },
        schedule: [
          { kind: "job-started", job: second },
          { kind: "job-ended", job: first, conclusion: "success" },
          { kind: "job-ended", job: second, conclusion: "failure" },
        ],
        bad: { kind: "before", first, second },
      },
    };
  }
}

/** Tests and deployment of one pipeline that run at once in one stage. */
function* besideInStage(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis)) {
    for (const deployment of pipeline.actions) {
      if (!deploys(deployment) || testsCode(deployment) === "yes" || isGuarded(pipeline, deployment)) continue;
      // What is tried out there has to be there before.
      const test = pipeline.actions.find(
        (each) => runTogether(each, deployment) && testsCode(each) === "yes" && !deploys(each),
      );
      if (!test) continue;
      const [first, second] = [actionPattern(deployment), actionPattern(test)];
      yield {
        message: `"${deployment.label}" deploys while the tests in "${test.label}" still run: both have run order ${deployment.runOrder} of stage "${deployment.stageLabel}"`,
        at: deployment.runOrderAt ?? deployment.nameAt,
        related: [{ at: test.runOrderAt ?? test.nameAt, message: `Tests: "${test.label}", at the same time` }],
        confidence: "medium",
        schedule: [
          startLine(analysis, pipeline),
          `stage "${deployment.stageLabel}" -> "${test.label}" starts; "${deployment.label}" starts`,
          `"${deployment.label}" deploys`,
          `"${test.label}" fails`,
        ],
        why: "Actions of one stage with the same run order (1 where none is written) start together. The deployment is out before the tests have failed.",
        url: awsDocumentation.structure,
        help: `Give "${deployment.label}" the run order ${(deployment.runOrder ?? 1) + 1}, or a stage after this one.`,
        claim: stagedClaim(analysis, pipeline, {
          schedule: [
            { kind: "job-started", job: second },
            { kind: "job-ended", job: first, conclusion: "success" },
            { kind: "job-ended", job: second },
          ],
          bad: { kind: "before", first, second },
        }),
      };
      break;
    }
  }
}

function helpFor({ label }: StagedPipeline, deployment: ActionFacts, { where, isAskedBefore }: Tests): string {
  const help = `Run the tests in ${label} before "${deployment.label}", or let ${where} start it when the tests have passed (\`aws codepipeline start-pipeline-execution\`) and not by the push.`;
  return isAskedBefore
    ? `${help} If a branch rule makes the same tests mandatory for pull requests, the merged result is still untested when it is deployed.`
    : help;
}

/** Somebody is asked, or something tried or unknown is done, before it deploys. */
function isGuarded(pipeline: StagedPipeline, deployment: ActionFacts): boolean {
  return [deployment, ...actionsBefore(pipeline, deployment)].some(
    (action) => action.kind === "approval" || action.opaque || testsCode(action) !== "no",
  );
}

interface Tests {
  readonly job: JobPattern;
  readonly label: string;
  readonly where: string;
  readonly at: Place;
  readonly action: ActionFacts | undefined;
  /** They also run on pull requests, which may have to pass them. */
  readonly isAskedBefore: boolean;
}

interface Search {
  readonly own: PipelineView;
  readonly views: readonly PipelineView[];
}

interface Hit {
  readonly tests: Tests;
  readonly together: CoStart;
}

function firstTester(analysis: Analysis, { own, views }: Search): Hit | undefined {
  for (const other of views) {
    if (samePipeline(own, other) || startsAfter(own, other)) continue;
    const together = coStart(own, other);
    if (!together || together.apart || together.push.ref.kind !== "branch") continue;
    if (analysis.isTestedBranch(together.push.ref.name)) continue;
    const workflow = analysis.facts.pipeline(other.id);
    const staged = stagedPipelines(analysis).find(({ id }) => id === other.id);
    const tests = workflow ? inWorkflow(analysis, workflow, together) : staged && inPipeline(staged);
    if (tests) return { tests, together };
  }
  return undefined;
}

/** Tests of a workflow that deploys are there for what it deploys itself. */
function inWorkflow(analysis: Analysis, workflow: Pipeline, { push }: CoStart): Tests | undefined {
  if (workflow.jobs.some((job) => lastingEffects(job).length > 0)) return undefined;
  const runs = (job: JobFacts) =>
    analysis
      .chainsRunning(workflow, job)
      .some(({ root, upstream }) => !upstream && root.kind === "push" && root.ref.name === push.ref.name);
  const job = workflow.jobs.find((each) => jobTestsCode(each) && runs(each));
  if (!job) return undefined;
  return {
    job: { run: { pipeline: workflow.id }, path: job.path },
    label: jobName(job),
    where: fileName(workflow.id),
    at: job.keyAt,
    action: undefined,
    isAskedBefore: workflow.starts.some(({ cause }) => cause.kind === "pull-request"),
  };
}

function inPipeline(pipeline: StagedPipeline): Tests | undefined {
  if (pipeline.actions.some(deploys)) return undefined;
  const action = pipeline.actions.find((each) => testsCode(each) === "yes");
  if (!action) return undefined;
  return {
    job: actionPattern(action),
    label: action.label,
    where: pipeline.label,
    at: action.nameAt,
    action,
    isAskedBefore: pipeline.starts.some(({ kind }) => kind === "pull-request"),
  };
}

function withEvent({ run, path }: JobPattern, event: string): JobPattern {
  return { run: { ...run, event }, path };
}
