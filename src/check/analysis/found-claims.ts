/** Claims about what a step finds where it looks: another commit than the tested one, nobody's artifact, somebody else's. */

import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { RootEvent } from "../../simulation/scenario.ts";
import type { Moment } from "../../simulation/schedule.ts";
import { type Analysis, jobPattern, runPattern, sameRoot } from "./analysis.ts";
import { type ArtifactAccess, artifactsOf, mayMean } from "./artifacts.ts";
import { again, type Way } from "./ways.ts";

interface Looking {
  readonly job: JobFacts;
  readonly step: StepFacts;
  readonly way: Way;
}

function looks({ job, step, way }: Looking): Moment {
  return { kind: "step", job: jobPattern(job, way), step: step.index };
}

/** The step looks for an artifact in vain. */
export function findsNothing(analysis: Analysis, looking: Looking): Claim {
  const { job, step, way } = looking;
  const bad = { kind: "finds-nothing", job: jobPattern(job, way), step: step.index } as const;
  return analysis.claim([way], [looks(looking)], bad);
}

/** A push to `branch` comes in between, and the step takes that. */
export function takesNewerCommit(analysis: Analysis, branch: string, looking: Looking): Claim {
  const { job, step, way } = looking;
  const tested = runPattern(way.circumstances.upstream!.pipeline, way);
  const id = "second";
  const push: RootEvent = { kind: "push", id, ref: { kind: "branch", name: branch }, paths: "every", commit: "c2" };
  const pushed: Moment = { kind: "event", event: id };
  // Where the same push starts this workflow at once, too, that run is over before: the other one is meant.
  const own: Moment[] = startsAtOnce(analysis, looking) ? [{ kind: "job-ended", job: jobPattern(job, way) }] : [];
  const ended: Moment = { kind: "run-ended", run: tested, conclusion: "success" };
  return {
    scenario: { ...analysis.scenario([way]), events: [way.root, push] },
    schedule: isStoppedByNewer(analysis, way)
      ? [...own, ended, pushed, looks(looking)]
      : [{ kind: "run-created", run: tested }, ...own, pushed, ended, looks(looking)],
    bad: { kind: "reads-other-commit", job: jobPattern(job, way), step: step.index, insteadOf: tested },
  };
}

function startsAtOnce(analysis: Analysis, { job, step, way }: Looking): boolean {
  const ways = analysis.ways(analysis.facts.pipeline(way.start.pipeline)!);
  return ways.some(
    (each) => !each.upstream && sameRoot(each, way) && analysis.stepRuns(job, step, each.circumstances) !== "no",
  );
}

/** When the push must come: a newer run that stops the one before leaves only the moment after its end. */
export function momentOfPush(analysis: Analysis, way: Way): string {
  return isStoppedByNewer(analysis, way) ? "just after it has ended" : "while it runs";
}

function isStoppedByNewer({ facts }: Analysis, { upstream }: Way): boolean {
  const before = upstream && facts.pipeline(upstream.start.pipeline);
  const locks = [...(before?.locks ?? []), ...(before?.jobs.flatMap((job) => job.locks) ?? [])];
  return locks.some((lock) => lock.cancels(upstream!.circumstances) !== "no");
}

/** The step takes what the run before has left, of whatever event that was. */
export function takesThoseOf(analysis: Analysis, looking: Looking): Claim {
  const { job, step, way } = looking;
  const of = runPattern(way.circumstances.upstream!.pipeline, way);
  return analysis.claim([way], [looks(looking)], {
    kind: "reads-run",
    job: jobPattern(job, way),
    step: step.index,
    of,
  });
}

/** The newest artifact, of the searched workflow where it is known, is that of another event; none where nobody is seen to upload it for one. */
export function takesSomebodyElses(
  analysis: Analysis,
  {
    download,
    way,
    producer,
  }: { readonly download: ArtifactAccess; readonly way: Way; readonly producer: Pipeline | undefined },
): Claim | undefined {
  for (const upload of artifactsOf(analysis).uploads) {
    if (producer && upload.pipeline !== producer) continue;
    if (!mayMean(download, upload) || (upload.pipeline === download.pipeline && upload.job === download.job)) continue;
    const other = otherWay(analysis, upload, way);
    if (other) return newestOf(analysis, { download, upload, way, other });
  }
  return undefined;
}

/** Somebody's pull request, else a push to another branch, else another push. */
function otherWay(analysis: Analysis, { pipeline, job, step }: ArtifactAccess, own: Way): Way | undefined {
  const ways = analysis
    .ways(pipeline)
    .filter((each) => !each.upstream && analysis.stepRuns(job, step, each.circumstances) !== "no");
  const found =
    ways.find(({ root }) => root.kind === "pull-request") ??
    ways.find((each) => each.described !== own.described) ??
    ways[0];
  return found && again(found);
}

interface Newest {
  readonly download: ArtifactAccess;
  readonly upload: ArtifactAccess;
  readonly way: Way;
  readonly other: Way;
}

function newestOf(analysis: Analysis, { download, upload, way, other }: Newest): Claim {
  const { job, step } = download;
  const theirs = runPattern(upload.pipeline.id, other);
  const isStartedByIt = way.circumstances.upstream?.pipeline === upload.pipeline.id;
  const ended: Moment = { kind: "run-ended", run: theirs, conclusion: "success" };
  const own: Moment = { kind: "run-created", run: runPattern(upload.pipeline.id, way) };
  return {
    scenario: analysis.scenario(isStartedByIt ? [way, other] : [other, way]),
    schedule: [...(isStartedByIt ? [own] : []), ended, looks({ job, step, way })],
    bad: { kind: "reads-run", job: jobPattern(job, way), step: step.index, of: theirs },
  };
}
