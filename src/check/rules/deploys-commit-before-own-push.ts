import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { pushesBranch } from "../analysis/branch-pushes.ts";
import { lastingEffects } from "../analysis/effects.ts";
import { onceFor } from "../analysis/once-for.ts";
import { type Checkout, checkoutsOf, makersFor, movesToTestedCommit } from "../analysis/sources.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { expression, jobName } from "../analysis/wording.ts";
import { addParameters } from "../edits.ts";
import { documentation, type Rule } from "../rule.ts";

export const deploysCommitBeforeOwnPush: Rule = {
  id: "deploys-commit-before-own-push",
  severity: "warning",
  kind: "broken hand-off",
  title: "deploys the commit from before the push of the same run",
  why: "A run keeps the commit that it was started with. What one of its jobs commits and pushes is not in the checkout of a later job, unless that asks for the branch: the old version goes out.",
  url: documentation.contexts,
  *find(analysis) {
    const seen = new Set<object>();
    const pushesIn = onceFor((pipeline: Pipeline) => pushesOf(analysis, pipeline));
    for (const { pipeline, job } of analysis.work()) {
      const pushes = pushesIn(pipeline);
      const hit = pushes.length > 0 ? hitOf(analysis, { pipeline, pushes }, job) : undefined;
      if (!hit || seen.has(hit.checkout.step.at)) continue;
      seen.add(hit.checkout.step.at);
      const { maker, checkout, pusher, push, chain } = hit;
      const { edit } = checkout.step;
      const value = expression("github.ref_name");
      const edits =
        edit && checkout.ref === "" && maker.file === pipeline.id
          ? [addParameters(edit, [`ref: ${value}`])]
          : undefined;
      const [first, second] = [jobPattern(pusher, chain), jobPattern(maker, chain)];
      yield {
        message: `"${jobName(maker)}" checks out the commit that the run was started with, not the one that "${jobName(pusher)}" has pushed before`,
        at: checkout.step.at,
        related: [
          { at: push.at, message: "Pushes a new commit" },
          { at: hit.deployedAt, message: `"${jobName(job)}" deploys what was checked out` },
        ],
        confidence: "medium",
        schedule: [
          `${chain.described} (commit A) -> "${jobName(pusher)}" pushes commit B`,
          `"${jobName(maker)}" checks out A`,
          `"${jobName(job)}" deploys without B`,
        ],
        help: `Check out \`${value}\`, or hand the new commit over as an output of "${pusher.key}" and check that out.`,
        ...(edits ? { edits } : {}),
        claim: analysis.claim(
          [chain],
          [
            { kind: "step", job: first, step: push.index, outcome: "success" },
            { kind: "step", job: second, step: checkout.step.index },
          ],
          { kind: "runs", job: second, step: checkout.step.index },
        ),
      };
    }
  },
};

interface Hit {
  readonly maker: JobFacts;
  readonly checkout: Checkout;
  readonly pusher: JobFacts;
  readonly push: StepFacts;
  readonly chain: TriggerChain;
  readonly deployedAt: StepFacts["at"];
}

function hitOf(
  analysis: Analysis,
  { pipeline, pushes }: { readonly pipeline: Pipeline; readonly pushes: readonly Push[] },
  job: JobFacts,
): Hit | undefined {
  const [effect] = lastingEffects(job);
  if (!effect?.step) return undefined;
  for (const maker of [job, ...makersFor(analysis, job)]) {
    const checkout = checkoutsOf(analysis, maker).find(({ ref }) => ref === "" || ref === "github.sha");
    if (!checkout || movesToTestedCommit(maker)) continue;
    for (const { pusher, push } of pushes) {
      const chain = analysis.before(pusher, maker) && chainOf(analysis, pipeline, [pusher, maker, job]);
      if (chain) return { maker, checkout, pusher, push, chain, deployedAt: effect.step.at };
    }
  }
  return undefined;
}

interface Push {
  readonly pusher: JobFacts;
  readonly push: StepFacts;
}

function pushesOf(analysis: Analysis, { jobs }: Pipeline): Push[] {
  return jobs.flatMap((pusher) => {
    const push = pusher.steps.find((step) => pushesBranch(analysis, step));
    return push ? [{ pusher, push }] : [];
  });
}

function chainOf(analysis: Analysis, pipeline: Pipeline, jobs: readonly JobFacts[]): TriggerChain | undefined {
  return analysis
    .chains(pipeline)
    .find(
      (chain) =>
        (chain.root.kind === "push"
          ? chain.root.ref.kind === "branch"
          : chain.root.kind === "dispatch" || chain.root.kind === "schedule") &&
        !chain.upstream &&
        jobs.every((job) => can(job.runs(chain.circumstances))),
    );
}
