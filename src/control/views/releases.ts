import type { CommitLine } from "../../git/log.ts";
import type { Deployed } from "../../plan/plan.ts";
import type { PipelineChange, SetDifference } from "../../release/compare.ts";
import type { EnvironmentPast, GivenAnswer, ReleaseFacts, ReleaseHistory, Visit } from "../../release/history.ts";
import type { RunId } from "./events.ts";

/** Releases at a glance, newest first. Times are milliseconds since the epoch. */
export interface ReleasesView {
  version: 1;
  releases: ReleaseLine[];
}

export interface ReleaseLine {
  release: number;
  /** The run that made it. */
  run: RunId;
  commit: string;
  /** The commit stands for uncommitted files: the one that was checked out. */
  snapshotOf?: string;
  /** Empty where no branch was checked out. */
  branch: string;
  at: number;
  /** Who asked for that run; absent where nobody wrote it down. */
  by?: string;
  /** Of the commit, as far as git knows it. */
  author?: string;
  subject?: string;
  conclusion: "succeeded" | "failed" | "cancelled" | "open";
  /** In promotion order: those where it is or was. */
  environments: ReleasePlace[];
}

/**
 * - `here`: it is what the environment has. `under-way`: it is just coming. `failed`: it came and did not pass.
 * - `passed`: it was there as a whole, and something else is now. `taken-back`: somebody went back from it.
 */
export interface ReleasePlace {
  environment: string;
  state: "here" | "under-way" | "failed" | "passed" | "taken-back";
}

/** Everything about one release. */
export interface ReleaseView extends ReleaseLine {
  version: 1;
  delivery: string;
  comment?: string;
  parameters: Record<string, string>;
  /** Environments where it is proven, in promotion order. */
  proven: string[];
  /** Each time it came to an environment, oldest first. */
  visits: VisitLine[];
  /** What it holds, by pipeline, and by the environment in which it passed with it. */
  pipelines: { pipeline: string; versions: Record<string, Deployed> }[];
  /** What is another one than in the release before it; absent where there is none. */
  changes?: ReleaseDiffView;
}

export interface VisitLine {
  environment: string;
  kind: Visit["kind"];
  run: RunId;
  at: number;
  by?: string;
  comment?: string;
  outcome: Visit["outcome"];
  answers: Omit<GivenAnswer, "environment">[];
}

/** What is between two releases, or between a release and what an environment has. */
export interface ReleaseDiffView {
  version: 1;
  from: SideView;
  to: SideView;
  /** The one in which both were; absent: what differs from environment to environment is not compared. */
  environment?: string;
  pipelines: PipelineDiffView[];
  settings: SetDifference["settings"];
}

export interface SideView {
  release: number;
  /** It is what this environment has now. */
  environment?: string;
  /** Of what the environment has not all passed. */
  isPart?: true;
  commit: string;
}

export interface PipelineDiffView extends PipelineChange {
  /** Commits that change its files and that only the second has, newest first; absent where git cannot tell. */
  commits?: CommitLine[];
  /** Those that only the first has: they are taken back. */
  without?: CommitLine[];
}

/** What git says of a release's commit. */
export type DescribedCommit = Pick<ReleaseLine, "author" | "subject" | "snapshotOf">;

export function releaseLine(
  release: ReleaseFacts,
  history: ReleaseHistory,
  commits: ReadonlyMap<string, DescribedCommit>,
): ReleaseLine {
  const { run, at, by, plan, conclusion = "open" } = release.facts;
  const { commit, branch } = plan.change;
  const described = commits.get(commit);
  return {
    release: release.number,
    run,
    commit,
    branch,
    at,
    ...(by !== undefined && { by }),
    ...described,
    conclusion,
    environments: placesOf(release, history),
  };
}

function placesOf(release: ReleaseFacts, { environments }: ReleaseHistory): ReleasePlace[] {
  return release.facts.delivery.environments.flatMap(({ name }): ReleasePlace[] => {
    const past = environments.get(name);
    const state = past === undefined ? undefined : stateIn(release, name, past);
    return state === undefined ? [] : [{ environment: name, state }];
  });
}

function stateIn(
  { number, proven }: ReleaseFacts,
  environment: string,
  { visits, takenBack }: EnvironmentPast,
): ReleasePlace["state"] | undefined {
  const last = visits.at(-1);
  const mine = visits.findLast(({ release }) => release === number);
  if (mine === undefined) {
    const set = proven.get(environment);
    if (set === undefined) return undefined;
    return last !== undefined && isSameSet(set, last.set) ? "here" : "passed";
  }
  if (mine === last) return mine.outcome === "whole" ? "here" : mine.outcome === "open" ? "under-way" : "failed";
  if (takenBack.has(number)) return "taken-back";
  return proven.has(environment) || mine.outcome === "whole" ? "passed" : "failed";
}

function isSameSet(one: Record<string, Deployed>, other: Record<string, Deployed>): boolean {
  const names = Object.keys(other);
  return names.every((name) => one[name]?.release === other[name]!.release);
}

export function releaseView(
  release: ReleaseFacts,
  history: ReleaseHistory,
  { commits, changes }: { commits: ReadonlyMap<string, DescribedCommit>; changes: ReleaseDiffView | undefined },
): ReleaseView {
  const { facts, proven, number } = release;
  const order = facts.delivery.environments.map(({ name }) => name).filter((name) => proven.has(name));
  const visits = [...history.environments.values()].flatMap((past) =>
    past.visits.filter((one) => one.release === number),
  );
  return {
    version: 1,
    ...releaseLine(release, history, commits),
    delivery: facts.delivery.name,
    ...(facts.comment !== undefined && { comment: facts.comment }),
    parameters: facts.plan.parameters,
    proven: order,
    visits: visits.sort((a, b) => a.seq - b.seq).map(visitLine),
    pipelines: facts.delivery.pipelines.flatMap(({ name }) => {
      const versions = order.flatMap((environment) => {
        const version = proven.get(environment)![name];
        return version === undefined ? [] : [[environment, version] as const];
      });
      return versions.length === 0 ? [] : [{ pipeline: name, versions: Object.fromEntries(versions) }];
    }),
    ...(changes && { changes }),
  };
}

function visitLine({ environment, kind, facts, at, outcome }: Visit): VisitLine {
  const { run, by, comment, answers } = facts;
  return {
    environment,
    kind,
    run,
    at,
    ...(by !== undefined && { by }),
    ...(comment !== undefined && { comment }),
    outcome,
    answers: answers.filter((one) => one.environment === environment).map(({ environment: _, ...answer }) => answer),
  };
}
