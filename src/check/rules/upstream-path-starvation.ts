import type { Cause, Start } from "../../facts/facts.ts";
import { type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { lastingEffects } from "../analysis/effects.ts";
import { foldersOf } from "../analysis/sources.ts";
import { firstDeployment, startsOnSuccess, upstreamOf } from "../analysis/staged-parts.ts";
import { fileName, list } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";
import { covers, type OwnPath, pathsOf } from "../rules/trigger-misses-consumer.ts";

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

/** A pipeline that only starts after others, whose triggers leave out what it works on. */
function* starvedPipelines(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    const afters = pipeline.starts.filter(startsOnSuccess);
    const upstream = upstreamOf(analysis, pipeline);
    if (upstream.length === 0 || afters.length < pipeline.starts.length || !firstDeployment(pipeline)) continue;
    // One that is not in the files may start it for anything.
    if (new Set(upstream.map(({ start }) => start)).size < afters.length) continue;
    const filters = upstream.flatMap((each) => pushesOf(each.pipeline, pipeline) ?? [undefined]);
    if (filters.length === 0 || filters.some((filter) => filter === undefined)) continue;
    const own = pathsOf(pipeline);
    const starved = own.filter((each) => !filters.some((filter) => covers(filter!.cause, each.path, each.isFolder)));
    const [first] = starved;
    if (!first || starved.length < own.length) continue;
    const chain = analysis.clearest(upstream[0]!.pipeline);
    if (chain.root.kind !== "push") continue;
    const push = { ...chain, root: { ...chain.root, paths: starved.map(inside) } };
    const names = list(upstream.map((each) => each.pipeline.label));
    const paths = [...new Set(starved.map(({ path }) => path))];
    yield {
      message: `A commit that changes only ${list(paths)} starts neither ${names} nor ${pipeline.label}: it is never deployed`,
      at: upstream[0]!.start.at,
      related: [
        {
          at: filters[0]!.cause.paths.patterns[0]?.at ?? filters[0]!.start.at,
          message: "Only these paths start the pipeline before",
        },
        { at: first.at, message: `${pipeline.label} works on ${first.path}` },
      ],
      confidence: "medium",
      schedule: [
        `push that touches only ${first.path} -> ${names} is not started`,
        `-> ${pipeline.label} is not started`,
      ],
      why: "The pipeline starts only after another one, and that one runs only for other paths. A commit that changes just this part is never deployed.",
      url: awsDocumentation.triggers,
      help: `Add the paths of this part to the trigger of ${names}, or give ${pipeline.label} a trigger for its own paths.`,
      claim: analysis.claim([push], [{ kind: "event", event: push.root.id }], {
        kind: "never-created",
        run: { pipeline: pipeline.id },
      }),
    };
  }
}

function inside({ path, isFolder }: OwnPath): string {
  return isFolder ? `${path}/changed` : path;
}

/** All that starts the pipeline are pushes with path filters to the repository of the one after it; else undefined. */
function pushesOf({ starts }: StagedPipeline, { sources }: StagedPipeline): PushStart[] | undefined {
  const pushes = starts.flatMap((start) => (start.cause.kind === "push" ? [{ start, cause: start.cause }] : []));
  const isFiltered = pushes.every(({ cause: { paths } }) => paths.kind === "patterns" && !paths.inverted);
  if (pushes.length < starts.length || !isFiltered) return undefined;
  const names = new Set(pushes.map(({ cause }) => JSON.stringify(cause.source?.repository.key)));
  return sources.every(({ repository }) => names.has(JSON.stringify(repository.key))) ? pushes : undefined;
}

interface PushStart {
  readonly start: Start;
  readonly cause: Extract<Cause, { kind: "push" }>;
}
