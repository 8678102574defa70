import { join } from "node:path";
import type { Platform, Reading } from "../platform.ts";
import { type FoundFiles, findFiles, isEmpty } from "./read/find-files.ts";

/** AWS CodePipeline, however it is written down: as JSON, CloudFormation, CDK's templates, Terraform or its plans. */
export const codepipeline: Platform = {
  name: "codepipeline",
  settingsFile: "baton.codepipeline.yaml",
  find({ root, file, isAlone }) {
    const found = findFiles(isAlone && file !== undefined ? join(root, file) : root);
    return isEmpty(found) ? undefined : { read: () => read(found) };
  },
};

async function read(found: FoundFiles): Promise<Reading> {
  const [{ readFound }, { codepipelineFacts }, { codepipelinePlatform }] = await Promise.all([
    import("./read/repository.ts"),
    import("./facts/codepipeline-facts.ts"),
    import("./simulate/platform.ts"),
  ]);
  const files = await readFound(found);
  return {
    facts: { staged: codepipelineFacts(files) },
    machine: codepipelinePlatform(files),
    problems: files.problems,
    sources: files.sources,
    editable: new Map(),
    files: 0,
    pipelines: files.pipelines.length + files.problems.length,
  };
}
