import { conditionHolds, describeCondition } from "./conditions.ts";
import type { JobOutline } from "./outline.ts";
import type { Reason } from "./plan.ts";
import type { Place, Situation } from "./situation.ts";

/** Jobs that this plan cannot run in a place whatever has changed, each with the reason. */
export type AtRest = ReadonlyMap<JobOutline, Reason>;

/**
 * From conditions, empty matrices and, on pull requests, deploying; passed on to the jobs that need them as on GitHub: what
 * needs a skipped job is skipped, unless it runs always or after a failure. `upstream` holds the per-release jobs at rest.
 */
export function jobsAtRest(options: {
  situation: Situation;
  /** Absent: the per-release jobs. */
  place?: Place;
  jobs: readonly JobOutline[];
  upstream?: AtRest;
}): AtRest {
  const { situation, place, jobs, upstream } = options;
  const atRest = new Map<JobOutline, Reason>();
  for (const job of jobs) {
    const isResting = (need: JobOutline): boolean => atRest.has(need) || upstream?.has(need) === true;
    const reason =
      ownReason(situation, job, place) ??
      passedOn(job, place, isResting) ??
      nothingToFail(job, (earlier) => !isResting(earlier));
    if (reason !== undefined) atRest.set(job, reason);
  }
  return atRest;
}

function ownReason(situation: Situation, { owner, name, job, legs }: JobOutline, place?: Place): Reason | undefined {
  const where = inPlace(place);
  if (legs.length === 0) {
    return {
      code: "condition-false",
      text: "its matrix has no combination left",
      because: [`${owner.pipeline.name}.${name}`],
    };
  }
  const facts = place?.facts ?? situation.releaseFacts;
  if (job.condition !== undefined && !conditionHolds(job.condition, facts, situation.compileFilter)) {
    const text = `its condition does not hold${where}: ${describeCondition(job.condition)}`;
    return { code: "condition-false", text, because: [] };
  }
  if (situation.isPullRequest && job.deploys) {
    return { code: "event-filter", text: "it deploys, and a pull request only runs checks", because: [] };
  }
  return undefined;
}

/** `isResting` tells of a need whether it does not run. */
export function passedOn(
  { owner, needs, job }: JobOutline,
  place: Place | undefined,
  isResting: (need: JobOutline) => boolean,
): Reason | undefined {
  const resting = job.runsAfter === "success" ? needs.find(isResting) : undefined;
  if (resting === undefined) return undefined;
  const name = `${owner.pipeline.name}.${resting.name}`;
  const id = place?.name === undefined || resting.job.per === "release" ? name : `${name}@${place.name}`;
  return { code: "upstream-skipped", text: `${id} does not run, which it needs`, because: [id] };
}

/** A job that runs after a failure has nothing to do when nothing before it, however far, can run. */
export function nothingToFail({ job, needs }: JobOutline, runs: (earlier: JobOutline) => boolean): Reason | undefined {
  if (job.runsAfter !== "failure") return undefined;
  const before = new Set(needs);
  for (const earlier of before) {
    if (runs(earlier)) return undefined;
    for (const further of earlier.needs) before.add(further);
  }
  return { code: "upstream-skipped", text: "it runs after a failure, and nothing before it runs", because: [] };
}

export function inPlace(place: Place | undefined): string {
  return place?.name === undefined ? "" : ` in ${place.name}`;
}
