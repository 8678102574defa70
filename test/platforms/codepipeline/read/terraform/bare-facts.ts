/** Facts without what differs between spellings of one thing: places, files, and the names of what only a deployment knows. */

import type { StagedPipeline, StoreFacts } from "../../../../../src/facts/stages.ts";
import type { Written } from "../../../../../src/facts/written.ts";
import { codepipelineFacts } from "../../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import type { PipelineFiles } from "../../../../../src/platforms/codepipeline/pipeline.ts";

const places = new Set(["at", "nameAt", "keyAt", "runOrderAt", "modeAt", "valueAt", "file"]);

export function bareFacts(files: PipelineFiles): unknown {
  return bare(codepipelineFacts(files));
}

export function bare(facts: { readonly pipelines: readonly StagedPipeline[] }): unknown {
  const ids = new Map(facts.pipelines.map(({ id }, i) => [id, `pipeline ${i}`]));
  const withoutIds = (text: string): string => {
    const [id, name] = [...ids].find(([each]) => text === each || /^[/@]/.test(text.replace(each, ""))) ?? ["", ""];
    return id === "" ? text : text.replace(id, name);
  };
  const holes = new Map<string, string>();
  /** By the order in which they occur. */
  const numbered = (text: string): string => {
    if (!holes.has(text)) holes.set(text, `hole ${holes.size}`);
    return holes.get(text)!;
  };
  return JSON.parse(
    JSON.stringify(facts.pipelines, (key, value) => {
      // What is pushed to is called the source as well.
      if (places.has(key) || (key === "source" && value && "path" in value)) return undefined;
      // A template calls its bucket by another name; Terraform prints the keys of a document in their order.
      if (key === "stores") return (value as StoreFacts[]).map(({ gaps }) => gaps);
      if (key === "reads") return (value as Written[]).map((each) => JSON.stringify(each.key)).sort();
      if (typeof value === "string") return withoutIds(value).replace(/‹[^›]*›/g, numbered);
      if (value?.kind === "expression") return { kind: "expression", text: numbered(value.text) };
      return value instanceof Map ? [...value] : value;
    }),
  );
}
