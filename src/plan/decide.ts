import { refusedEvent } from "./admission.ts";
import { type AtRest, jobsAtRest } from "./at-rest.ts";
import { decidePlacedJobs, decideReleaseJobs, settlePipeline } from "./decide-jobs.ts";
import { decidePipeline, type NeededBy, usable } from "./decide-pipeline.ts";
import type { DecidedPipeline, Decisions, PlacedPipeline, Verdict } from "./decisions.ts";
import type { PipelineOutline } from "./outline.ts";
import type { Place, Situation } from "./situation.ts";

/** For every pipeline in every place, and every job of it, whether it runs and why; pipelines after those they need. */
export function decide(situation: Situation): Decisions {
  const decisions = new Map<PipelineOutline, DecidedPipeline>();
  for (const outline of situation.outline.pipelines) decisions.set(outline, prepare(situation, outline));
  const neededBy = situation.places.map((place) => findNeeded(situation, place, decisions));
  for (const decided of decisions.values()) {
    for (const placed of decided.placed) {
      placed.verdict = decidePipeline({ situation, placed, decisions, neededBy: neededBy[placed.place.index]! });
    }
    decideReleaseJobs(situation, decided, decisions);
    for (const placed of decided.placed) {
      decidePlacedJobs(placed, decisions);
      settlePipeline(decided, placed);
    }
  }
  return decisions;
}

const undecided: Verdict = { decision: "skip", reason: { code: "unchanged", text: "not decided yet", because: [] } };

function prepare(situation: Situation, outline: PipelineOutline): DecidedPipeline {
  const releaseAtRest = jobsAtRest({ situation, jobs: outline.releaseJobs });
  const placed = situation.places.map((place) => placePipeline({ situation, outline, place, releaseAtRest }));
  return { outline, release: { atRest: releaseAtRest, jobs: new Map() }, placed };
}

function placePipeline(options: {
  situation: Situation;
  outline: PipelineOutline;
  place: Place;
  releaseAtRest: AtRest;
}): PlacedPipeline {
  const { situation, outline, place, releaseAtRest } = options;
  // Without an environment there are no jobs of environments to speak of.
  const jobs = place.name === undefined ? [] : outline.environmentJobs;
  const atRest = jobsAtRest({ situation, place, jobs, upstream: releaseAtRest });
  const isEmpty = atRest.size === jobs.length && releaseAtRest.size === outline.releaseJobs.length;
  const handsOver = outline.handsOver.filter(
    ({ source }) =>
      !atRest.has(source) && !releaseAtRest.has(source) && (place.name !== undefined || source.job.per === "release"),
  );
  return { outline, place, handsOver, atRest, verdict: undecided, isEmpty, jobs: new Map() };
}

/** What selected pipelines need in a place; past one that can be reused nothing more is needed. */
function findNeeded(situation: Situation, place: Place, decisions: Decisions): NeededBy {
  const neededBy = new Map<PipelineOutline, PipelineOutline>();
  if (situation.selected.size === 0) return neededBy;
  for (const outline of situation.outline.pipelines.toReversed()) {
    const placed = decisions.get(outline)!.placed[place.index]!;
    const isKept =
      neededBy.has(outline) && (situation.request.force === "all" || usable(situation, placed) === undefined);
    if (!situation.selected.has(outline.pipeline.name) && !isKept) continue;
    if (placed.isEmpty || refusedEvent(situation, outline) !== undefined) continue;
    for (const need of outline.needs) if (!neededBy.has(need)) neededBy.set(need, outline);
  }
  return neededBy;
}
