/** What was written, read again as it would be in a repository: by the same reader, into the same facts. */

import type { StagedPipeline } from "../../../../src/facts/stages.ts";
import { codepipelineFacts } from "../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import { readFound } from "../../../../src/platforms/codepipeline/read/repository.ts";
import { simulatedPipelines } from "../../../../src/platforms/codepipeline/simulate/from-files.ts";
import type { SimulatedPipeline } from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { Written } from "../../../../src/platforms/codepipeline/write/options.ts";

export interface ReadBack {
  readonly pipelines: readonly SimulatedPipeline[];
  readonly facts: readonly StagedPipeline[];
}

/** Only for formats that the reader takes: `cloudformation` and `terraform`. */
export async function readBack({ files }: Written): Promise<ReadBack> {
  const sources = files.map(({ path, text }) => ({ path, text, byteOrderMark: false }));
  const read = await readFound({
    root: "",
    focus: undefined,
    pipelines: sources.filter(({ text }) => text.includes("AWS::CodePipeline::Pipeline")),
    beside: [],
    terraform: sources.filter(({ path }) => path.endsWith(".tf")),
    read: (path) => sources.find((source) => source.path === path),
  });
  if (read.problems.length > 0) throw new Error(`what was written cannot be read: ${read.problems[0]!.message}`);
  return { pipelines: simulatedPipelines(read), facts: codepipelineFacts(read).pipelines };
}
