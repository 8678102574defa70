import type { HandOff, ResolvedJob, ResolvedPipeline } from "../model/resolved-delivery.ts";
import type { Excluded } from "./excluded.ts";
import type { Deployed, PlannedPipeline, Reason } from "./plan.ts";
import type { Target } from "./plan-context.ts";

export type Decision = PlannedPipeline["decision"];

/** A decision with its reason, and what stands in for a run. */
export interface Verdict {
  decision: Decision;
  reason: Reason;
  reused?: Deployed;
}

/** A pipeline in a target. */
export interface PlacedPipeline {
  resolved: ResolvedPipeline;
  target: Target;
  /** What other pipelines take from it and some job of it makes here. */
  handsOver: readonly HandOff[];
  /** Its per-environment jobs that cannot run here whatever changed. */
  excluded: Excluded;
  verdict: Verdict;
  /** Its jobs are excluded here by their conditions: what needs it goes on without it, as past a skipped job. */
  isEmpty: boolean;
  /** Verdicts of its per-environment jobs. */
  jobs: Map<ResolvedJob, Verdict>;
}

/** A pipeline's per-release jobs, and the pipeline in every target. */
export interface DecidedPipeline {
  resolved: ResolvedPipeline;
  release: { excluded: Excluded; jobs: Map<ResolvedJob, Verdict> };
  placed: PlacedPipeline[];
}

export type Decisions = ReadonlyMap<ResolvedPipeline, DecidedPipeline>;

/** Of a job in a target; per-release jobs have one verdict for all targets. */
export function verdictOf(decisions: Decisions, job: ResolvedJob, target: Target | undefined): Verdict {
  const decided = decisions.get(job.owner)!;
  const jobs = job.job.per === "release" ? decided.release.jobs : decided.placed[target!.index]!.jobs;
  return jobs.get(job)!;
}

/**
 * Where a job in a target gets something that another pipeline hands over: from a job of this plan, from an earlier
 * deployment, or from nowhere. A target that reuses a pipeline reads what is deployed there even when the pipeline's
 * per-release jobs run for the sake of another target.
 */
export type Supply = { from: "job"; job: ResolvedJob } | { from: "deployed"; deployed: Deployed } | { from: "nowhere" };

export function supplyOf(options: {
  decisions: Decisions;
  handOff: HandOff;
  /** Absent for a per-release reader. */
  target: Target | undefined;
}): Supply {
  const { decisions, handOff, target } = options;
  const { source } = handOff;
  const owner = target === undefined ? undefined : decisions.get(source.owner)!.placed[target.index]!;
  if (owner !== undefined && owner.verdict.decision !== "run") return earlier(owner.verdict.reused);
  const verdict = verdictOf(decisions, source, target);
  if (verdict.decision === "run") return { from: "job", job: source };
  return earlier(verdict.reused ?? owner?.verdict.reused);

  function earlier(deployed: Deployed | undefined): Supply {
    const values = handOff.kind === "output" ? deployed?.outputs : deployed?.artifacts;
    if (deployed === undefined || values === undefined || !Object.hasOwn(values, handOff.name))
      return { from: "nowhere" };
    return { from: "deployed", deployed };
  }
}
