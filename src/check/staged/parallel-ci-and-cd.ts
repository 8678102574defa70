import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import {
  type ActionFacts,
  isAction,
  isStaged,
  runTogether,
  type StagedPipeline,
  stagedPipelines,
} from "../../facts/stages.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { follows, isOneDefinition, type OnePush, onePush, pipelinesBesideStages } from "../analysis/beside.ts";
import { testsCode as jobTestsCode, lastingEffects } from "../analysis/effects.ts";
import { deploys, firstDeployment, testsCode } from "../analysis/staged-parts.ts";
import { beginning, type TriggerChain } from "../analysis/trigger-chains.ts";
import { jobName } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A pipeline that deploys untested beside a workflow, or another pipeline, that tests what was pushed. */
export function* testedBeside(analysis: Analysis): Generator<Candidate> {
  yield* besideInStage(analysis);
  for (const pipeline of stagedPipelines(analysis.facts)) {
    const deployment = firstDeployment(pipeline);
    if (!deployment || isGuarded(analysis, pipeline, deployment)) continue;
    const hit = firstTester(analysis, pipeline);
    if (!hit) continue;
    const { tests, together } = hit;
    const { a, b, words } = together;
    const [first, second] = [jobPattern(deployment, a), jobPattern(tests.job, b)];
    yield {
      message: `"${deployment.label}" of ${pipeline.label} deploys on ${words} while the tests in ${tests.where} still run`,
      at: deployment.keyAt,
      cause: { of: tests.job.keyAt, here: `"${deployment.label}" of ${pipeline.label} deploys on ${words} as well` },
      related: [
        { at: a.start.at, message: `${pipeline.label} starts on ${words} (${a.start.event})` },
        { at: tests.job.keyAt, message: `Tests: "${tests.label}" in ${tests.where}` },
        { at: b.start.at, message: "Starts on the same push; nothing orders the two" },
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
      claim: analysis.claim(
        [a, b],
        [
          { kind: "job-started", job: second },
          { kind: "job-ended", job: first, conclusion: "success" },
          { kind: "job-ended", job: second, conclusion: "failure" },
        ],
        { kind: "before", first, second },
        [{ job: second, outcome: "failure" }],
        tests.job,
      ),
    };
  }
}

/** Tests and deployment of one pipeline that run at once in one stage. */
function* besideInStage(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    for (const deployment of pipeline.actions) {
      if (!deploys(deployment) || testsCode(deployment) === "yes" || isGuarded(analysis, pipeline, deployment))
        continue;
      // What is tried out there has to be there before.
      const test = pipeline.actions.find(
        (each) => runTogether(each, deployment) && testsCode(each) === "yes" && !deploys(each),
      );
      if (!test) continue;
      const chain = analysis.clearest(pipeline);
      const [first, second] = [jobPattern(deployment, chain), jobPattern(test, chain)];
      yield {
        message: `"${deployment.label}" deploys while the tests in "${test.label}" still run: both have run order ${deployment.runOrder} of stage "${deployment.stageLabel}"`,
        at: deployment.runOrderAt ?? deployment.keyAt,
        related: [{ at: test.runOrderAt ?? test.keyAt, message: `Tests: "${test.label}", at the same time` }],
        confidence: "medium",
        schedule: [
          beginning(chain, pipeline),
          `stage "${deployment.stageLabel}" -> "${test.label}" starts; "${deployment.label}" starts`,
          `"${deployment.label}" deploys`,
          `"${test.label}" fails`,
        ],
        why: "Actions of one stage with the same run order (1 where none is written) start together. The deployment is out before the tests have failed.",
        url: awsDocumentation.structure,
        help: `Give "${deployment.label}" the run order ${(deployment.runOrder ?? 1) + 1}, or a stage after this one.`,
        claim: analysis.claim(
          [chain],
          [
            { kind: "job-started", job: second },
            { kind: "job-ended", job: first, conclusion: "success" },
            { kind: "job-ended", job: second },
          ],
          { kind: "before", first, second },
        ),
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
function isGuarded(analysis: Analysis, pipeline: StagedPipeline, deployment: ActionFacts): boolean {
  return pipeline.actions.some(
    (action) =>
      (action === deployment || analysis.before(action, deployment)) &&
      (action.kind === "approval" || action.opaque || testsCode(action) !== "no"),
  );
}

interface Tests {
  readonly job: JobFacts;
  readonly label: string;
  readonly where: string;
  /** They also run on pull requests, which may have to pass them. */
  readonly isAskedBefore: boolean;
}

interface Hit {
  readonly tests: Tests;
  readonly together: OnePush;
}

function firstTester(analysis: Analysis, own: StagedPipeline): Hit | undefined {
  for (const other of pipelinesBesideStages(analysis)) {
    if (isOneDefinition(own, other) || follows(own, other)) continue;
    const together = onePush(analysis, [own, other]);
    if (!together || together.apart || together.a.root.kind !== "push" || together.a.root.ref.kind !== "branch")
      continue;
    if (analysis.isTestedBranch(together.a.root.ref.name)) continue;
    const job = isStaged(other) ? testIn(other) : testOn(other, together.b);
    if (!job) continue;
    const isAskedBefore = other.starts.some(({ cause }) => cause.kind === "pull-request");
    const label = isAction(job) ? job.label : jobName(job);
    return { tests: { job, label, where: other.label, isAskedBefore }, together };
  }
  return undefined;
}

/** Tests of a workflow that deploys are there for what it deploys itself. */
function testOn({ jobs }: Pipeline, { circumstances }: TriggerChain): JobFacts | undefined {
  if (jobs.some((job) => lastingEffects(job).length > 0)) return undefined;
  return jobs.find((job) => job.kind !== "call" && jobTestsCode(job) && job.runs(circumstances) !== "no");
}

function testIn({ actions }: StagedPipeline): ActionFacts | undefined {
  return actions.some(deploys) ? undefined : actions.find((each) => testsCode(each) === "yes");
}
