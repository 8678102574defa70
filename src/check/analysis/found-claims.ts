/** Claims about what a step finds where it looks: another commit than the tested one, nobody's artifact, somebody else's. */

import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { RootEvent } from "../../simulation/scenario.ts";
import type { Moment } from "../../simulation/schedule.ts";
import { type Analysis, jobPattern, runPattern, sameRoot } from "./analysis.ts";
import { type ArtifactAccess, artifactsOf, mayMean } from "./artifacts.ts";
import { again, type TriggerChain } from "./trigger-chains.ts";

interface Looking {
  readonly job: JobFacts;
  readonly step: StepFacts;
  readonly chain: TriggerChain;
}

function looks({ job, step, chain }: Looking): Moment {
  return { kind: "step", job: jobPattern(job, chain), step: step.index };
}

/** The step looks for an artifact in vain. */
export function findsNothing(analysis: Analysis, looking: Looking): Claim {
  const { job, step, chain } = looking;
  const bad = { kind: "finds-nothing", job: jobPattern(job, chain), step: step.index } as const;
  return analysis.claim([chain], [looks(looking)], bad);
}

/** A push to `branch` comes in between, and the step takes that. */
export function takesNewerCommit(analysis: Analysis, branch: string, looking: Looking): Claim {
  const { job, step, chain } = looking;
  const tested = runPattern(chain.circumstances.upstream!.pipeline, chain);
  const id = "second";
  const push: RootEvent = { kind: "push", id, ref: { kind: "branch", name: branch }, paths: "every", commit: "c2" };
  const pushed: Moment = { kind: "event", event: id };
  // Where the same push starts this workflow at once, too, that run is over before: the other one is meant.
  const own: Moment[] = startsAtOnce(analysis, looking) ? [{ kind: "job-ended", job: jobPattern(job, chain) }] : [];
  const ended: Moment = { kind: "run-ended", run: tested, conclusion: "success" };
  return {
    scenario: { ...analysis.scenario([chain]), events: [chain.root, push] },
    schedule: isStoppedByNewer(analysis, chain)
      ? [...own, ended, pushed, looks(looking)]
      : [{ kind: "run-created", run: tested }, ...own, pushed, ended, looks(looking)],
    bad: { kind: "reads-other-commit", job: jobPattern(job, chain), step: step.index, insteadOf: tested },
  };
}

function startsAtOnce(analysis: Analysis, { job, step, chain }: Looking): boolean {
  const chains = analysis.chains(analysis.facts.pipeline(chain.start.pipeline)!);
  return chains.some(
    (each) => !each.upstream && sameRoot(each, chain) && analysis.stepRuns(job, step, each.circumstances) !== "no",
  );
}

/** When the push must come: a newer run that stops the one before leaves only the moment after its end. */
export function momentOfPush(analysis: Analysis, chain: TriggerChain): string {
  return isStoppedByNewer(analysis, chain) ? "just after it has ended" : "while it runs";
}

function isStoppedByNewer({ facts }: Analysis, { upstream }: TriggerChain): boolean {
  const before = upstream && facts.pipeline(upstream.start.pipeline);
  const locks = [...(before?.locks ?? []), ...(before?.jobs.flatMap((job) => job.locks) ?? [])];
  return locks.some((lock) => lock.cancels(upstream!.circumstances) !== "no");
}

/** The step takes what the run before has left, of whatever event that was. */
export function takesThoseOf(analysis: Analysis, looking: Looking): Claim {
  const { job, step, chain } = looking;
  const of = runPattern(chain.circumstances.upstream!.pipeline, chain);
  return analysis.claim([chain], [looks(looking)], {
    kind: "reads-run",
    job: jobPattern(job, chain),
    step: step.index,
    of,
  });
}

/** The newest artifact, of the searched workflow where it is known, is that of another event; none where nobody is seen to upload it for one. */
export function takesSomebodyElses(
  analysis: Analysis,
  {
    download,
    chain,
    producer,
  }: { readonly download: ArtifactAccess; readonly chain: TriggerChain; readonly producer: Pipeline | undefined },
): Claim | undefined {
  for (const upload of artifactsOf(analysis).uploads) {
    if (producer && upload.pipeline !== producer) continue;
    if (!mayMean(download, upload) || (upload.pipeline === download.pipeline && upload.job === download.job)) continue;
    const other = otherChain(analysis, upload, chain);
    if (other) return newestOf(analysis, { download, upload, chain, other });
  }
  return undefined;
}

/** Somebody's pull request, else a push to another branch, else another push. */
function otherChain(
  analysis: Analysis,
  { pipeline, job, step }: ArtifactAccess,
  own: TriggerChain,
): TriggerChain | undefined {
  const chains = analysis
    .chains(pipeline)
    .filter((each) => !each.upstream && analysis.stepRuns(job, step, each.circumstances) !== "no");
  const found =
    chains.find(({ root }) => root.kind === "pull-request") ??
    chains.find((each) => each.described !== own.described) ??
    chains[0];
  return found && again(found);
}

interface Newest {
  readonly download: ArtifactAccess;
  readonly upload: ArtifactAccess;
  readonly chain: TriggerChain;
  readonly other: TriggerChain;
}

function newestOf(analysis: Analysis, { download, upload, chain, other }: Newest): Claim {
  const { job, step } = download;
  const theirs = runPattern(upload.pipeline.id, other);
  const isStartedByIt = chain.circumstances.upstream?.pipeline === upload.pipeline.id;
  const ended: Moment = { kind: "run-ended", run: theirs, conclusion: "success" };
  const own: Moment = { kind: "run-created", run: runPattern(upload.pipeline.id, chain) };
  return {
    scenario: analysis.scenario(isStartedByIt ? [chain, other] : [other, chain]),
    schedule: [...(isStartedByIt ? [own] : []), ended, looks({ job, step, chain })],
    bad: { kind: "reads-run", job: jobPattern(job, chain), step: step.index, of: theirs },
  };
}
