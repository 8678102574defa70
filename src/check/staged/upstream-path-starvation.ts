import type { StagedPipeline } from "../../facts/staged.ts";
import type { Analysis } from "../analysis/analysis.ts";
import type { PushStart } from "../analysis/cross-platform.ts";
import { stagedChain, stagedScenario } from "../analysis/staged-claims.ts";
import { firstDeployment, stagedPipelines, upstreamOf } from "../analysis/staged-parts.ts";
import { list } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";
import { covers, type OwnPath, pathsOf } from "../rules/trigger-misses-consumer.ts";

/** A pipeline that only starts after others, whose triggers leave out what it works on. */
export function* starvedPipelines(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis)) {
    const afters = pipeline.starts.filter(({ kind }) => kind === "after");
    const upstream = upstreamOf(analysis, pipeline);
    if (upstream.length === 0 || afters.length < pipeline.starts.length || !firstDeployment(pipeline)) continue;
    // One that is not in the files may start it for anything.
    if (new Set(upstream.map(({ start }) => start)).size < afters.length) continue;
    const filters = upstream.flatMap((each) => pushesOf(each.pipeline, pipeline) ?? [undefined]);
    if (filters.length === 0 || filters.some((filter) => filter === undefined)) continue;
    const own = pathsOf(pipeline);
    const starved = own.filter((each) => !filters.some((filter) => covers(filter!, each.path, each.isFolder)));
    const [first] = starved;
    if (!first || starved.length < own.length) continue;
    const chain = stagedChain(analysis, upstream[0]!.pipeline);
    if (chain.root.kind !== "push") continue;
    const push = { ...chain.root, paths: starved.map(inside) };
    const names = list(upstream.map((each) => each.pipeline.label));
    const paths = [...new Set(starved.map(({ path }) => path))];
    yield {
      message: `A commit that changes only ${list(paths)} starts neither ${names} nor ${pipeline.label}: it is never deployed`,
      at: upstream[0]!.start.at,
      related: [
        {
          at: filters[0]!.paths.patterns[0]?.at ?? filters[0]!.at,
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
      claim: {
        scenario: stagedScenario(analysis, {
          events: [push],
          choices: chain.choices,
          pipelines: [pipeline, ...upstream.map((each) => each.pipeline)],
        }),
        schedule: [{ kind: "event", event: push.id }],
        bad: { kind: "never-created", run: { pipeline: pipeline.id } },
      },
    };
  }
}

function inside({ path, isFolder }: OwnPath): string {
  return isFolder ? `${path}/changed` : path;
}

/** All that starts the pipeline are pushes with path filters to the repository of the one after it; else undefined. */
function pushesOf({ starts }: StagedPipeline, { sources }: StagedPipeline): PushStart[] | undefined {
  const pushes = starts.filter((start) => start.kind === "push");
  const isFiltered = pushes.every(({ paths }) => paths.kind === "patterns" && !paths.inverted);
  if (pushes.length < starts.length || !isFiltered) return undefined;
  const names = new Set(pushes.map(({ source }) => JSON.stringify(source.repository.key)));
  return sources.every(({ repository }) => names.has(JSON.stringify(repository.key))) ? pushes : undefined;
}
