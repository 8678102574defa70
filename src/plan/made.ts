import type { Value } from "../model/delivery.ts";
import { own } from "../model/own.ts";
import type { HandOff, ResolvedJob, ResolvedPipeline } from "../model/resolved-delivery.ts";
import { type Decisions, type PlacedPipeline, type Verdict, verdictOf } from "./decisions.ts";
import { isSameJob } from "./definition-change.ts";
import type { ArtifactRef, Deployed, Made, MadeRelease, PlanRequest, Reason } from "./plan.ts";
import type { PlanContext } from "./plan-context.ts";
import { valuesOf } from "./reads.ts";

/**
 * What was made once is not made again: the per-release jobs of a pipeline take over what an earlier run made of the same
 * files. One release stands for all jobs of the pipeline, so that what goes together is what was proven together.
 *
 * What comes before has the first word: where this goes next, it goes as it is there. Then the newest release of the commit
 * that is complete, and only then one of which some jobs are left to do.
 */
export interface Earlier {
  /** How the job's result came about, when it may be taken over: what it needs and reads is what it was then. */
  take(job: ResolvedJob, decisions: Decisions): Verdict | undefined;
  /** The release that made its result of the job, be it one that may not be taken; undefined: it has none. */
  madeIn(job: ResolvedJob): number | undefined;
}

export interface EarlierResults {
  best: Earlier | undefined;
  /** What would have been taken, had its files been kept. */
  lost: Earlier | undefined;
}

export function earlierResults(
  context: PlanContext,
  { resolved, jobs, first }: { resolved: ResolvedPipeline; jobs: readonly ResolvedJob[]; first: PlacedPipeline },
): EarlierResults {
  if (context.request.made === undefined) return { best: undefined, lost: undefined };
  const question: Question = { context, resolved, jobs };
  const sets = [...provenBefore(question, first), ...ofThisCommit(question)];
  const isKept = (one: Candidate) =>
    !jobs.some((job) => Object.values(one.result(job)?.artifacts ?? {}).some(({ digest }) => context.lost.has(digest)));
  // Most often the first one is complete, and the others, with all their jobs, need not be looked at.
  const best =
    sets.find((one) => one.isComplete && isKept(one)) ??
    sets.find((one) => isKept(one) && jobs.some((job) => one.result(job) !== undefined));
  const lost = best?.isComplete ? undefined : sets.find((one) => one.isComplete && !isKept(one));
  return { best: best && earlier(best), lost: lost && earlier(lost) };
}

/** Parameters, and the branch, as far as the job reads them: what tells apart two results of one commit. */
export function inputsOf(
  { owner, job }: ResolvedJob,
  { parameters, change }: Pick<PlanRequest, "parameters" | "change">,
) {
  const inputs: Record<string, string> = {};
  const look = (value: Value): void => {
    if (typeof value === "string") return;
    if (Array.isArray(value)) value.forEach(look);
    else if ("parameter" in value) inputs[`parameter ${value.parameter}`] = own(parameters, value.parameter) ?? "";
    else if ("context" in value && value.context === "branch") inputs.branch = change.branch;
  };
  const conditions = job.steps.flatMap(({ condition }) => condition ?? []);
  valuesOf({ owner, job }).forEach(look);
  // What a step's condition asks may be anything of these.
  if (conditions.length > 0) {
    inputs.branch = change.branch;
    inputs.event = change.event;
    for (const [name, value] of Object.entries(parameters)) inputs[`parameter ${name}`] = value;
  }
  return inputs;
}

function readsCommit({ owner, job }: ResolvedJob): boolean {
  const isCommit = (value: Value): boolean =>
    typeof value !== "string" &&
    (Array.isArray(value) ? value.some(isCommit) : "context" in value && value.context === "commit");
  return valuesOf({ owner, job }).some(isCommit);
}

interface Question {
  context: PlanContext;
  resolved: ResolvedPipeline;
  /** Its per-release jobs that are not left out. */
  jobs: readonly ResolvedJob[];
}

interface Candidate {
  release: number;
  commit: string;
  readonly isComplete: boolean;
  result(job: ResolvedJob): Made | undefined;
  /** What a job of another pipeline handed over at that time; undefined: whatever it hands over now. */
  handedOver?(handOff: HandOff): string | undefined;
  /** `for this commit`. */
  words: string;
}

/** What the environments have that come before the first one in which it runs, nearest first. */
function provenBefore({ context, resolved, jobs }: Question, { target }: PlacedPipeline): Candidate[] {
  const { request } = context;
  const { name, triggers } = resolved.pipeline;
  const found: Candidate[] = [];
  for (const environment of environmentsBefore(context, target.name)) {
    const deployed = own(own(request.history.deployed, environment) ?? {}, name);
    if (deployed === undefined) continue;
    if (context.changedSince(deployed.commit)?.matching(triggers.paths).length !== 0) continue;
    const set = request.made?.find(({ release }) => release === deployed.release);
    const result = remembered((job) => {
      const made = set && resultIn(set, job);
      const part = partOf(deployed, job);
      return hasAll(part, job) && isDefinedAs(set, job, context) && hasSameInputs(job, made, context)
        ? { ...part, release: made?.release ?? deployed.release }
        : undefined;
    });
    if (!jobs.every((job) => result(job) !== undefined)) continue;
    const isSame = deployed.commit === request.change.commit;
    const words = isSame ? "for this commit" : `and ${environment} has it: nothing it owns changed since`;
    found.push({ release: deployed.release, commit: deployed.commit, isComplete: true, result, words });
  }
  return found;
}

