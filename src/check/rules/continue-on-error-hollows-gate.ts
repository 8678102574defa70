import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import {
  type ActionFacts,
  isStaged,
  type PhaseText,
  type StagedPipeline,
  stagedPipelines,
} from "../../facts/stages.ts";
import type { Place } from "../../findings/source.ts";
import type { Moment } from "../../simulation/schedule.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import {
  deploys,
  type Effect,
  forgivenIn,
  forgivesTests,
  isCalledDocumentation,
  lastingAccess,
  lastingEffects,
  reportsOrCleans,
  testsCode,
  testsInStep,
} from "../analysis/effects.ts";
import { beginning, type TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

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
      if (isStaged(pipeline)) continue;
      const effect = lastingEffects(job).find((each) => !isCalledDocumentation(each));
      if (!effect || reportsOrCleans(job)) continue;
      const own = inOneJob(analysis, pipeline, { job, effect });
      if (own && !seen.has(job.keyAt)) {
        seen.add(job.keyAt);
        yield own;
      }
      for (const { test, chain } of testsBefore(analysis, pipeline.id, job)) {
        const hollow = seen.has(test.keyAt) || isExperimental(test) ? undefined : hollowOf(test);
        if (!hollow) continue;
        seen.add(test.keyAt);
        yield candidate(analysis, { job, test, chain, hollow, tool: effect.tool });
      }
    }
  },
};

/** Why the failure of its tests does not count. */
interface Hollow {
  readonly by: "job" | "step" | "command";
  readonly at: Place;
  readonly step: StepFacts | undefined;
}

/** The whole job, or every step of it that tests. */
function hollowOf(test: JobFacts, among: readonly StepFacts[] = test.steps): Hollow | undefined {
  if (among === test.steps && test.failureIgnored?.value === "yes")
    return { by: "job", at: test.failureIgnored.at, step: undefined };
  const steps = among.filter(testsInStep);
  const [first] = steps;
  if (!first || !steps.every((step) => step.failureIgnored || forgivesTests(step))) return undefined;
  // A later step that asks how the tests ended takes the decision for them.
  if (test.steps.some(asksOutcome)) return undefined;
  return { by: first.failureIgnored ? "step" : "command", at: first.at, step: first };
}

function asksOutcome({ text, condition }: StepFacts): boolean {
  return /steps\.[\w-]+\.(?:outcome|conclusion)|exit 1/.test(`${text} ${condition?.text}`);
}

/** Tests and deployment are steps of one job. */
function inOneJob(
  analysis: Analysis,
  pipeline: Pipeline,
  { job, effect }: { readonly job: JobFacts; readonly effect: Effect },
): Candidate | undefined {
  const last = effect.step;
  if (!last) return undefined;
  const before = job.steps.slice(0, job.steps.indexOf(last)).filter((step) => step.index < last.index);
  const hollow = hollowOf(job, before);
  const chain = hollow && analysis.chains(pipeline).find((each) => can(analysis.effectRuns(job, each.circumstances)));
  if (!hollow?.step || !chain || asksOutcome(last) || !can(analysis.stepRuns(job, hollow.step, chain.circumstances)))
    return undefined;
  const own = jobPattern(job, chain);
  const outcome = hollow.by === "step" ? "failure" : "success";
  const tested = { kind: "step", job: own, step: hollow.step.index, outcome } as const;
  return {
    message: `The tests in "${jobName(job)}" may fail and the job goes on: it deploys all the same`,
    at: hollow.at,
    related: [{ at: last.at, message: `It deploys here: ${effect.tool}` }],
    confidence: "medium",
    schedule: [
      `${chain.described} -> the tests in "${jobName(job)}" fail`,
      swallowed[hollow.by],
      `${effect.tool} runs`,
    ],
    help: remedy[hollow.by],
    claim: analysis.claim(
      [chain],
      [tested, { kind: "step", job: own, step: last.index, outcome: "success" }],
      hollow.by === "step"
        ? { kind: "runs-after-step", job: own, failed: hollow.step.index, follower: own, step: last.index }
        : { kind: "runs", job: own, step: last.index },
      hollow.by === "step" ? [{ job: own, step: hollow.step.index, outcome }] : [],
    ),
  };
}

