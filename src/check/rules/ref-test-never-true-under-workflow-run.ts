import type { ConditionFacts, JobFacts, StepFacts } from "../../facts/facts.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, can, jobPattern, runPattern } from "../analysis/analysis.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const refTestNeverTrueUnderWorkflowRun: Rule = {
  id: "ref-test-never-true-under-workflow-run",
  severity: "warning",
  kind: "dead edge",
  title: "github.ref says nothing about the tested branch under workflow_run",
  why: "In a run that workflow_run started, github.ref and github.ref_name are always the default branch, whatever branch the workflow before ran on. The test is either never true or guards nothing.",
  url: documentation.workflowRun,
  *find(analysis) {
    const seen = new Set<ConditionFacts["at"]>();
    for (const pipeline of analysis.facts.pipelines) {
      const chains = analysis.chains(pipeline).filter((chain) => chain.upstream);
      if (chains.length === 0) continue;
      // The same test in several places is one mistake.
      const byText = new Map<string, Place[]>();
      for (const job of pipeline.jobs) {
        for (const { condition, step } of conditionsOf(job)) {
          if (!condition || seen.has(condition.at)) continue;
          const found = decisive(analysis, condition, chains);
          if (!found) continue;
          seen.add(condition.at);
          const places = byText.get(found.test.text) ?? [];
          byText.set(found.test.text, [...places, { job, step, condition, ...found }]);
        }
      }
      for (const [first, ...others] of byText.values()) {
        const claim = sameForAll(analysis, first!, chains);
        if (claim) yield { ...candidate(analysis, first!, others), claim };
      }
    }
  },
};

interface Place extends Found {
  readonly job: JobFacts;
  readonly step: StepFacts | undefined;
  readonly condition: ConditionFacts;
}

function* conditionsOf(
  job: JobFacts,
): Generator<Pick<Place, "step"> & { readonly condition: ConditionFacts | undefined }> {
  yield { condition: job.condition, step: undefined };
  for (const step of job.steps) yield { condition: step.condition, step };
}

interface Found {
  readonly test: ConditionFacts["refTests"][number];
  readonly chain: TriggerChain;
}

function decisive(analysis: Analysis, condition: ConditionFacts, chains: readonly TriggerChain[]): Found | undefined {
  for (const test of condition.refTests) {
    const chain = chains.find((each) => test.decides(each.circumstances));
    if (chain) return { test, chain };
  }
  if (analysis.facts.defaultBranch !== undefined) return undefined;
  // Whichever of the branches that are spoken of is the default: for each of them some test decides, always the same way.
  const candidates = analysis.branches.map((defaultBranch) => {
    const supposed = (chain: TriggerChain) => ({ ...chain.circumstances, defaultBranch });
    return condition.refTests.flatMap((test) => {
      const chain = chains.find((each) => test.decides(supposed(each)));
      return chain ? [{ test, chain }] : [];
    })[0];
  });
  return candidates.includes(undefined) ? undefined : candidates[0];
}

/** Never, whatever branch the run before was on; or also after a run on another branch than the one asked for. */
function sameForAll(
  analysis: Analysis,
  { job, step, test, chain }: Place,
  chains: readonly TriggerChain[],
): Claim | undefined {
  const at = step ? { step: step.index } : {};
  const upstream = (each: TriggerChain) => each.circumstances.upstream!;
  const after = (each: TriggerChain) => [
    { kind: "run-ended", run: runPattern(upstream(each).pipeline, each) } as const,
  ];
  if (test.holdsFor(analysis.defaultBranch) === "no") {
    return analysis.claim([chain], after(chain), { kind: "never-runs", job: jobPattern(job, chain), ...at });
  }
  const other = chains.find(
    (each) =>
      // A pull request is on no branch of the repository, whatever its own is called.
      (each.root.kind === "pull-request" || upstream(each).branch !== (test.name ?? analysis.defaultBranch)) &&
      can(step ? analysis.stepRuns(job, step, each.circumstances) : job.runs(each.circumstances)),
  );
  return other && analysis.claim([other], after(other), { kind: "runs", job: jobPattern(job, other), ...at });
}

function candidate(
  analysis: Analysis,
  { job, step, condition, test, chain }: Place,
  others: readonly Place[],
): Candidate {
  const branch = analysis.facts.defaultBranch;
  const holds = test.holdsFor(branch ?? analysis.defaultBranch);
  const upstream = fileName(chain.circumstances.upstream!.pipeline);
  const what = step ? `Step "${step.label}"` : `Job "${jobName(job)}"`;
  const dead = branch !== undefined && holds === "no";
  return {
    message: dead
      ? `${what} never runs after ${upstream}: there \`github.ref\` is always ${branch}, so \`${test.text}\` is never true`
      : `${what} tests \`${test.text}\`, but after ${upstream} the ref is always the default branch: the test guards nothing`,
    at: condition.at,
    related: [
      { at: chain.start.at, message: `Started by workflow_run after ${upstream}` },
      ...others.map((other) => ({ at: other.condition.at, message: "The same test" })),
    ],
    confidence: branch === undefined ? "medium" : "high",
    ...(dead ? { severity: "error" as const } : {}),
    schedule: [
      `${upstream} completes on any branch -> ${fileName(job.pipeline)} starts`,
      `github.ref is refs/heads/${branch ?? `<default branch>`} -> \`${test.text}\` is ${dead ? "false" : "the same every time"}`,
    ],
    help: "Test `github.event.workflow_run.head_branch` (and `github.event.workflow_run.event == 'push'`, as a fork may use the same branch name).",
  };
}
