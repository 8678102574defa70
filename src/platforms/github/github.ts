import { join } from "node:path";
import type { Platform, Readable, Reading, Where } from "../platform.ts";
import { layouts } from "./write/options.ts";

/** GitHub Actions. There is always something to find: a repository without workflows still has a default branch. */
export const github: Platform = {
  name: "github",
  title: "GitHub",
  ownFolder: ".github",
  minutePrice: async () => ({
    machine: "GitHub Linux 2-core",
    usd: 0.006,
    source: "https://docs.github.com/en/billing/reference/actions-runner-pricing",
    asOf: "2026-05",
  }),
  settingsFile: "baton.github.yaml",
  find: (where): Readable => ({ read: () => read(where) }),
  writing: {
    makes: "GitHub workflows",
    layouts,
    formats: ["commands", "terraform"],
    into: { base: "repository", folder: ".github/workflows" },
    examples: [
      ["baton generate github", "one entry workflow, one called workflow for each pipeline"],
      ["baton generate github --layout chained", "one workflow for each pipeline, each started by the one before"],
      ["baton generate github --format terraform", "the settings on GitHub as Terraform, in place of commands"],
    ],
    load: async () => (await import("./write/writer.ts")).writer,
  },
  live: {
    can: ["readiness"],
    place: "GitHub",
    through: "the GitHub CLI",
    load: async () => ({ readiness: (await import("./live/readiness.ts")).readinessOnGithub }),
  },
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