interface Hit {
  readonly job: JobFacts;
  readonly test: JobFacts;
  readonly chain: TriggerChain;
  readonly hollow: Hollow;
  readonly tool: string;
}

const swallowed = {
  job: "continue-on-error: the failure does not count",
  step: "continue-on-error: the failure of the step does not count",
  command: "the command passes all the same, and so does its step",
};
const remedy = {
  job: "Remove continue-on-error from the job; put it on the single step that may fail, if there is one.",
  step: "Remove continue-on-error from the step with the tests.",
  command: "Let the tests decide how their command ends: remove what follows them.",
};

function candidate(analysis: Analysis, { job, test, chain, hollow, tool }: Hit): Candidate {
  const elsewhere = test.pipeline === job.pipeline ? "" : ` in ${fileName(job.pipeline)}`;
  const [tested, follower] = [jobPattern(test, chain), jobPattern(job, chain)];
  const { by, at, step } = hollow;
  const after: Moment = { kind: "job-started", job: follower };
  const claims = {
    job: () =>
      analysis.claim(
        [chain],
        [{ kind: "job-ended", job: tested, conclusion: "failure" }, after],
        { kind: "runs-after", job: tested, follower },
        [{ job: tested, outcome: "failure" }],
      ),
    step: () =>
      analysis.claim(
        [chain],
        [{ kind: "step", job: tested, step: step!.index, outcome: "failure" }, after],
        { kind: "runs-after-step", job: tested, failed: step!.index, follower },
        [{ job: tested, step: step!.index, outcome: "failure" }],
      ),
    // Whatever the tests say, the step passes: that is all there is to see.
    command: () =>
      analysis.claim([chain], [{ kind: "step", job: tested, step: step!.index, outcome: "success" }, after], {
        kind: "runs",
        job: follower,
      }),
  };
  return {
    message:
      by === "job"
        ? `"${jobName(test)}" may fail and its run stays green: "${jobName(job)}"${elsewhere} deploys all the same`
        : `The tests in "${jobName(test)}" may fail and the job stays green: "${jobName(job)}"${elsewhere} deploys all the same`,
    at,
    related: [{ at: job.keyAt, message: `"${jobName(job)}" comes after it: ${tool}` }],
    confidence: test.pipeline === job.pipeline ? "medium" : "high",
    schedule: [
      `${chain.described} -> ${by === "job" ? `"${jobName(test)}" fails` : `the tests in "${jobName(test)}" fail`}`,
      swallowed[by],
      `"${jobName(job)}" runs`,
    ],
    help: remedy[by],
    claim: claims[by](),
  };
}

/** Tests that have ended before the job, in its own run and in those it was started by. */
function* testsBefore(
  analysis: Analysis,
  pipeline: string,
  job: JobFacts,
): Generator<{ test: JobFacts; chain: TriggerChain }> {
  for (const chain of analysis.chains(analysis.facts.pipeline(pipeline)!)) {
    if (!can(analysis.effectRuns(job, chain.circumstances))) continue;
    for (const test of analysis.jobsBefore(job)) {
      if (testsCode(test) && isGate(analysis, test) && can(test.runs(chain.circumstances))) yield { test, chain };
    }
    for (let before = chain.upstream; before; before = before.upstream) {
      for (const test of analysis.facts.pipeline(before.start.pipeline)!.jobs) {
        // Of a run as a whole the conclusion counts.
        const counts = test.caller === undefined || isGate(analysis, test);
        if (counts && testsCode(test) && can(test.runs(before.circumstances))) yield { test, chain };
      }
    }
  }
}

/** Somebody waits for it by name; or it is all that a called workflow is for. Beside the work itself it only advises. */
function isGate(analysis: Analysis, test: JobFacts): boolean {
  const { jobs } = analysis.facts.pipeline(test.pipeline)!;
  const beside = jobs.filter((each) => each !== test && each.caller === test.caller && each.file === test.file);
  return jobs.some(({ needs }) => needs.includes(test.id)) || beside.every((each) => testsCode(each));
}

function isExperimental(job: JobFacts): boolean {
  return /experimental|nightly|canary|beta|flaky|optional|informational|bench|unstable|allow.?fail/i.test(
    `${job.key} ${job.label} ${job.matrix?.axes.join(" ") ?? ""}`,
  );
}

