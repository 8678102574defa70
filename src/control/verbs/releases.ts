import { commitsBetween, describeCommits } from "../../git/log.ts";
import { headsOfSnapshots } from "../../git/snapshot.ts";
import { compileFilter } from "../../model/filters.ts";
import type { Deployed } from "../../plan/plan.ts";
import { compareSets, type PipelineChange } from "../../release/compare.ts";
import type { ReleaseFacts, ReleaseHistory, Visit } from "../../release/history.ts";
import { notThere, refused } from "../control.ts";
import { requireJournal } from "../local/journal.ts";
import { timeOf } from "../local/moment.ts";
import { readReleases } from "../local/release-facts.ts";
import type { Place, Project } from "../project.ts";
import { definitionPrefix } from "../request/source.ts";
import {
  type DescribedCommit,
  type PipelineDiffView,
  type ReleaseDiffView,
  type ReleasesView,
  type ReleaseView,
  releaseLine,
  releaseView,
  type SideView,
} from "../views/releases.ts";

/** The newest `most` releases. @throws {Refused} */
export async function listReleases({ project }: Place, { most }: { most: number }): Promise<ReleasesView> {
  const history = releasesOf(project, { most });
  const shown = [...history.releases.values()].slice(0, most);
  const commits = await described(project, shown);
  return { version: 1, releases: shown.map((release) => releaseLine(release, history, commits)) };
}

/**
 * One release with what changed since the one before it, by its number; without it the newest. `at`: as it was at the event of
 * this number. @throws {Refused}
 */
export async function showRelease(
  { project }: Place,
  named: string | undefined,
  { at }: { at?: number | undefined } = {},
): Promise<ReleaseView> {
  const history = releasesOf(project, { until: at });
  const release = findRelease(history, named);
  const before = releaseBefore(history, release);
  const changes = before && (await diffOf(project, sideOf(before), sideOf(release)));
  return releaseView(release, history, { commits: await described(project, [release]), changes });
}

/** What is between two releases; each is a number, or an environment for what it has now. @throws {Refused} */
export async function compareReleases(
  { project }: Place,
  { from, to }: { from: string; to: string },
): Promise<ReleaseDiffView> {
  const history = releasesOf(project);
  return await diffOf(project, namedSide(history, from), namedSide(history, to));
}

function releasesOf(
  project: Project,
  { most, until }: { most?: number; until?: number | undefined } = {},
): ReleaseHistory {
  using journal = requireJournal(project);
  if (until !== undefined) timeOf(journal, until);
  return readReleases(journal, { ...(most !== undefined && { most }), ...(until !== undefined && { until }) });
}

async function described(
  { repository }: Project,
  releases: readonly ReleaseFacts[],
): Promise<ReadonlyMap<string, DescribedCommit>> {
  if (repository === undefined) return new Map();
  const commits = releases.map(({ facts }) => facts.plan.change.commit);
  const heads = await headsOfSnapshots(repository, commits);
  const lines = await describeCommits(repository, [...commits, ...Object.values(heads)]);
  return new Map(
    commits.flatMap((commit) => {
      const head = heads[commit];
      const line = lines.get(head ?? commit);
      if (line === undefined) return [];
      const { author, subject } = line;
      return [[commit, { author, subject, ...(head !== undefined && { snapshotOf: head }) }] as const];
    }),
  );
}

/** By its number, or that of a run that moved it; without one the newest. @throws {Refused} */
export function findRelease({ releases, environments }: ReleaseHistory, named: string | undefined): ReleaseFacts {
  const newest = releases.values().next().value;
  if (named === undefined) {
    if (newest !== undefined) return newest;
    throw refused("no-release", { subject: "", known: [] });
  }
  const number = /^r?\d+$/.test(named) ? Number(named.replace(/^r/, "")) : Number.NaN;
  const found = releases.get(number);
  if (found !== undefined) return found;
  for (const { visits } of environments.values()) {
    const moved = visits.find(({ facts }) => facts.moves !== undefined && facts.number === number);
    const release = moved && releases.get(moved.release);
    if (release !== undefined) return release;
  }
  throw notThere("no-release", named, [...releases.keys()].map(String));
}