/** However far. */
export function environmentsBefore({ delivery }: PlanContext, name: string | undefined): string[] {
  const named = new Map(delivery.environments.map((environment) => [environment.name, environment]));
  const before = new Set(name === undefined ? [] : named.get(name)?.after);
  for (const one of before) for (const further of named.get(one)?.after ?? []) before.add(further);
  return [...before];
}

/** Runs of the same commit, or of another with the very same files, newest first. */
function ofThisCommit({ context, jobs }: Question): Candidate[] {
  const { change, made = [] } = context.request;
  if (change.commit === "") return [];
  const isSame = (commit: string) =>
    commit === change.commit
      ? change.uncommitted.length === 0
      : context.changedSince(commit)?.matching([]).length === 0;
  return made.flatMap((set): Candidate[] => {
    if (!isSame(set.commit)) return [];
    const isOther = set.commit !== change.commit;
    const result = remembered((job) => {
      const found = resultIn(set, job);
      if (found === undefined || !isDefinedAs(set, job, context) || (isOther && readsCommit(job))) return undefined;
      return hasSameInputs(job, found, context) ? { ...partOf(found, job), release: found.release } : undefined;
    });
    const isNeeded = ({ job }: ResolvedJob) => !job.continueOnFailure && job.runsAfter !== "failure";
    return [
      {
        release: set.release,
        commit: set.commit,
        get isComplete() {
          return jobs.every((job) => !isNeeded(job) || result(job) !== undefined);
        },
        result,
        handedOver: ({ kind, name, source }) => handedValue(resultIn(set, source), kind, name),
        words: isOther ? `for the same files (commit ${set.commit.slice(0, 7)})` : "for this commit",
      },
    ];
  });
}

/** A job's result is asked for several times: whether all are there, whether each is kept, and to be taken. */
function remembered(result: Candidate["result"]): Candidate["result"] {
  const known = new Map<ResolvedJob, Made | undefined>();
  return (job) => {
    if (!known.has(job)) known.set(job, result(job));
    return known.get(job);
  };
}

function resultIn(set: MadeRelease, { owner, name, job }: ResolvedJob): Made | undefined {
  const found = own(set.jobs, `${owner.name}.${name}`);
  return found !== undefined && hasAll(found, { owner, name, job }) ? found : undefined;
}

/** An incomplete result is none. */
function hasAll(
  { outputs, artifacts }: Pick<Made, "outputs" | "artifacts">,
  job: Pick<ResolvedJob, "owner" | "name" | "job">,
) {
  return (
    Object.keys(job.job.artifacts).every((name) => Object.hasOwn(artifacts, name)) &&
    outputsOf(job).every((name) => Object.hasOwn(outputs, name))
  );
}

function partOf({ outputs, artifacts }: Pick<Made, "outputs" | "artifacts">, job: ResolvedJob) {
  const pick = <T>(values: Record<string, T>, names: readonly string[]): Record<string, T> =>
    Object.fromEntries(names.flatMap((name) => (Object.hasOwn(values, name) ? [[name, values[name]!]] : [])));
  return { outputs: pick(outputs, outputsOf(job)), artifacts: pick(artifacts, Object.keys(job.job.artifacts)) };
}

function outputsOf({ owner, name }: Pick<ResolvedJob, "owner" | "name">): string[] {
  return Object.entries(owner.pipeline.outputs).flatMap(([output, { job }]) => (job === name ? [output] : []));
}

/** Files that no commit holds, or another definition of them, say something else with the same commit. */
function isDefinedAs(set: MadeRelease | undefined, job: ResolvedJob, { delivery: now }: PlanContext): boolean {
  return set?.delivery === undefined || isSameJob({ before: set.delivery, now, job });
}

/** What nobody wrote down is not taken for the same. */
function hasSameInputs(job: ResolvedJob, made: Made | undefined, { request }: PlanContext): boolean {
  const wanted = inputsOf(job, request);
  const names = Object.keys(wanted);
  if (names.length === 0) return true;
  const given = made?.inputs;
  return given !== undefined && names.every((name) => own(given, name) === wanted[name]);
}

function earlier(candidate: Candidate): Earlier {
  const { commit, words } = candidate;
  return {
    madeIn: (job) => candidate.result(job)?.release,
    take(job, decisions) {
      const made = candidate.result(job);
      if (made === undefined) return undefined;
      // What it rests on is made anew, so it is too.
      if (job.needs.some((need) => verdictOf(decisions, need, undefined).decision === "run")) return undefined;
      if (!job.reads.every((handOff) => isAsThen(handOff, decisions))) return undefined;
      const { outputs, artifacts } = made;
      const makes = Object.keys(outputs).length + Object.keys(artifacts).length > 0;
      const text = `${makes ? "built once by" : "passed in"} release ${made.release} ${words}`;
      const reason: Reason = { code: "built-once", text, because: [] };
      const reused: Deployed = { release: made.release, commit, outputs, artifacts };
      return { decision: "reuse", reason, reused };
    },
  };

  function isAsThen(handOff: HandOff, decisions: Decisions): boolean {
    const now = verdictOf(decisions, handOff.source, undefined);
    if (now.decision === "run") return false;
    const before = candidate.handedOver;
    return before === undefined || before(handOff) === handedValue(now.reused, handOff.kind, handOff.name);
  }
}

type Results = { outputs: Record<string, string>; artifacts: Record<string, ArtifactRef> };

function handedValue(results: Results | undefined, kind: HandOff["kind"], name: string): string | undefined {
  if (results === undefined) return undefined;
  return kind === "output" ? own(results.outputs, name) : own(results.artifacts, name)?.digest;
}
