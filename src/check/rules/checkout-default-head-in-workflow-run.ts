import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import { type Analysis, can } from "../analysis/analysis.ts";
import {
  type Effect,
  isDocumentation,
  isGuess,
  isPreview,
  lastingEffects,
  reportsOrCleans,
} from "../analysis/effects.ts";
import { momentOfPush, takesNewerCommit } from "../analysis/found-claims.ts";
import {
  type Checkout,
  checkoutsOf,
  hasTested,
  makersFor,
  movesToTestedCommit,
  takesBuiltFiles,
  takesTip,
} from "../analysis/sources.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { expression, fileName, jobName } from "../analysis/wording.ts";
import { addParameters, replaceScalar } from "../edits.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const checkoutDefaultHeadInWorkflowRun: Rule = {
  id: "checkout-default-head-in-workflow-run",
  severity: "error",
  kind: "race",
  title: "deploys the tip of the default branch, not the commit that was tested",
  why: "In a run that workflow_run started, a checkout without `ref` takes the default branch as it is now. When something was pushed since, that is not what the workflow before has tested.",
  url: documentation.workflowRun,
  *find(analysis) {
    const seen = new Set<object>();
    for (const pipeline of analysis.facts.pipelines) {
      const hits = pipeline.jobs.flatMap((job) => hitOf(analysis, pipeline, job) ?? []);
      const fresh = hits.filter(({ checkout }, i) => {
        const { at } = checkout.step;
        return !seen.has(at) && hits.findIndex((each) => each.checkout.step.at === at) === i;
      });
      for (const { checkout } of fresh) seen.add(checkout.step.at);
      const [first, ...others] = fresh;
      if (first) yield candidate(analysis, first, others);
    }
  },
};

interface Hit {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  /** Whose checkout it is: the job itself, or one that hands its files to it. */
  readonly maker: JobFacts;
  readonly effect: Effect;
  readonly checkout: Checkout;
  readonly chain: TriggerChain;
}

function hitOf(analysis: Analysis, pipeline: Pipeline, job: JobFacts): Hit | undefined {
  if (job.kind !== "work" || isPreview(job) || reportsOrCleans(job)) return undefined;
  const effects = lastingEffects(job).filter((effect) => effect.step);
  const [effect] = effects;
  if (!effect || takesBuiltFiles(analysis, job) || pinnedToCommit(analysis, job, effects)) return undefined;
  const chain = analysis
    .chains(pipeline)
    .find((each) => each.upstream && runsTestedCode(each) && can(analysis.effectRuns(job, each.circumstances)));
  if (!chain) return undefined;
  // What a job before has made of its checkout is deployed as well.
  for (const maker of [...makersFor(analysis, job), job]) {
    const checkout = movesToTestedCommit(maker) ? undefined : tipOf(analysis, maker, chain);
    if (checkout) return { pipeline, job, maker, effect, checkout, chain };
  }
  return undefined;
}

/** Unless another checkout of a chosen commit takes its place. */
function tipOf(analysis: Analysis, job: JobFacts, chain: TriggerChain): Checkout | undefined {
  const checkouts = checkoutsOf(analysis, job).filter(({ step }) => can(step.runs(chain.circumstances)));
  return checkouts.every(takesTip) ? checkouts[0] : undefined;
}

function candidate(analysis: Analysis, hit: Hit, others: readonly Hit[]): Candidate {
  const { pipeline, job, maker, effect, checkout, chain } = hit;
  const upstream = chain.circumstances.upstream!.pipeline;
  const branch = checkout.branch ?? analysis.defaultBranch;
  const what = checkout.branch ?? "the default branch";
  const handed = maker === job ? "" : `, and hands its files to "${jobName(job)}"`;
  const only = pipeline.starts.every((start) => start.cause.kind === "completion");
  const value = expression(`github.event.workflow_run.head_sha${only ? "" : " || github.sha"}`);
  const edits = [hit, ...others].map(({ checkout: { step }, maker: { file } }) => {
    const given = step.parameter("ref");
    if (file !== pipeline.id) return undefined;
    return given ? replaceScalar(given.at, value) : step.edit && [addParameters(step.edit, [`ref: ${value}`])];
  });
  const does = effect.kind === "publish" ? "publishes" : "deploys";
  return {
    message: `"${jobName(maker)}" checks out ${what} as it is now, not the commit that ${fileName(upstream)} ${hasTested(analysis, upstream)}${handed}`,
    at: checkout.step.at,
    related: [
      { at: chain.start.at, message: `Started when ${fileName(upstream)} has completed` },
      { at: effect.step!.at, message: `What it then ${does}: ${effect.tool}` },
      ...others.map((other) => ({ at: other.checkout.step.at, message: `The same in "${jobName(other.maker)}"` })),
    ],
    confidence: "high",
    ...(isDocumentation(effect) || isGuess(effect) ? { severity: "warning" as const } : {}),
    schedule: [
      `${chain.described} (commit A) -> ${fileName(upstream)} tests A`,
      `push of commit B ${momentOfPush(analysis, chain)}`,
      `${fileName(upstream)} completes for A -> ${fileName(pipeline.id)} starts`,
      `"${jobName(maker)}" checks out B, which nothing has tested, and ${maker === job ? `${does} it` : `"${jobName(job)}" ${does} that`}`,
    ],
    help: `Check out \`${value}\`.`,
    ...(edits.includes(undefined) ? {} : { edits: edits.flatMap((edit) => edit ?? []) }),
    claim: takesNewerCommit(analysis, branch, { job: maker, step: checkout.step, chain }),
  };
}

/** Runs that began with somebody's pull request must use the trusted branch: taking its commit would be the bug. */
function runsTestedCode(chain: TriggerChain): boolean {
  const { event } = chain.circumstances.upstream!;
  return event === "push" || event === "release" || (event === "workflow_run" && chain.root.kind === "push");
}

/** What is deployed is named by the tested commit, also through outputs; the checkout brings only the means. */
function pinnedToCommit(analysis: Analysis, job: JobFacts, effects: readonly Effect[]): boolean {
  const namesCommit = ({ text }: StepFacts): boolean => /head_sha/.test(text);
  const outputs = [
    ...job.steps.filter((step) => step.id !== undefined && namesCommit(step)).map(({ id }) => `steps.${id}.outputs.`),
    ...analysis
      .jobsBefore(job)
      .filter(({ steps }) => steps.some(namesCommit))
      .map(({ path }) => `needs.${path[0]}.outputs.`),
  ].map((each) => each.toLowerCase());
  return effects.every(
    ({ step }) =>
      step !== undefined && (namesCommit(step) || outputs.some((each) => step.text.toLowerCase().includes(each))),
  );
}
