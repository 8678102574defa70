import { join } from "node:path";
import type { Platform, Readable, Reading, Where } from "../platform.ts";

/** GitHub Actions. There is always something to find: a repository without workflows still has a default branch. */
export const github: Platform = {
  name: "github",
  settingsFile: "baton.github.yaml",
  find: (where): Readable => ({ read: () => read(where) }),
};

async function read({ root, file, isAlone, defaultBranch, filesAt }: Where): Promise<Reading> {
  const [{ readRepository }, { githubFacts }, { githubPlatform }, { filesOnDefaultBranch }] = await Promise.all([
    import("./read/repository.ts"),
    import("./facts/github-facts.ts"),
    import("./simulate/platform.ts"),
    import("./read/default-branch.ts"),
  ]);
  const path = isAlone && file !== undefined ? join(root, file) : root;
  const repository = readRepository(path, defaultBranch ? { defaultBranch } : {});
  const onDefaultBranch = await filesOnDefaultBranch(repository, filesAt);
  return {
    facts: githubFacts(repository, onDefaultBranch ? { onDefaultBranch } : {}),
    machine: githubPlatform(repository),
    problems: repository.problems,
    sources: repository.sources,
    editable: repository.sources,
    files: repository.workflows.length + repository.unreadable.length,
    pipelines: 0,
  };
}
