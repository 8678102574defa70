import type { AtRest } from "./at-rest.ts";
import type { HandOff, JobOutline, PipelineOutline } from "./outline.ts";
import type { Deployed, PlannedPipeline, Reason } from "./plan.ts";
import type { Place } from "./situation.ts";

export type Decision = PlannedPipeline["decision"];

/** A decision with its reason, and what stands in for a run. */
export interface Verdict {
  decision: Decision;
  reason: Reason;
  reused?: Deployed;
}

/** A pipeline in a place. */
export interface PlacedPipeline {
  outline: PipelineOutline;
  place: Place;
  /** What other pipelines take from it and some job of it makes here. */
  handsOver: readonly HandOff[];
  /** Its per-environment jobs that cannot run here whatever changed. */
  atRest: AtRest;
  verdict: Verdict;
  /** Its jobs are excluded here by their conditions: what needs it goes on without it, as past a skipped job. */
  isEmpty: boolean;
  /** Verdicts of its per-environment jobs. */
  jobs: Map<JobOutline, Verdict>;
}

/** A pipeline's per-release jobs, and the pipeline in every place. */
export interface DecidedPipeline {
  outline: PipelineOutline;
  release: { atRest: AtRest; jobs: Map<JobOutline, Verdict> };
  placed: PlacedPipeline[];
}

export type Decisions = ReadonlyMap<PipelineOutline, DecidedPipeline>;

/** Of a job in a place; per-release jobs have one verdict for all places. */
export function verdictOf(decisions: Decisions, job: JobOutline, place: Place | undefined): Verdict {
  const decided = decisions.get(job.owner)!;
  const jobs = job.job.per === "release" ? decided.release.jobs : decided.placed[place!.index]!.jobs;
  return jobs.get(job)!;
}

/**
 * Where a job in a place gets something that another pipeline hands over: from a job of this plan, from an earlier
 * deployment, or from nowhere. A place that reuses a pipeline reads what is deployed there even when the pipeline's
 * per-release jobs run for the sake of another place.
 */
export type Supply = { from: "job"; job: JobOutline } | { from: "deployed"; deployed: Deployed } | { from: "nowhere" };

export function supplyOf(options: {
  decisions: Decisions;
  handOff: HandOff;
  /** Absent for a per-release reader. */
  place: Place | undefined;
}): Supply {
  const { decisions, handOff, place } = options;
  const { source } = handOff;
  const owner = place === undefined ? undefined : decisions.get(source.owner)!.placed[place.index]!;
  if (owner !== undefined && owner.verdict.decision !== "run") return earlier(owner.verdict.reused);
  const verdict = verdictOf(decisions, source, place);
  if (verdict.decision === "run") return { from: "job", job: source };
  return earlier(verdict.reused ?? owner?.verdict.reused);

  function earlier(deployed: Deployed | undefined): Supply {
    const values = handOff.kind === "output" ? deployed?.outputs : deployed?.artifacts;
    if (deployed === undefined || values === undefined || !Object.hasOwn(values, handOff.name))
      return { from: "nowhere" };
    return { from: "deployed", deployed };
  }
}
