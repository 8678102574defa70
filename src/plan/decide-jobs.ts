import { own } from "../model/own.ts";
import type { ResolvedJob } from "../model/resolved-delivery.ts";
import { holds, isForced } from "./affected.ts";
import {
  type DecidedPipeline,
  type Decisions,
  type PlacedPipeline,
  supplyOf,
  type Verdict,
  verdictOf,
} from "./decisions.ts";
import { inTarget, nothingToFail, passedOn } from "./excluded.ts";
import { type EarlierResults, earlierResults } from "./made.ts";
import type { Deployed, Reason } from "./plan.ts";
import { originOf } from "./plan.ts";
import type { PlanContext, Target } from "./plan-context.ts";
import { skipsAnEnvironment } from "./proven.ts";

/** What a pipeline that runs somewhere may take over for its per-release jobs. */
export interface ReleasePast {
  moved: Deployed | undefined;
  before: EarlierResults | undefined;
}

/** The pipeline is decided in every target. */
export function releasePast(context: PlanContext, decided: DecidedPipeline): ReleasePast {
  const { resolved, placed, release } = decided;
  const first = placed.find(({ verdict }) => verdict.decision === "run");
  const moved = first && context.isMove ? movedRelease(context, decided) : undefined;
  const jobs = resolved.releaseJobs.filter((job) => !release.excluded.has(job));
  const before = first && moved === undefined ? earlierResults(context, { resolved, jobs, first }) : undefined;
  return { moved, before };
}

/**
 * The per-release jobs run once when the pipeline runs in any target, unless an earlier release made the same already; a release
 * that is moved brings their results along; where every target reuses the pipeline, so do they.
 */
export function decideReleaseJobs(
  context: PlanContext,
  {
    decided,
    past: { moved, before },
    decisions,
  }: { decided: DecidedPipeline; past: ReleasePast; decisions: Decisions },
): void {
  const { resolved, placed, release } = decided;
  const running = placed.filter(({ verdict }) => verdict.decision === "run");
  const [first] = running;
  const reuses = newest(placed.filter(({ verdict }) => verdict.decision === "reuse"));
  const asksAnew = isForced(context, resolved) || context.request.change.event === "schedule";
  // What is made anew for an environment alone could not go there: the one before does not have it.
  const isAnew = asksAnew && !skipsAnEnvironment(context, decided);
  for (const job of resolved.releaseJobs) {
    const exclusion = release.excluded.get(job);
    let verdict: Verdict;
    if (exclusion !== undefined) verdict = { decision: "skip", reason: exclusion };
    else if (moved !== undefined) {
      const text = `made in release ${originOf(moved)}: the same files go everywhere`;
      verdict = { decision: "reuse", reason: { code: "promoted", text, because: [] }, reused: moved };
    } else if (first !== undefined && before !== undefined) {
      const reason = releaseReason(job, running, before);
      verdict = runningJob({ job, target: undefined, reason, decisions });
      if (verdict.decision === "run" && !isAnew) verdict = before.best?.take(job, decisions) ?? verdict;
    } else verdict = reuses?.verdict ?? placed[0]!.verdict;
    release.jobs.set(job, verdict);
  }
}

/** The pipeline's own reason, and for which environments this is made, where these are several. */
function releaseReason(job: ResolvedJob, running: readonly PlacedPipeline[], { best, lost }: EarlierResults): Reason {
  const { reason } = running[0]!.verdict;
  const makes = Object.keys(job.job.artifacts).length > 0;
  const lostOf = lost?.madeIn(job);
  if (lostOf !== undefined && makes) {
    const text = `the files that release ${lostOf} made for this are not kept any more: made anew, other bytes`;
    return { code: "not-kept", text, because: [] };
  }
  const names = running.flatMap(({ target }) => target.name ?? []);
  const once = names.length > 1 ? `once for ${names.join(", ")}: ` : "";
  const bestOf = reason.code === "forced" && makes ? best?.madeIn(job) : undefined;
  const other = bestOf === undefined ? "" : `: other bytes than those of release ${bestOf}`;
  return { ...reason, text: `${once}${reason.text}${other}` };
}

/** The jobs of a pipeline in one target; its per-release jobs are decided. */
export function decidePlacedJobs(context: PlanContext, placed: PlacedPipeline, decisions: Decisions): void {
  const { resolved, target, excluded, verdict, jobs } = placed;
  const before = context.isBack ? madeBeforeDeploying(placed) : new Set<ResolvedJob>();
  for (const job of resolved.environmentJobs) {
    const exclusion = excluded.get(job);
    if (exclusion !== undefined) jobs.set(job, { decision: "skip", reason: exclusion });
    else if (verdict.decision !== "run") jobs.set(job, { decision: verdict.decision, reason: verdict.reason });
    else if (before.has(job)) jobs.set(job, takenBack(verdict.reused!));
    else jobs.set(job, runningJob({ job, target, reason: verdict.reason, decisions }));
  }
}

/**
 * Going back, what the environment's own jobs made before they deployed is taken as it was: only what deploys, and what comes
 * behind that, runs again. Not where something of it is not kept.
 */
