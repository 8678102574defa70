import { join } from "node:path";
import type { Platform, Reading } from "../platform.ts";
import { type FoundFiles, findFiles, isEmpty } from "./read/find-files.ts";
import { formats, layouts } from "./write/layouts.ts";

/** AWS CodePipeline, however it is written down: as JSON, CloudFormation, CDK's templates, Terraform or its plans. */
export const codepipeline: Platform = {
  name: "codepipeline",
  title: "CodePipeline",
  settingsFile: "baton.codepipeline.yaml",
  find({ root, file, isAlone }) {
    const found = findFiles(isAlone && file !== undefined ? join(root, file) : root);
    return isEmpty(found) ? undefined : { read: () => read(found) };
  },
  writing: {
    makes: "CodePipelines",
    layouts,
    formats,
    into: { base: "definition", folder: "codepipeline" },
    examples: [
      ["baton generate codepipeline", "one CodePipeline for each branch, as CloudFormation"],
      ["baton generate codepipeline --format terraform", "the same as Terraform"],
    ],
    load: async () => (await import("./write/writer.ts")).writer,
  },
  live: {
    can: ["pipelines", "readiness"],
    place: "AWS",
    through: "the AWS CLI",
    load: async () => (await import("./live/live.ts")).live,
  },
  costs: {
    load: async () => (await import("./cost/estimator.ts")).estimator,
  },
  minutePrice: async () => (await import("./cost/prices.ts")).minutePrice,
};

async function read(found: FoundFiles): Promise<Reading> {
  const [{ readFound }, { codepipelineFacts }, { codepipelinePlatform }] = await Promise.all([
    import("./read/repository.ts"),
    import("./facts/codepipeline-facts.ts"),
    import("./simulate/platform.ts"),
  ]);
  const files = await readFound(found);
  return {
    facts: codepipelineFacts(files),
    machine: codepipelinePlatform(files),
    problems: files.problems,
    sources: files.sources,
    editable: new Map(),
    files: 0,
    pipelines: files.pipelines.length + files.problems.length,
  };
}
