/** Facts without what differs between spellings of one thing: places, files, and the names of what only a deployment knows. */

import type { StagedFacts, StoreFacts, Written } from "../../../../../src/facts/staged.ts";
import { codepipelineFacts } from "../../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import type { PipelineFiles } from "../../../../../src/platforms/codepipeline/pipeline.ts";

const places = new Set(["at", "nameAt", "runOrderAt", "modeAt", "valueAt", "source"]);

export function bareFacts(files: PipelineFiles): unknown {
  return bare(codepipelineFacts(files));
}

export function bare(facts: StagedFacts): unknown {
  const ids = new Map(facts.pipelines.map(({ id }, i) => [id, `pipeline ${i}`]));
  const holes = new Map<string, string>();
  /** By the order in which they occur. */
  const numbered = (text: string): string => {
    if (!holes.has(text)) holes.set(text, `hole ${holes.size}`);
    return holes.get(text)!;
  };
  return JSON.parse(
    JSON.stringify(facts.pipelines, (key, value) => {
      if (places.has(key)) return undefined;
      // A template calls its bucket by another name; Terraform prints the keys of a document in their order.
      if (key === "stores") return (value as StoreFacts[]).map(({ gaps }) => gaps);
      if (key === "reads") return (value as Written[]).map((each) => JSON.stringify(each.key)).sort();
      if (typeof value === "string") return ids.get(value) ?? value;
      if (value?.kind === "expression") return { kind: "expression", text: numbered(value.text) };
      return value instanceof Map ? [...value] : value;
    }),
  );
}
