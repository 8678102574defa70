/** A repository with all that delivers it, workflows and pipelines of other services, as one set of facts. */

import { statSync } from "node:fs";
import { basename, dirname, resolve, sep } from "node:path";
import type { Facts } from "../facts/facts.ts";
import type { Finding } from "../findings/finding.ts";
import type { SourceFile } from "../findings/source.ts";
import type { FoundFiles } from "../platforms/codepipeline/read/find-files.ts";
import type { Repository } from "../platforms/github/workflow.ts";
import type { Simulator } from "../simulation/simulator.ts";
import { filesOnDefaultBranch } from "./default-branch.ts";

export interface ReadRepository {
  readonly repository: Repository;
  readonly facts: Facts;
  readonly simulator: Simulator;
  readonly problems: readonly Finding[];
  /** As reports show them: secrets are blotted out. */
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** How many workflow files and how many pipelines were read, readable or not. */
  readonly workflows: number;
  readonly pipelines: number;
}

export async function readWhole(
  path: string,
  { defaultBranch }: { readonly defaultBranch?: string | undefined } = {},
): Promise<ReadRepository> {
  const [{ readRepository, readTexts }, { githubFacts }, { createSimulator }, { findFiles, isEmpty }] =
    await Promise.all([
      import("../platforms/github/read/repository.ts"),
      import("../platforms/github/facts/github-facts.ts"),
      import("../platforms/github/simulate/simulator.ts"),
      import("../platforms/codepipeline/read/find-files.ts"),
    ]);
  const options = defaultBranch ? { defaultBranch } : {};
  const alone = isOutsideOfGithub(path) ? findFiles(path) : undefined;
  const isPipeline = alone !== undefined && !isEmpty(alone);
  const repository = isPipeline
    ? { ...readTexts(new Map(), options), root: dirname(resolve(path)), focus: basename(path) }
    : readRepository(path, options);
  const onDefaultBranch = await filesOnDefaultBranch(repository);
  const facts = githubFacts(repository, onDefaultBranch ? { onDefaultBranch } : {});
  const workflows = repository.workflows.length + repository.unreadable.length;
  const simulator = createSimulator(repository);
  const found = alone ?? findFiles(repository.root);
  const own = { repository, facts, simulator, problems: repository.problems, sources: repository.sources };
  if (isEmpty(found)) return { ...own, workflows, pipelines: 0 };
  return await withPipelines({ ...own, workflows, pipelines: 0 }, found);
}

/** A file that is no workflow by its place. */
function isOutsideOfGithub(path: string): boolean {
  return !resolve(path).split(sep).includes(".github") && statSync(path).isFile();
}

async function withPipelines(own: ReadRepository, found: FoundFiles): Promise<ReadRepository> {
  const [{ readFound }, { codepipelineFacts }, { codepipelinePlatform }, { githubPlatform }, { createSimulator }] =
    await Promise.all([
      import("../platforms/codepipeline/read/repository.ts"),
      import("../platforms/codepipeline/facts/codepipeline-facts.ts"),
      import("../platforms/codepipeline/simulate/platform.ts"),
      import("../platforms/github/simulate/platform.ts"),
      import("../simulation/simulator.ts"),
    ]);
  const read = await readFound(found);
  return {
    ...own,
    simulator: createSimulator([githubPlatform(own.repository), codepipelinePlatform(read)]),
    facts: { ...own.facts, staged: codepipelineFacts(read) },
    problems: [...own.problems, ...read.problems],
    sources: new Map([...own.sources, ...read.sources]),
    pipelines: read.pipelines.length + read.problems.length,
  };
}
