import { lastingEffects } from "../analysis/effects.ts";
import { foldersOf } from "../analysis/sources.ts";
import { fileName, list } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";
import { starvedPipelines } from "../staged/upstream-path-starvation.ts";

export const upstreamPathStarvation: Rule = {
  id: "upstream-path-starvation",
  severity: "warning",
  kind: "dead edge",
  title: "changes to its own sources do not start the deployment",
  why: "The workflow starts only after another one, and that one runs only for other paths. A commit that changes just this part is never deployed.",
  url: documentation.workflowRun,
  *find(analysis) {
    yield* starvedPipelines(analysis);
    for (const pipeline of analysis.facts.pipelines) {
      const completion = pipeline.starts.find((start) => start.cause.kind === "completion");
      const others = pipeline.starts.some(
        ({ cause }) => cause.kind !== "completion" && cause.kind !== "dispatch" && cause.kind !== "call",
      );
      if (completion?.cause.kind !== "completion" || others) continue;
      const { upstream, dangling } = completion.cause;
      if (upstream.length === 0 || dangling.length > 0) continue;
      const starts = upstream.flatMap(({ pipeline: id }) => analysis.facts.pipeline(id)?.starts ?? []);
      const pushes = starts.filter(
        ({ cause }) => cause.kind !== "dispatch" && cause.kind !== "call" && cause.kind !== "pull-request",
      );
      const filters = pushes.map(({ cause }) => (cause.kind === "push" ? cause.paths : undefined));
      if (filters.length === 0 || filters.some((set) => set?.kind !== "patterns" || set.inverted)) continue;
      const jobs = pipeline.jobs.filter((job) => lastingEffects(job).length > 0);
      const folders = new Set(jobs.flatMap(foldersOf));
      const starved = [...folders].filter((folder) =>
        filters.every((set) => !set!.patterns.some(({ value }) => mayTouch(value, folder))),
      );
      if (starved.length === 0 || starved.length < folders.size) continue;
      const chain = analysis.chains(pipeline).find(({ root }) => root.kind === "push" && root.ref.kind === "branch");
      if (chain?.root.kind !== "push") continue;
      const push = { ...chain.root, paths: starved.map((folder) => `${folder}/changed`) };
      const names = list([...new Set(upstream.map(({ pipeline: id }) => fileName(id)))]);
      yield {
        message: `A commit that changes only ${list(starved.map((folder) => `${folder}/`))} starts neither ${names} nor ${fileName(pipeline.id)}: it is never deployed`,
        at: completion.at,
        related: filters.flatMap((set) => {
          const [first] = set!.patterns;
          return first ? [{ at: first.at, message: "Only these paths start the workflow before" }] : [];
        }),
        confidence: "medium",
        schedule: [
          `push that touches only ${starved[0]}/ -> ${names} is not started`,
          `-> ${fileName(pipeline.id)} is not started`,
        ],
        help: `Add the paths of this part to ${names}, or give ${fileName(pipeline.id)} a push trigger for its own paths.`,
        claim: analysis.claim([{ ...chain, root: push }], [{ kind: "event", event: push.id }], {
          kind: "never-created",
          run: { pipeline: pipeline.id },
        }),
      };
    }
  },
};

/** Whether the pattern can match a path in the folder. */
function mayTouch(pattern: string, folder: string): boolean {
  if (pattern.startsWith("!")) return false;
  const fixed = pattern.split(/[*?[+]/)[0]!;
  return fixed.startsWith(`${folder}/`) || `${folder}/`.startsWith(fixed);
}