/** Tests among other lines of one command, whose failure is lost: only the last line counts. */
function* lostFailures(analysis: Analysis): Generator<Candidate> {
  const seen = new Set<string>();
  for (const pipeline of stagedPipelines(analysis.facts)) {
    for (const action of pipeline.actions) {
      for (const [phase, { texts, label: name }] of action.phases.entries()) {
        const lost = texts.find(losesTests);
        const place = lost && `${lost.at.source.path}:${lost.at.start}`;
        const after = lost && deploymentAfter(analysis, pipeline, { action, phase });
        if (!lost || !place || !after || seen.has(place)) continue;
        seen.add(place);
        yield {
          message: `Failed tests in "${action.label}" do not count: ${after.does} all the same`,
          at: lost.at,
          related: [{ at: after.at, message: "It deploys here" }],
          confidence: "high",
          schedule: [
            beginning(analysis.clearest(pipeline), pipeline),
            `"${action.label}"${name === "" ? "" : `, ${name}`}: the tests fail`,
            lost.goesOn
              ? "the lines after them run, and the last one passes: so does the command"
              : "the command passes all the same",
            after.does,
          ],
          why: "CodeBuild looks at how a command ends as a whole. Of several lines in one command that is how the last one ends, unless the shell is told to stop at errors.",
          url: awsDocumentation.buildspec,
          help: lost.goesOn
            ? "Write the tests as a command of their own, or begin the lines with `set -e`."
            : "Let the tests decide how their command ends: remove what follows them.",
          claim: failsAndGoesOn(analysis, pipeline, { action, phase, after, goesOn: lost.goesOn }),
        };
      }
    }
  }
}

interface After {
  readonly does: string;
  readonly at: Place;
  readonly action: ActionFacts;
  /** Of the action itself. */
  readonly phase: number | undefined;
}

interface Lost {
  readonly action: ActionFacts;
  readonly phase: number;
  readonly after: After;
  /** The shell goes on after the line; else the line itself passes. */
  readonly goesOn: boolean;
}

function failsAndGoesOn(analysis: Analysis, pipeline: StagedPipeline, { action, phase, after, goesOn }: Lost) {
  const chain = analysis.clearest(pipeline);
  const [job, follower] = [jobPattern(action, chain), jobPattern(after.action, chain)];
  // Whatever the tests say, the line passes: that is all there is to see.
  if (!goesOn) {
    const place = after.phase === undefined ? {} : { step: after.phase };
    const passes = { kind: "step", job, step: phase, outcome: "success" } as const;
    return analysis.claim([chain], [passes], { kind: "runs", job: follower, ...place });
  }
  const failed = { kind: "step", job, step: phase, outcome: "failure" } as const;
  const step = after.phase === undefined ? {} : { step: after.phase };
  const outcomes = [{ job, step: phase, outcome: "failure" as const }];
  return after.action === action && after.phase === phase
    ? analysis.claim(
        [chain],
        [failed, { kind: "job-ended", job, conclusion: "success" }],
        { kind: "runs", job, step: phase },
        outcomes,
      )
    : analysis.claim([chain], [failed], { kind: "runs-after-step", job, failed: phase, follower, ...step }, outcomes);
}

/** What deploys afterwards: in the same phase, in a later one, or in a later action. */
function deploymentAfter(
  analysis: Analysis,
  pipeline: StagedPipeline,
  { action, phase }: { readonly action: ActionFacts; readonly phase: number },
): After | undefined {
  for (const [later, step] of action.phases.entries()) {
    const effect = later >= phase ? lastingAccess(action, step) : undefined;
    if (effect) return { does: `${effect.tool} deploys`, at: effect.at, action, phase: later };
  }
  const follower = pipeline.actions.find((each) => analysis.before(action, each) && deploys(each));
  return follower && { does: `"${follower.label}" deploys`, at: follower.keyAt, action: follower, phase: undefined };
}

/** A line runs tests, and nothing looks at how it ends: it is not the last one, or passes whatever they say. */
function losesTests({ text, goesOn }: PhaseText): boolean {
  if (/\bif\b|\bexit [1-9$]|\breturn\b/.test(text)) return false;
  // CodeBuild's shell does not fail in pipes; that is left out here, as many images bring another one.
  return forgivenIn(text, { stopsAtErrors: !goesOn, failsInPipes: true }).some(({ isForgiven }) => isForgiven);
}