/** The newest older one that has passed in the furthest environment where this one has. */
function releaseBefore({ releases }: ReleaseHistory, release: ReleaseFacts): ReleaseFacts | undefined {
  const furthest = [...release.proven.keys()].at(-1);
  return [...releases.values()].find(
    ({ number, proven }) => number < release.number && furthest !== undefined && proven.has(furthest),
  );
}

/** One of two that are compared, with what it holds by environment. */
export interface Side {
  view: SideView;
  release: ReleaseFacts;
  sets: ReadonlyMap<string, Record<string, Deployed>>;
}

export function sideOf(release: ReleaseFacts): Side {
  const { number, facts, proven } = release;
  return { view: { release: number, commit: facts.plan.change.commit }, release, sets: proven };
}

function namedSide(history: ReleaseHistory, named: string): Side {
  const past = history.environments.get(named);
  const isEnvironment = past !== undefined || hasEnvironment(history, named);
  if (!isEnvironment) {
    try {
      return sideOf(findRelease(history, named));
    } catch (error) {
      const known = [...history.releases.keys()].map(String);
      throw /^r?\d+$/.test(named) ? error : notThere("no-release", named, [...history.environments.keys(), ...known]);
    }
  }
  const visit = past?.visits.at(-1);
  if (visit === undefined) throw notThere("nothing-deployed", named, [...history.environments.keys()]);
  return sideIn(history, visit);
}

/** What an environment has now. */
export function sideIn({ releases }: ReleaseHistory, visit: Visit): Side {
  const { environment, release, outcome, only, facts, set } = visit;
  const isPart = outcome !== "whole" || only.length > 0;
  const known = releases.get(release) ?? { number: release, facts, proven: new Map() };
  const { commit } = facts.plan.change;
  return {
    view: { release, environment, commit, ...(isPart && { isPart: true as const }) },
    release: known,
    sets: new Map([[environment, set]]),
  };
}

function hasEnvironment({ releases }: ReleaseHistory, named: string): boolean {
  return [...releases.values()].some(({ facts }) => facts.delivery.environments.some(({ name }) => name === named));
}

/** Compared in the furthest environment in which both were. */
export async function diffOf(
  project: Project,
  from: Side,
  to: Side,
  { values }: { values?: "all" | "made once" } = {},
): Promise<ReleaseDiffView> {
  const environment = [...to.sets.keys()].findLast((name) => from.sets.has(name));
  const setOf = ({ sets, release }: Side) => ({
    delivery: release.facts.delivery,
    parameters: release.facts.plan.parameters,
    set: (environment === undefined ? [...sets.values()].at(-1) : sets.get(environment)) ?? {},
  });
  const { pipelines, settings } = compareSets(setOf(from), setOf(to), { environment, ...(values && { values }) });
  return {
    version: 1,
    from: from.view,
    to: to.view,
    ...(environment !== undefined && { environment }),
    pipelines: await Promise.all(pipelines.map((change) => withCommits(project, change, to.release))),
    settings,
  };
}

async function withCommits(
  { repository, root }: Project,
  change: PipelineChange,
  { facts }: ReleaseFacts,
): Promise<PipelineDiffView> {
  const [from, to] = [change.from?.commit, change.to?.commit];
  if (from === undefined || to === undefined || repository === undefined) return change;
  if (from === to) return { ...change, commits: [], without: [] };
  const paths = facts.delivery.pipelines.find(({ name }) => name === change.pipeline)?.triggers.paths ?? [];
  const { matches } = compileFilter(paths);
  const prefix = definitionPrefix({ root, repository });
  const isIts = (path: string) => path.startsWith(prefix) && matches(path.slice(prefix.length));
  const between = async (one: string, other: string) =>
    (await commitsBetween(repository, one, other))
      ?.filter(({ files }) => files.some(isIts))
      .map(({ files: _, ...line }) => line);
  const [commits, without] = await Promise.all([between(from, to), between(to, from)]);
  if (commits === undefined || without === undefined) return change;
  const isSame = change.change === "changed" && isOnlyLater(change) && commits.length + without.length === 0;
  return { ...change, change: isSame ? "same" : change.change, commits, without };
}

/** Nothing but the commit is another one: whether that concerns the pipeline, git says. */
function isOnlyLater({ definition, artifacts, outputs }: PipelineChange): boolean {
  return definition === undefined && artifacts.length + outputs.length === 0;
}
