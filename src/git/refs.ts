import { askGit, git } from "./git.ts";

/** A ref as it was when it was listed. */
export interface Ref {
  /** The whole of it, `refs/…`. */
  name: string;
  /** What comes after its folder. */
  leaf: string;
  commit: string;
}

/** The refs below a folder, `refs/…/` with a slash at the end. */
export async function listRefs(root: string, folder: string): Promise<Ref[]> {
  const lines = (await git(["for-each-ref", "--format=%(refname) %(objectname)", folder], { cwd: root })).split("\n");
  return lines.flatMap((line) => {
    const [name = "", commit = ""] = line.split(" ");
    return name === "" ? [] : [{ name, leaf: name.slice(folder.length), commit }];
  });
}

/**
 * Gives these refs up, all or none: not when one has been moved since it was listed. What cannot be given up now is looked at
 * again the next time.
 */
export async function dropRefs(root: string, refs: readonly Ref[]): Promise<void> {
  if (refs.length === 0) return;
  const input = refs.map(({ name, commit }) => `delete ${name} ${commit}\n`).join("");
  await askGit(["update-ref", "--stdin"], { cwd: root, input });
}
