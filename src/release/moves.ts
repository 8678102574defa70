import { type Deployed, type JobId, originOf, type PlannedPipeline, type Undone } from "../plan/plan.ts";
import type { ToUndo } from "../plan/undo.ts";
import type { Arrival, EnvironmentPast, ReleaseFacts, ReleaseHistory, RunFacts, Visit } from "./history.ts";

/** A release that goes on to an environment, or back to it, and the set that it is to have then. */
export interface Move {
  kind: "promotion" | "rollback";
  to: string;
  release: ReleaseFacts;
  /** By value: of each pipeline the version that was proven. */
  set: Record<string, Deployed>;
  /** Where it was proven with that set: what comes before, or the environment itself. */
  provenIn: string;
  /** What is there now; absent: nothing was ever deployed. */
  here: Visit | undefined;
  /** Releases that are not there any more afterwards, and no target by themselves; of a rollback. */
  takesBack: number[];
  /** What was done there since, and this does not undo; of a rollback. */
  crosses: Crossed[];
  /** What its jobs that undo are for, the newest release first; of a rollback. */
  undoes: ToUndo[];
  /** The run that once took this release back from there. */
  takenBackBy?: string;
  /** Pipelines that are moved; empty: all. */
  pipelines: string[];
}

/** A job that says it cannot be undone, and had begun: of which release, and what it does. */
export interface Crossed {
  release: number;
  job: JobId;
  does: string;
}

/** Why a release may not move; data, for whoever has to put it into words. */
export type MayNotMove =
  /** Nothing comes before the environment, so nothing can have been proven there. */
  | { code: "nothing-before" }
  /** No release has passed what comes before. */
  | { code: "nothing-proven"; before: string[] }
  /** This one has not passed these environments. */
  | { code: "not-proven"; release: number; before: string[] }
  /** What comes before has it with other files of a pipeline in one place than in another. */
  | { code: "differs-before"; release: number; pipeline: string }
  /** All that could go there by itself is older than what is there, or was taken back. `takenBack`: the newest of those. */
  | { code: "nothing-newer"; here: number; takenBack?: number }
  | { code: "is-there"; release: number }
  /** Something newer is there: going back is a rollback, and asked for as such, where the release was there as a whole before. */
  | { code: "older"; release: number; here: number; wasThere: boolean }
  /** Nothing was ever deployed there, or nothing else that was whole but what was taken back, newest first. */
  | { code: "nothing-to-go-back-to"; here?: number; takenBack?: number[] }
  /** This release was never there as a whole. `isOlder`: than what is there, so that it cannot be promoted either. */
  | { code: "was-never-there"; release: number; known: number[]; isOlder: boolean };

export type Moving = { move: Move } | { mayNot: MayNotMove };

/**
 * What may be promoted to an environment: the release that is named, or the newest that is proven in all that comes right
 * before, was not taken back there and is newer than what is there.
 */
export function promotionTo(
  { releases, environments }: ReleaseHistory,
  { to, release: named, pipelines = [] }: { to: string; release?: ReleaseFacts | undefined; pipelines?: string[] },
): Moving {
  const past = environments.get(to);
  const here = past?.visits.at(-1);
  const isWhole = here !== undefined && isWholeVisit(here);
  const known = named === undefined ? [...releases.values()] : [named];
  // A newer run of another branch may know nothing of this environment.
  const before = known.map((one) => beforeIn(one, to)).find(({ length }) => length > 0) ?? [];
  if (before.length === 0) return { mayNot: { code: "nothing-before" } };
  const isProven = (release: ReleaseFacts) => beforeIn(release, to).every((name) => release.proven.has(name));
  const candidates = [...releases.values()].filter((one) => beforeIn(one, to).length > 0 && isProven(one));
  const isTakenBack = ({ number }: ReleaseFacts) => past?.takenBack.has(number) === true;
  const release = named ?? candidates.find((one) => !isTakenBack(one));
  if (release === undefined && candidates.length === 0) return { mayNot: { code: "nothing-proven", before } };
  if (release !== undefined && !isProven(release)) {
    const open = before.filter((name) => !release.proven.has(name));
    return { mayNot: { code: "not-proven", release: release.number, before: open } };
  }
  if (named === undefined && here !== undefined && (release === undefined || release.number <= here.release)) {
    const [newest] = candidates;
    // What came there and did not pass may come again.
    if (release === undefined || isWhole || release.number < here.release) {
      const takenBack = newest !== undefined && newest.number > here.release && isTakenBack(newest);
      return {
        mayNot: { code: "nothing-newer", here: here.release, ...(takenBack && { takenBack: newest.number }) },
      };
    }
  }
  const { number, proven } = release!;
  if (here !== undefined && number < here.release) {
    const wasThere = past!.visits.some((visit) => visit.release === number && isWholeVisit(visit));
    return { mayNot: { code: "older", release: number, here: here.release, wasThere } };
  }
  if (isWhole && number === here.release) return { mayNot: { code: "is-there", release: number } };
  const provenIn = beforeIn(release, to);
  const sets = provenIn.map((name) => proven.get(name)!);
  const pipeline = differing(release!, sets);
  if (pipeline !== undefined) return { mayNot: { code: "differs-before", release: number, pipeline } };
  const move = { kind: "promotion" as const, to, release: release!, set: sets[0]!, provenIn: provenIn[0]!, here };
  return { move: { ...move, ...wasTakenBack(past, number), takesBack: [], crosses: [], undoes: [], pipelines } };
}

