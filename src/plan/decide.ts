import type { ResolvedPipeline } from "../model/resolved-delivery.ts";
import { decidePlacedJobs, decideReleaseJobs, releasePast, settlePipeline } from "./decide-jobs.ts";
import { decidePipeline, type NeededBy, usable } from "./decide-pipeline.ts";
import type { DecidedPipeline, Decisions, PlacedPipeline, Verdict } from "./decisions.ts";
import { type Excluded, excludedJobs } from "./excluded.ts";
import type { Reason } from "./plan.ts";
import type { PlanContext, Target } from "./plan-context.ts";
import { heldReason, throughReason, unproven } from "./proven.ts";
import { refusedEvent } from "./triggers.ts";

/** For every pipeline in every target, and every job of it, whether it runs and why; pipelines after those they need. */
export function decide(context: PlanContext): Decisions {
  const decisions = new Map<ResolvedPipeline, DecidedPipeline>();
  for (const resolved of context.resolved.pipelines) decisions.set(resolved, prepare(context, resolved));
  const neededBy = context.targets.map((target) => findNeeded(context, target, decisions));
  for (const decided of decisions.values()) {
    const verdictIn = (placed: PlacedPipeline, otherwise?: Reason) =>
      decidePipeline({ context, placed, decisions, neededBy: neededBy[placed.target.index]!, otherwise });
    for (const placed of decided.placed) placed.verdict = verdictIn(placed);
    // What was made is chosen for those that run for their own sake.
    const past = releasePast(context, decided);
    decideReleaseJobs(context, { decided, past, decisions });
    const own = new Map(decided.placed.map((placed) => [placed, placed.verdict]));
    for (let found = unproven(context, decided); found.length > 0; found = unproven(context, decided)) {
      const throughs = found.map((one) => {
        const reason = throughReason(one, past.before?.lost !== undefined);
        const isHeld = one.placed === undefined || own.get(one.placed)!.reason.code === "not-proven";
        return { ...one, verdict: isHeld ? undefined : verdictIn(one.placed!, reason) };
      });
      const stuck = throughs.filter(({ verdict }) => verdict?.decision !== "run");
      // Each round sends it through one more environment, or gives up one for good and what was for the sake of that.
      for (const one of stuck) own.set(one.to, { decision: "skip", reason: heldReason(one) });
      if (stuck.length > 0) for (const [placed, verdict] of own) placed.verdict = verdict;
      else for (const { placed, verdict } of throughs) placed!.verdict = verdict!;
      decideReleaseJobs(context, { decided, past, decisions });
    }
    for (const placed of decided.placed) {
      decidePlacedJobs(context, placed, decisions);
      settlePipeline(decided, placed);
    }
  }
  return decisions;
}

const undecided: Verdict = { decision: "skip", reason: { code: "unchanged", text: "not decided yet", because: [] } };

function prepare(context: PlanContext, resolved: ResolvedPipeline): DecidedPipeline {
  const excludedFromRelease = excludedJobs({ context, jobs: resolved.releaseJobs });
  const placed = context.targets.map((target) => placePipeline({ context, resolved, target, excludedFromRelease }));
  return { resolved, release: { excluded: excludedFromRelease, jobs: new Map() }, placed };
}

function placePipeline(options: {
  context: PlanContext;
  resolved: ResolvedPipeline;
  target: Target;
  excludedFromRelease: Excluded;
}): PlacedPipeline {
  const { context, resolved, target, excludedFromRelease } = options;
  // Without an environment there are no jobs of environments to speak of.
  const jobs = target.name === undefined ? [] : resolved.environmentJobs;
  const excluded = excludedJobs({ context, target, jobs, upstream: excludedFromRelease });
  const isEmpty = excluded.size === jobs.length && excludedFromRelease.size === resolved.releaseJobs.length;
  const handsOver = resolved.handsOver.filter(
    ({ source }) =>
      !excluded.has(source) &&
      !excludedFromRelease.has(source) &&
      (target.name !== undefined || source.job.per === "release"),
  );
  return { resolved, target, handsOver, excluded, verdict: undecided, isEmpty, jobs: new Map() };
}

/** What selected pipelines need in a target; past one that can be reused nothing more is needed. */
function findNeeded(context: PlanContext, target: Target, decisions: Decisions): NeededBy {
  const neededBy = new Map<ResolvedPipeline, ResolvedPipeline>();
  if (context.selected.size === 0) return neededBy;
  for (const resolved of context.resolved.pipelines.toReversed()) {
    const placed = decisions.get(resolved)!.placed[target.index]!;
    const isKept = neededBy.has(resolved) && (context.request.force === "all" || usable(context, placed) === undefined);
    if (!context.selected.has(resolved.name) && !isKept) continue;
    if (placed.isEmpty || refusedEvent(context, resolved) !== undefined) continue;
    for (const need of resolved.needs) if (!neededBy.has(need)) neededBy.set(need, resolved);
  }
  return neededBy;
}
