import { askGit, GitError, git } from "./git.ts";

/** The runs of one state folder; several of them may lie in one repository, each with a run `r0001`. */
export interface RunRefs {
  root: string;
  /** Opaque, fit for a file name. */
  owner: string;
}

/**
 * Gives the commit of a run a ref, so that neither an amended commit, a deleted branch nor `git gc` takes it away from the
 * jobs. Resolves with the reason where no ref can be written, in a repository that is read-only for instance.
 */
export async function keepRunCommit(refs: RunRefs, run: string, commit: string): Promise<string | undefined> {
  try {
    await git(["update-ref", `${folderOf(refs)}${run}`, commit], { cwd: refs.root });
    return undefined;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return error.message;
  }
}

/** Gives up the refs of runs other than these. What cannot be given up now is looked at again the next time. */
export async function keepOnlyRuns(refs: RunRefs, runs: ReadonlySet<string>): Promise<void> {
  const folder = folderOf(refs);
  const listed = (await git(["for-each-ref", "--format=%(refname)", folder], { cwd: refs.root })).split("\n");
  const dropped = listed.filter((ref) => ref !== "" && !runs.has(ref.slice(folder.length)));
  if (dropped.length === 0) return;
  const input = dropped.map((ref) => `delete ${ref}\n`).join("");
  await askGit(["update-ref", "--stdin"], { cwd: refs.root, input });
}

const folderOf = ({ owner }: RunRefs) => `refs/baton/runs/${owner}/`;
