import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import type { TextEdit } from "../../findings/finding.ts";
import { type Analysis, can } from "../analysis/analysis.ts";
import { type Effect, isDocumentation, isPreview, lastingEffects, reportsOrCleans } from "../analysis/effects.ts";
import { momentOfPush, takesNewerCommit } from "../analysis/found-claims.ts";
import { type Checkout, checkoutsOf, movesToTestedCommit, takesBuiltFiles } from "../analysis/sources.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { expression, fileName, jobName } from "../analysis/wording.ts";
import { addParameters } from "../edits.ts";
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
  readonly effect: Effect;
  readonly checkout: Checkout;
  readonly chain: TriggerChain;
}

function hitOf(analysis: Analysis, pipeline: Pipeline, job: JobFacts): Hit | undefined {
  if (job.kind !== "work" || isPreview(job) || reportsOrCleans(job)) return undefined;
  const effects = lastingEffects(job).filter((effect) => effect.step);
  const [effect] = effects;
  if (!effect || movesToTestedCommit(job) || takesBuiltFiles(analysis, job) || pinnedToCommit(effects))
    return undefined;
  const chain = analysis
    .chains(pipeline)
    .find((each) => each.upstream && runsTestedCode(each) && can(analysis.effectRuns(job, each.circumstances)));
  const checkouts = checkoutsOf(analysis, job).filter(({ step }) => chain && can(step.runs(chain.circumstances)));
  // Another checkout of a chosen commit takes its place.
  if (!chain || checkouts.some(({ ref }) => ref !== "" && ref !== "github.sha" && ref !== "github.ref"))
    return undefined;
  const [checkout] = checkouts;
  return checkout && { pipeline, job, effect, checkout, chain };
}

function candidate(analysis: Analysis, hit: Hit, others: readonly Hit[]): Candidate {
  const { pipeline, job, effect, checkout, chain } = hit;
  const upstream = chain.circumstances.upstream!.pipeline;
  const only = pipeline.starts.every((start) => start.cause.kind === "completion");
  const value = expression(`github.event.workflow_run.head_sha${only ? "" : " || github.sha"}`);
  const edits = [hit, ...others].map(({ checkout: { step, ref }, job: { file } }) =>
    step.edit && ref === "" && file === pipeline.id ? addParameters(step.edit, [`ref: ${value}`]) : undefined,
  );
  const does = effect.kind === "publish" ? "publishes" : "deploys";
  return {
    message: `"${jobName(job)}" checks out the default branch as it is now, not the commit that ${fileName(upstream)} has tested`,
    at: checkout.step.at,
    related: [
      { at: chain.start.at, message: `Started when ${fileName(upstream)} has completed` },
      { at: effect.step!.at, message: `What it then ${does}: ${effect.tool}` },
      ...others.map((other) => ({ at: other.checkout.step.at, message: `The same in "${jobName(other.job)}"` })),
    ],
    confidence: "high",
    ...(isDocumentation(effect) ? { severity: "warning" as const } : {}),
    schedule: [
      `${chain.described} (commit A) -> ${fileName(upstream)} tests A`,
      `push of commit B ${momentOfPush(analysis, chain)}`,
      `${fileName(upstream)} completes for A -> ${fileName(pipeline.id)} starts`,
      `"${jobName(job)}" checks out B, which nothing has tested, and ${does} it`,
    ],
    help: `Check out \`${value}\`.`,
    ...(edits.includes(undefined) ? {} : { edits: edits as TextEdit[] }),
    claim: takesNewerCommit(analysis, analysis.defaultBranch, { job, step: checkout.step, chain }),
  };
}

/** Runs that began with somebody's pull request must use the trusted branch: taking its commit would be the bug. */
function runsTestedCode(chain: TriggerChain): boolean {
  const { event } = chain.circumstances.upstream!;
  return event === "push" || event === "release" || (event === "workflow_run" && chain.root.kind === "push");
}

/** What is deployed is named by the tested commit; the checkout brings only the means. */
function pinnedToCommit(effects: ReturnType<typeof lastingEffects>): boolean {
  return effects.every(({ step }) => step !== undefined && /head_sha/.test(step.text));
}
