import { filesInGit } from "../../../git/worktree.ts";
import type { Delivery } from "../../../model/delivery.ts";
import { compileFilter } from "../../../model/filters.ts";
import type { CheckUp } from "../../../platforms/live.ts";
import type { Project } from "../../project.ts";

/** Paths that no file has: a pipeline with a slip of the hand in them is never seen to change. */
export async function pathCheckUps({ pipelines }: Delivery, { repository }: Project): Promise<CheckUp[]> {
  const wanted = pipelines.flatMap(({ name, triggers }) =>
    triggers.paths.flatMap((pattern) => (pattern.startsWith("!") ? [] : [{ name, pattern }])),
  );
  if (repository === undefined || wanted.length === 0) return [];
  const files = await filesInGit(repository);
  const idle = wanted.filter(({ pattern }) => {
    const { matches } = compileFilter([pattern]);
    return !files.some(matches);
  });
  return idle.map(({ name, pattern }) => ({
    name: "paths",
    verdict: "warn",
    text: `${pattern} of ${name} matches no file in git`,
    remedy: "write it as git ls-files does, from the top of the repository, or take it out",
  }));
}