const isWholeVisit = ({ outcome, only }: Visit): boolean => outcome === "whole" && only.length === 0;

/** What comes right before it, by the release's own definition. */
function beforeIn(release: ReleaseFacts | undefined, to: string): string[] {
  return release?.facts.delivery.environments.find(({ name }) => name === to)?.after ?? [];
}

/** A pipeline whose files, made once, are not the same in all of these. */
function differing({ facts }: ReleaseFacts, [first, ...others]: Record<string, Deployed>[]): string | undefined {
  for (const { name, jobs } of facts.delivery.pipelines) {
    const files = Object.values(jobs).flatMap(({ per, artifacts }) =>
      per === "release" ? Object.keys(artifacts) : [],
    );
    const digest = (set: Record<string, Deployed> | undefined, file: string) => set?.[name]?.artifacts[file]?.digest;
    if (others.some((other) => files.some((file) => digest(first, file) !== digest(other, file)))) return name;
  }
  return undefined;
}

/**
 * Where an environment goes back to: the release that is named and was there as a whole, or the last good one: the newest that was
 * there as a whole before what is there now, and that nobody went back from.
 */
export function rollbackOf(
  { releases, environments }: ReleaseHistory,
  { to, release: named, pipelines = [] }: { to: string; release?: ReleaseFacts | undefined; pipelines?: string[] },
): Moving {
  const past = environments.get(to);
  const here = past?.visits.at(-1);
  if (past === undefined || here === undefined) return { mayNot: { code: "nothing-to-go-back-to" } };
  const isHere = isWholeVisit(here);
  const good = past.visits.filter(isWholeVisit);
  const isOther = ({ release }: Visit) => !(isHere && release === here.release);
  const target =
    named === undefined
      ? good.findLast((visit) => isOther(visit) && !past.takenBack.has(visit.release))
      : good.findLast(({ release }) => release === named.number);
  if (named !== undefined && target !== undefined && !isOther(target)) {
    return { mayNot: { code: "is-there", release: named.number } };
  }
  const known = [...new Set(good.filter(isOther).map(({ release }) => release))].reverse();
  if (target === undefined && named !== undefined) {
    const isOlder = named.number < here.release;
    return { mayNot: { code: "was-never-there", release: named.number, known, isOlder } };
  }
  if (target === undefined) {
    return { mayNot: { code: "nothing-to-go-back-to", here: here.release, takenBack: known } };
  }
  // A release whose run was left out because it is old is known from the one that moved it.
  const release = releases.get(target.release) ?? { number: target.release, facts: target.facts, proven: new Map() };
  return {
    move: {
      kind: "rollback",
      to,
      release,
      set: target.set,
      provenIn: to,
      here,
      takesBack: leftBehind(past, target),
      crosses: crossed(past, target).filter(
        ({ job }) => pipelines.length === 0 || pipelines.some((one) => job.startsWith(`${one}.`)),
      ),
      undoes: toUndo(past, { target, releases }),
      ...wasTakenBack(past, target.release),
      pipelines,
    },
  };
}

function wasTakenBack(past: EnvironmentPast | undefined, release: number): Pick<Move, "takenBackBy"> {
  const takenBackBy = past?.takenBack.get(release);
  return takenBackBy === undefined ? {} : { takenBackBy };
}

