import { filesInGit } from "../../git/worktree.ts";
import type { Delivery } from "../../model/delivery.ts";
import { compileFilter } from "../../model/filters.ts";
import type { Project } from "../project.ts";

/** A pattern of `paths` that no file has: with a slip of the hand in it, a pipeline is never seen to change. */
export interface IdlePath {
  pipeline: string;
  pattern: string;
}

/** None where nothing is in git. */
export async function idlePaths({ pipelines }: Delivery, { repository }: Project): Promise<IdlePath[]> {
  const wanted = pipelines.flatMap(({ name, triggers }) =>
    triggers.paths.flatMap((pattern) => (pattern.startsWith("!") ? [] : [{ pipeline: name, pattern }])),
  );
  if (repository === undefined || wanted.length === 0) return [];
  const files = await filesInGit(repository);
  return wanted.filter(({ pattern }) => {
    const { matches } = compileFilter([pattern]);
    return !files.some(matches);
  });
}
