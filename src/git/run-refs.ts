import { GitError, git } from "./git.ts";
import { listRefs, type Ref } from "./refs.ts";

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

/** The refs of runs; the leaf of each is its run. */
export async function listRunRefs(refs: RunRefs): Promise<Ref[]> {
  return await listRefs(refs.root, folderOf(refs));
}

const folderOf = ({ owner }: RunRefs) => `refs/baton/runs/${owner}/`;
