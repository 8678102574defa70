import type { JobFacts } from "../../facts/facts.ts";
import type { Place } from "../../findings/source.ts";
import { type Analysis, can, jobPattern, runPattern } from "../analysis/analysis.ts";
import { lastingEffects, reportsOrCleans } from "../analysis/effects.ts";
import { momentOfPush, takesNewerCommit } from "../analysis/found-claims.ts";
import { checkoutsOf } from "../analysis/sources.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { expression, fileName, jobName } from "../analysis/wording.ts";
import { replaceScalar } from "../edits.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const checkoutBranchTip: Rule = {
  id: "checkout-branch-tip",
  severity: "error",
  kind: "race",
  title: "deploys the tip of the tested branch, which may have moved",
  why: "head_branch is a name, not a commit. Whatever was pushed to it since the tests began is checked out and deployed.",
  url: documentation.workflowRun,
  *find(analysis) {
    const seen = new Set<object>();
    yield* handedToOthers(analysis);
    for (const { pipeline, job } of analysis.work()) {
      const [effect] = lastingEffects(job);
      if (!effect || reportsOrCleans(job)) continue;
      for (const { step, ref } of checkoutsOf(analysis, job)) {
        if (!/^(refs\/heads\/)?github\.event\.workflow_run\.head_branch(\s*\|\|.*)?$/.test(ref) || seen.has(step.at))
          continue;
        // Whoever pushes back to the branch needs its tip.
        if (
          job.steps.some((each) => /git push|git-auto-commit|create-pull-request/.test(`${each.text} ${each.action}`))
        )
          continue;
        const chain = analysis
          .chains(pipeline)
          .find(
            (each) =>
              each.circumstances.upstream?.outsider === false && can(analysis.effectRuns(job, each.circumstances)),
          );
        if (!chain) continue;
        const branch = chain.circumstances.upstream!.branch ?? analysis.defaultBranch;
        seen.add(step.at);
        const given = step.parameter("ref");
        const edits = given && replaceScalar(given.at, expression("github.event.workflow_run.head_sha"));
        const upstream = fileName(chain.circumstances.upstream!.pipeline);
        yield {
          message: `"${jobName(job)}" checks out the tip of the branch, which may be newer than the commit that ${upstream} has tested`,
          at: given?.at ?? step.at,
          related: [{ at: chain.start.at, message: `Started when ${upstream} has completed` }],
          confidence: "high",
          schedule: [
            `${chain.described} (commit A) -> ${upstream} tests A`,
            `push of commit B to the same branch ${momentOfPush(analysis, chain)}`,
            `${upstream} completes for A -> "${jobName(job)}" checks out B`,
          ],
          help: "Check out `github.event.workflow_run.head_sha`.",
          ...(edits ? { edits } : {}),
          claim: takesNewerCommit(analysis, branch, { job, step, chain }),
        };
      }
    }
  },
};

/** Inputs by which called workflows take what they deploy. */
const revisionInput = /^(?:git[-_]?)?(?:branch|ref|revision|checkout[-_]?ref|branch[-_]?name|ref[-_]?name)$/i;

/** A workflow of another repository that deploys is told the branch, and not the commit. */
function* handedToOthers(analysis: Analysis): Generator<Candidate> {
  for (const { pipeline, job } of analysis.work()) {
    if (job.kind !== "remote-call" || lastingEffects(job).length === 0) continue;
    for (const [name, { value, at }] of job.given) {
      const [only, ...more] = value;
      if (only?.kind !== "expression" || more.length > 0 || !revisionInput.test(name)) continue;
      if (!/^github\.event\.workflow_run\.head_branch(\s*\|\|.*)?$/.test(only.text.trim())) continue;
      const chain = analysis
        .chains(pipeline)
        .find((each) => each.circumstances.upstream?.outsider === false && can(job.runs(each.circumstances)));
      if (chain) yield handedOver(analysis, { job, name, at, chain });
    }
  }
}

interface HandedOver {
  readonly job: JobFacts;
  readonly name: string;
  readonly at: Place;
  readonly chain: TriggerChain;
}

function handedOver(analysis: Analysis, { job, name, at, chain }: HandedOver): Candidate {
  const { pipeline: id, branch = analysis.defaultBranch } = chain.circumstances.upstream!;
  const upstream = fileName(id);
  const newer = {
    kind: "push",
    id: "second",
    ref: { kind: "branch", name: branch },
    paths: "every",
    commit: "c2",
  } as const;
  return {
    message: `"${jobName(job)}" hands over the name of the branch (\`${name}\`), which may be newer than the commit that ${upstream} has tested`,
    at,
    related: [{ at: chain.start.at, message: `Started when ${upstream} has completed` }],
    // What the called workflow makes of it is not in the files.
    confidence: "medium",
    severity: "warning",
    schedule: [
      `${chain.described} (commit A) -> ${upstream} tests A`,
      `push of commit B to the same branch ${momentOfPush(analysis, chain)}`,
      `${upstream} completes for A -> "${jobName(job)}" deploys what the branch holds by then: B`,
    ],
    help: "Hand over `github.event.workflow_run.head_sha`, where the called workflow takes a commit.",
    claim: {
      scenario: { ...analysis.scenario([chain]), events: [chain.root, newer] },
      schedule: [
        { kind: "run-created", run: runPattern(id, chain) },
        { kind: "event", event: newer.id },
        { kind: "job-started", job: jobPattern(job, chain) },
      ],
      bad: { kind: "runs", job: jobPattern(job, chain) },
    },
  };
}