function leftBehind(past: EnvironmentPast, target: Visit): number[] {
  const after = since(past, target).map(({ release }) => release);
  return [...new Set(after)].filter((release) => release !== target.release);
}

/** Who goes back brings nothing that was not there before. */
function crossed(past: EnvironmentPast, target: Visit): Crossed[] {
  return since(past, target).flatMap(({ kind, release, facts, environment }) => {
    const begun = new Set(facts.changes.flatMap((one) => (one.environment === environment && one.job ? one.job : [])));
    return kind === "rollback" || release === target.release
      ? []
      : irreversibleIn(facts, begun).map((one) => ({ release, ...one }));
  });
}

/** Also what came there again of the same release and did not pass. */
function since({ visits }: EnvironmentPast, target: Visit): Visit[] {
  return visits.slice(visits.indexOf(target) + 1);
}

/**
 * Of each pipeline the releases that came there one upon the other since the target, whether or not they passed, and that no
 * rollback has gone back from so far that it deployed again.
 */
function toUndo(
  past: EnvironmentPast,
  { target, releases }: { target: Visit; releases: ReadonlyMap<number, ReleaseFacts> },
): ToUndo[] {
  const upon = new Map<string, Visit[]>();
  const visits = since(past, target);
  for (const [at, visit] of visits.entries()) {
    for (const pipeline of beganToDeploy(visit, visits[at + 1]?.seq)) {
      const stack = upon.get(pipeline) ?? [target];
      const below = stack.findLastIndex(({ release }) => release === visit.release);
      if (visit.kind === "rollback") stack.length = Math.max(below, 0) + 1;
      // What came there again left other values.
      if (below !== -1) stack[below] = visit;
      else if (visit.kind !== "rollback") stack.push(visit);
      upon.set(pipeline, stack);
    }
  }
  const found = [...upon].flatMap(([pipeline, stack]) =>
    stack.slice(1).map((visit, at) => ({ pipeline, visit, before: stack[at]! })),
  );
  // By release, as what went back to one alone came to lie under a newer one: what came there last is not always on top.
  return found
    .sort((one, other) => other.visit.release - one.visit.release || other.visit.seq - one.visit.seq)
    .map(({ pipeline, visit, before }) => ({
      pipeline,
      release: visit.release,
      to: { release: before.release, commit: before.facts.plan.change.commit },
      by: undoneOf(visit, releases),
    }));
}

/** Before the next visit: a run that is retried comes again, and has begun some of it the first time. */
function beganToDeploy({ facts, environment, seq }: Visit, until = Number.POSITIVE_INFINITY): Set<string> {
  const isHere = (one: Arrival) => one.environment === environment && one.seq >= seq && one.seq < until;
  const began = new Set(facts.changes.flatMap((one) => (isHere(one) ? (one.job ?? []) : [])));
  return new Set(facts.plan.jobs.flatMap(({ id, pipeline, undoes }) => (!undoes && began.has(id) ? [pipeline] : [])));
}

function undoneOf({ facts, release, set }: Visit, releases: ReadonlyMap<number, ReleaseFacts>): Undone {
  const { delivery, plan } = facts;
  const { commit, branch } = plan.change;
  const [proven = {}] = releases.get(release)?.proven.values() ?? [];
  const own = Object.entries(set).map(([pipeline, version]): [string, Deployed] => {
    if (originOf(version) === release || !plan.pipelines.some((one) => isOwn(one, pipeline)))
      return [pipeline, version];
    // It did not pass here, so these are the files of another release: its own are known where it has passed, or nowhere.
    return [pipeline, { ...version, artifacts: proven[pipeline]?.artifacts ?? {} }];
  });
  return { delivery, commit, branch, parameters: plan.parameters, set: Object.fromEntries(own) };
}

const isOwn = ({ pipeline, decision }: PlannedPipeline, name: string) => pipeline === name && decision === "run";

/** Of these jobs those that cannot be undone. */
export function irreversibleIn(
  { delivery, plan }: Pick<RunFacts, "delivery" | "plan">,
  jobs: ReadonlySet<JobId>,
): Omit<Crossed, "release">[] {
  return plan.jobs.flatMap(({ id, pipeline, job }) => {
    const does = delivery.pipelines.find(({ name }) => name === pipeline)?.jobs[job]?.irreversible;
    return does === undefined || !jobs.has(id) ? [] : [{ job: id, does }];
  });
}