function madeBeforeDeploying({ resolved, excluded, verdict }: PlacedPipeline): Set<ResolvedJob> {
  const { reused } = verdict;
  const found = new Set<ResolvedJob>();
  if (reused === undefined) return found;
  const running = resolved.environmentJobs.filter((job) => !excluded.has(job));
  const needed = new Set(running.flatMap((job) => (job.job.deploys ? job.needs : [])));
  for (const job of needed) for (const need of job.needs) needed.add(need);
  const isBehind = (job: ResolvedJob): boolean => job.job.deploys || job.needs.some(isBehind);
  for (const job of running) {
    const { name, owner } = job;
    const outputs = Object.entries(owner.pipeline.outputs).flatMap(([output, maker]) =>
      maker.job === name ? [output] : [],
    );
    const isKept =
      Object.keys(job.job.artifacts).every((artifact) => holds(reused, { kind: "artifact", name: artifact })) &&
      outputs.every((output) => holds(reused, { kind: "output", name: output }));
    if (isKept && needed.has(job) && !isBehind(job)) found.add(job);
  }
  return found;
}

function takenBack(reused: Deployed): Verdict {
  const text = `made in release ${originOf(reused)}: taken back as it was`;
  return { decision: "reuse", reason: { code: "promoted", text, because: [] }, reused };
}

/** When it turns out that none of its jobs can run, a pipeline does not run, and what needs it must know. */
export function settlePipeline({ release }: DecidedPipeline, placed: PlacedPipeline): void {
  if (placed.verdict.decision !== "run") return;
  const verdicts = [...release.jobs.values(), ...placed.jobs.values()];
  if (verdicts.some(({ decision }) => decision === "run")) return;
  // What was made once comes here for the first time: whoever takes it here must know.
  if (verdicts.some(({ reason }) => reason.code === "built-once")) return;
  const reused = verdicts.find(({ decision }) => decision === "reuse");
  const skipped = verdicts.find(({ reason }) => reason.code === "upstream-skipped") ?? verdicts[0]!;
  placed.verdict = reused ?? { decision: "skip", reason: skipped.reason };
}

interface RunningJobQuestion {
  job: ResolvedJob;
  target: Target | undefined;
  /** Of the pipeline. */
  reason: Reason;
  decisions: Decisions;
}

function runningJob({ job, target, reason, decisions }: RunningJobQuestion): Verdict {
  const skipped =
    passedOn(job, target, (need) => isLeftOut(need, { target, decisions })) ??
    nothingToFail(job, (earlier) => verdictOf(decisions, earlier, target).decision === "run") ??
    nothingToRead({ job, target, decisions });
  return skipped === undefined ? { decision: "run", reason } : { decision: "skip", reason: skipped };
}

/** What waits for a failure of something that passed in an earlier release counts as passed, as it would after a success. */
function isLeftOut(
  need: ResolvedJob,
  { target, decisions }: Pick<RunningJobQuestion, "target" | "decisions">,
): boolean {
  const verdict = (one: ResolvedJob) => verdictOf(decisions, one, target);
  if (verdict(need).decision !== "skip") return false;
  const isSpared = need.needs.some((earlier) => verdict(earlier).reason.code === "built-once");
  return !(need.job.runsAfter === "failure" && isSpared);
}

function nothingToRead({ job, target, decisions }: Omit<RunningJobQuestion, "reason">): Reason | undefined {
  const missing = job.reads.find((handOff) => supplyOf({ decisions, handOff, target }).from === "nowhere");
  if (missing === undefined) return undefined;
  const { source, kind, name } = missing;
  const pipeline = source.owner.name;
  const id = `${pipeline}.${source.name}${source.job.per === "environment" && target?.name !== undefined ? `@${target.name}` : ""}`;
  const text = `it takes the ${kind} ${pipeline}.${name}, but ${id} does not run and nothing deployed${inTarget(target)} has it`;
  return { code: "upstream-skipped", text, because: [id] };
}

function newest(placed: readonly PlacedPipeline[]): PlacedPipeline | undefined {
  let best: PlacedPipeline | undefined;
  for (const candidate of placed) {
    if (best === undefined || candidate.verdict.reused!.release > best.verdict.reused!.release) best = candidate;
  }
  return best;
}

/** What the moved release holds of a pipeline, or what was deployed from its commit; only if all is there. */
function movedRelease({ request }: PlanContext, { resolved, release }: DecidedPipeline): Deployed | undefined {
  const { name, outputs } = resolved.pipeline;
  const jobs = resolved.releaseJobs.filter((job) => !release.excluded.has(job));
  const isComplete = (deployed: Deployed): boolean =>
    jobs.every(({ job }) =>
      Object.keys(job.artifacts).every((artifact) => holds(deployed, { kind: "artifact", name: artifact })),
    ) &&
    Object.entries(outputs).every(
      ([output, { job }]) =>
        !jobs.some((made) => made.name === job) || holds(deployed, { kind: "output", name: output }),
    );
  const given = own(request.release ?? {}, name);
  const deployed = Object.values(request.history.deployed)
    .flatMap((there) => own(there, name) ?? [])
    .filter(({ commit }) => commit === request.change.commit)
    .sort((a, b) => b.release - a.release);
  return [...(given === undefined ? [] : [given]), ...deployed].find(isComplete);
}
