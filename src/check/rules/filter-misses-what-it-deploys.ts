import type { Pipeline } from "../../facts/facts.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { isDocumentation, lastingEffects } from "../analysis/effects.ts";
import { foldersOf } from "../analysis/sources.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, list } from "../analysis/wording.ts";
import { addItems } from "../edits.ts";
import { documentation, type Rule } from "../rule.ts";

export const filterMissesWhatItDeploys: Rule = {
  id: "filter-misses-what-it-deploys",
  severity: "warning",
  kind: "dead edge",
  title: "a path filter leaves out a folder that the deployment is made of",
  why: "The deployment is bundled with another folder of the repository. A commit that changes only that folder does not pass the filter: what runs stays old, and nothing says so.",
  url: documentation.syntax,
  *find(analysis) {
    for (const pipeline of analysis.facts.pipelines) {
      const hit = hitOf(analysis, pipeline);
      if (!hit) continue;
      const { job, folder, missed, chain, filter } = hit;
      const edits = addItems(
        filter,
        missed.map((each) => `${each}/**`),
      );
      const changed = `${missed[0]}/src/changed`;
      if (chain.root.kind !== "push") continue;
      const push = { ...chain.root, paths: [changed] };
      yield {
        message: `A commit that changes only ${list(missed.map((each) => `${each}/`))} does not start ${fileName(pipeline.id)}, which deploys ${folder}/ together with it`,
        at: filter,
        related: [
          { at: job.keyAt, message: `"${jobName(job)}" works in ${folder}/, which is made of ${list(missed)}` },
        ],
        confidence: "medium",
        schedule: [
          `push that touches only ${missed[0]}/ -> ${fileName(pipeline.id)} is not started`,
          `${folder}/ stays deployed as it was`,
        ],
        help: `Add ${list(missed.map((each) => `\`${each}/**\``))} to \`paths\`.`,
        ...(edits ? { edits } : {}),
        claim: analysis.claim([{ ...chain, root: push }], [{ kind: "event", event: push.id }], {
          kind: "never-created",
          run: { pipeline: pipeline.id },
        }),
      };
    }
  },
};

function hitOf(analysis: Analysis, pipeline: Pipeline) {
  const { starts, jobs } = pipeline;
  // What also starts by itself, or after others, gets there in time.
  const isFiltered = starts.every(
    ({ cause }) =>
      ["dispatch", "call", "pull-request"].includes(cause.kind) ||
      (cause.kind === "push" && cause.paths.kind === "patterns" && !cause.paths.inverted),
  );
  const filters = starts.flatMap(({ cause }) => (cause.kind === "push" ? [cause.paths] : []));
  const [first] = filters[0]?.patterns ?? [];
  const chain = analysis
    .chains(pipeline)
    .find(({ root }: TriggerChain) => root.kind === "push" && root.ref.kind === "branch");
  if (!isFiltered || !first || !chain) return undefined;
  for (const job of jobs) {
    if (!lastingEffects(job).some((effect) => effect.kind === "deploy" && !isDocumentation(effect))) continue;
    for (const folder of [job, ...analysis.jobsBefore(job)].flatMap(foldersOf)) {
      // Only what the filter speaks of is deployed on purpose by it.
      if (!samples(folder).some((path) => filters.some((set) => set.accepts(path)))) continue;
      const missed = (analysis.facts.bundledWith?.(folder) ?? []).filter(
        (each) => !samples(each).some((path) => filters.some((set) => set.accepts(path))),
      );
      if (missed.length > 0) return { job, folder, missed, chain, filter: first.at };
    }
  }
  return undefined;
}

/** Some of these a filter for a kind of file would let through. */
function samples(folder: string): string[] {
  return [
    "src/changed",
    "src/index.ts",
    "src/index.js",
    "index.js",
    "main.go",
    "package.json",
    "src/a.tsx",
    "a.py",
  ].map((path) => `${folder}/${path}`);
}
