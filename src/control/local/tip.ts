import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkout } from "../../git/checkout.ts";
import { fetchBranch } from "../../git/fetch.ts";
import { GitError } from "../../git/git.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { Refused, refused } from "../control.ts";
import { loadDefinition } from "../definition/load.ts";
import type { Place, Project } from "../project.ts";
import { definitionPrefix, type Source } from "../request/source.ts";
import type { RunId } from "../views/events.ts";

type Commit = Source & { kind: "commit" };

/** The files that a branch has at `origin` now, whatever is checked out. @throws {Refused} */
export async function fetchTip(project: Project, branch: string): Promise<Commit> {
  const { repository } = project;
  if (repository === undefined) {
    throw refused("not-reached", { subject: branch, because: "the definition is in no git repository" });
  }
  try {
    const commit = await oneAtATime(repository, () => fetchBranch(repository, branch));
    return {
      kind: "commit",
      root: repository,
      prefix: definitionPrefix(project),
      commit,
      head: commit,
      branch,
      uncommitted: [],
    };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    // An address may hold a password.
    const because = `${branch} was not reached: ${error.message.replaceAll(/\/\/[^/@\s]*@/g, "//")}`;
    throw refused("not-reached", { subject: branch, because, remedy: `git fetch origin ${branch}  in ${repository}` });
  }
}

const fetching = new Map<string, Promise<unknown>>();

/** Two fetches of one branch would be in each other's way: git locks what it moves, and does not wait for a lock. */
async function oneAtATime<Result>(repository: string, fetch: () => Promise<Result>): Promise<Result> {
  const before = fetching.get(repository);
  const mine = (before ?? Promise.resolve()).then(fetch, fetch);
  fetching.set(repository, mine);
  try {
    return await mine;
  } finally {
    if (fetching.get(repository) === mine) fetching.delete(repository);
  }
}

/** The definition as that commit has it. @throws {Refused} */
export async function definitionAt({ project, caller }: Place, { root, prefix, commit }: Commit): Promise<Delivery> {
  mkdirSync(project.stateFolder, { recursive: true });
  const name = join(prefix, basename(project.file));
  const folder = await mkdtemp(join(project.stateFolder, "definition-"));
  try {
    await checkout({ root, commit, folder });
    return await loadDefinition(join(folder, name), { ...caller, cwd: folder });
  } catch (error) {
    if (error instanceof Refused && error.refusal.subject === join(folder, name)) {
      throw new Refused({ ...error.refusal, subject: name });
    }
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** So many runs back it is looked for the last push of a branch. */
const lately = 200;

/** The run that the last push of this branch made, with its commit. */
export function lastPushOf(journal: JournalReader, branch: string): { run: RunId; commit: string } | undefined {
  for (const { run } of journal.runs({ newest: lately })) {
    const [created] = journal.milestones(run);
    if (created?.event.type !== "run.created") continue;
    const { change } = created.event.plan;
    if (change.event === "push" && change.branch === branch) return { run, commit: change.commit };
  }
  return undefined;
}
