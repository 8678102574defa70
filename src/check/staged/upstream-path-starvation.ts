import type { Cause, Start } from "../../facts/facts.ts";
import { type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { firstDeployment, startsOnSuccess, upstreamOf } from "../analysis/staged-parts.ts";
import { list } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";
import { covers, type OwnPath, pathsOf } from "../rules/trigger-misses-consumer.ts";

/** A pipeline that only starts after others, whose triggers leave out what it works on. */
export function* starvedPipelines(analysis: Analysis): Generator<Candidate> {
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
