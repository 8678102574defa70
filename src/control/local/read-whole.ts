import { locate } from "../../platforms/locate.ts";
import { platforms } from "../../platforms/platforms.ts";
import { type ReadRepository, readRepository } from "../../platforms/read-repository.ts";
import { askGit, splitNul } from "./machine.ts";

/** The folder of the repository that the path belongs to. Throws where there is no such path. */
export function repositoryOf(path: string): string {
  return locate(
    path,
    platforms.flatMap(({ ownFolder }) => ownFolder ?? []),
  ).root;
}

/** A repository as it is here, with what its clone tells. Throws where there is no such path. */
export async function readWhole(path: string, defaultBranch?: string): Promise<ReadRepository> {
  return await readRepository(path, {
    defaultBranch,
    async filesAt(ref, folder, root) {
      const listed = await askGit(["ls-tree", "--name-only", "-z", ref, folder], { cwd: root });
      return listed === undefined ? undefined : splitNul(listed);
    },
  });
}
