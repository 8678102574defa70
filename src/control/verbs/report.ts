import { describeCommits } from "../../git/log.ts";
import { headsOfSnapshots } from "../../git/snapshot.ts";
import { platforms } from "../../platforms/platforms.ts";
import { openJournal } from "../local/journal.ts";
import type { Place } from "../project.ts";
import { figuredTypes, figuresOf } from "../views/figures.ts";
import { type ReportView, reportView } from "../views/report.ts";

export interface ReportRequest {
  /** Milliseconds since the epoch: what ended before is left out. */
  since: number;
  /** Milliseconds since the epoch: the end of what is reported. */
  until: number;
}

/** How the delivery went between the two. @throws {Refused} @throws {StoreError} */
export async function readReport({ project }: Place, { since, until }: ReportRequest): Promise<ReportView> {
  using journal = openJournal(project);
  const figures = figuresOf(journal?.ofRunsSince(since, figuredTypes) ?? [], { since });
  const commits = figures.deployments.flatMap(({ pipelines }) => Object.values(pipelines).map(({ commit }) => commit));
  const commitTimes = await timesOf(project.repository, commits);
  const prices = await Promise.all(platforms.flatMap(({ minutePrice }) => (minutePrice ? [minutePrice()] : [])));
  return reportView(figures, { since, until, commitTimes, prices });
}

/** Of a snapshot of files that were not committed nobody knows when they were written. */
async function timesOf(repository: string | undefined, commits: readonly string[]): Promise<Map<string, number>> {
  if (repository === undefined) return new Map();
  const snapshots = await headsOfSnapshots(repository, commits);
  const lines = await describeCommits(
    repository,
    commits.filter((commit) => snapshots[commit] === undefined),
  );
  return new Map([...lines].map(([commit, { at }]) => [commit, at]));
}
