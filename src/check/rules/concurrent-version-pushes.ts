import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { type Analysis, besides, jobPattern } from "../analysis/analysis.ts";
import { atOnce } from "../analysis/at-once.ts";
import { type BranchPush, refusablePushes } from "../analysis/branch-pushes.ts";
import { effectsOf } from "../analysis/effects.ts";
import { locksOf, sharedLock } from "../analysis/locks.ts";
import { again, type TriggerChain } from "../analysis/trigger-chains.ts";
import { expression, fileName, jobName } from "../analysis/wording.ts";
import { addJobConcurrency } from "../edits.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const concurrentVersionPushes: Rule = {
  id: "concurrent-version-pushes",
  severity: "warning",
  kind: "race",
  title: "two runs push a new version to one branch, and one is refused",
  why: "Both begin from a commit without the other's, reckon the same next version, and push. Git takes the first push and refuses the second: that version is tagged or published by halves, or is lost.",
  url: documentation.concurrency,
  *find(analysis) {
    const pushes = refusablePushes(analysis).filter(({ job }) => makesVersion(job));
    const found = new Set<Pipeline>();
    for (const [i, first] of pushes.entries()) {
      for (const second of pushes.slice(i + 1)) {
        if (first.pipeline === second.pipeline || found.has(first.pipeline) || found.has(second.pipeline)) continue;
        const pair = meeting(analysis, first, second);
        if (!pair) continue;
        found.add(first.pipeline).add(second.pipeline);
        yield betweenTwo(analysis, first, second, pair);
      }
    }
    for (const push of pushes) {
      const chain = found.has(push.pipeline) ? undefined : chainOf(analysis, push);
      if (!chain || locksOf(analysis, push.job).length > 0) continue;
      found.add(push.pipeline);
      yield ofOne(analysis, push, chain);
    }
  },
};

/** Words of commands and names by which people say that a version is made. */
const version =
  /(?<![-\w])(?:bump\w*|version(?:ing)?|release|changelog)\b(?![-\w]*@)|\bgit\b[^\n]*\stag\s|--follow-tags/i;

function makesVersion(job: JobFacts): boolean {
  if (effectsOf(job).some(({ kind, access }) => kind === "publish" && access?.resource !== "site")) return true;
  return (
    version.test(`${job.key} ${job.label}`) ||
    job.steps.some(({ kind, label, text }) => kind === "command" && version.test(`${label}\n${text}`))
  );
}

/** A push to a branch, or a pull request that was merged into it: what may come twice while the job runs. */
function runsOf(analysis: Analysis, { pipeline, job, step }: BranchPush): TriggerChain[] {
  return analysis.chains(pipeline).filter(
    (chain) =>
      (chain.root.kind === "push"
        ? chain.root.ref.kind === "branch"
        : chain.root.kind === "pull-request" && chain.root.action === "closed" && !chain.root.outsider) &&
      // What another step decides can be decided so for both.
      analysis.stepRuns(job, step, chain.circumstances) !== "no",
  );
}

function chainOf(analysis: Analysis, push: BranchPush): TriggerChain | undefined {
  return runsOf(analysis, push)[0];
}

function meeting(
  analysis: Analysis,
  a: BranchPush,
  b: BranchPush,
): { readonly a: TriggerChain; readonly b: TriggerChain } | undefined {
  const [x, y] = [new Set(runsOf(analysis, a)), new Set(runsOf(analysis, b))];
  return analysis
    .together(a.pipeline, b.pipeline)
    .find(
      (pair) =>
        x.has(pair.a) &&
        y.has(pair.b) &&
        sharedLock(
          analysis,
          { job: a.job, under: pair.a.circumstances },
          { job: b.job, under: pair.b.circumstances },
        ) === "no",
    );
}

const tip = expression("github.ref_name");

const help = `Give it a concurrency group without cancel-in-progress, and let it begin from the branch as it is then: check out \`ref: ${tip}\`, or \`git pull --rebase\` before the push.`;

function ofOne(analysis: Analysis, { pipeline, job, step }: BranchPush, chain: TriggerChain): Candidate {
  const edits =
    job.file === pipeline.id && !job.matrix
      ? addJobConcurrency(job, { group: groupOf(pipeline, job), keepsAll: false })
      : undefined;
  const second = again(chain, "push-2");
  const [older, newer] = [jobPattern(job, chain), jobPattern(job, second)];
  return {
    message: `Two times ${chain.described}, one soon after the other: both runs of "${jobName(job)}" push a version to the branch, and one is refused`,
    at: step.at,
    related: [{ at: chain.start.at, message: `Every ${chain.described} starts one more run` }],
    confidence: "medium",
    schedule: [
      `${chain.described} (commit A) -> "${jobName(job)}" checks out A`,
      `${chain.described} (commit B) -> "${jobName(job)}" checks out B`,
      "the run of B pushes its version",
      "the run of A, which does not have it, is refused",
    ],
    help,
    ...(edits ? { edits } : {}),
    claim: {
      scenario: { ...analysis.scenario([chain]), events: [chain.root, second.root] },
      schedule: [
        { kind: "job-started", job: older },
        { kind: "job-started", job: newer },
        { kind: "job-ended", job: older },
      ],
      bad: { kind: "overlap", first: older, second: newer },
    },
  };
}

function betweenTwo(
  analysis: Analysis,
  first: BranchPush,
  second: BranchPush,
  { a, b }: { readonly a: TriggerChain; readonly b: TriggerChain },
): Candidate {
  const [x, y] = besides(a, b);
  return {
    message: `One ${a.described} lets ${fileName(first.pipeline.id)} and ${fileName(second.pipeline.id)} push a version to the same branch at the same time: one is refused`,
    at: second.step.at,
    related: [
      { at: first.step.at, message: `"${jobName(first.job)}" pushes as well; nothing orders the two` },
      { at: a.start.at, message: `Starts on ${a.described}` },
    ],
    confidence: "medium",
    schedule: [
      `${a.described} -> ${fileName(first.pipeline.id)} starts; ${fileName(second.pipeline.id)} starts`,
      `"${jobName(first.job)}" pushes its commit`,
      `"${jobName(second.job)}", which does not have it, is refused`,
    ],
    help: `Let one come after the other in one run, or \`git pull --rebase\` before each push and try again where it is refused.`,
    claim: atOnce(analysis, { job: first.job, chain: x }, { job: second.job, chain: y }),
  };
}

function groupOf({ id }: Pipeline, { key }: JobFacts): string {
  const stem = fileName(id).replace(/\.ya?ml$/, "");
  return stem === key ? stem : `${stem}-${key}`;
}
