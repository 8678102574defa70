import { literal, type StagedPipeline, type StagedStart } from "../../facts/staged.ts";
import { coStart, type Party, partiesOf } from "../analysis/parties.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate, Rule } from "../rule.ts";

export const triggerMissesConsumer: Rule = {
  id: "trigger-misses-consumer",
  severity: "warning",
  kind: "dead edge",
  title: "a pipeline does not start for its own sources, or starts for everybody's",
  why: "A change that starts nothing is never deployed, and nobody is told. A pipeline that starts for everything deploys what has not changed, holds up what has, and costs.",
  url: awsDocumentation.triggers,
  *find(analysis) {
    const pipelines = analysis.facts.staged?.pipelines ?? [];
    for (const pipeline of pipelines) {
      for (const start of pipeline.starts) if (start.kind === "push") yield* missed(pipeline, start);
    }
    yield* startedByEverything(pipelines, partiesOf(analysis));
  },
};

function* missed(pipeline: StagedPipeline, start: Extract<StagedStart, { kind: "push" }>): Generator<Candidate> {
  if (start.missingSource) {
    yield {
      message: `A trigger of ${pipeline.label} listens to the source action "${literal(start.missingSource)}", which there is not`,
      at: start.at,
      confidence: "high",
      schedule: [],
      help: `Name one of its source actions${start.knownSources.length > 0 ? `: ${start.knownSources.join(", ")}` : ""}.`,
    };
    return;
  }
  const pushes = pipeline.starts.filter((each) => each.kind === "push" && !each.missingSource);
  // Another trigger may be the one for these paths.
  if (start.paths.kind !== "patterns" || pushes.length !== 1) return;
  const own = pathsOf(pipeline);
  const [first] = own;
  if (!first || own.some(({ path, isFolder }) => covers(start, path, isFolder))) return;
  const shown = [...new Set(own.map(({ path }) => path))].join(", ");
  yield {
    message: `Changes to ${shown} do not start ${pipeline.label}: its path filter leaves them out`,
    at: start.paths.patterns[0]?.at ?? start.at,
    related: [{ at: first.at, message: `The pipeline works on ${first.path}` }],
    confidence: "medium",
    schedule: [
      `push that touches only ${first.path}`,
      `${pipeline.label} is not started: what is deployed stays as it was`,
    ],
    help: `Add a pattern for ${first.path} to the file paths of the trigger.`,
  };
}

interface OwnPath {
  readonly path: string;
  readonly isFolder: boolean;
  readonly at: StagedPipeline["at"];
}

function pathsOf({ actions }: StagedPipeline): OwnPath[] {
  return actions.flatMap((action) =>
    action.paths.flatMap((written) => {
      const path = literal(written)?.replace(/^\.\//, "").replace(/\/$/, "");
      if (!path || path === "." || path.startsWith("..")) return [];
      return [{ path, isFolder: !/\.[a-z]+$/i.test(path), at: written.at }];
    }),
  );
}

/** Whether some change there starts it; a pattern that leads into the folder is enough. */
function covers({ paths }: Extract<StagedStart, { kind: "push" }>, path: string, isFolder: boolean): boolean {
  if (paths.accepts(path) || paths.inverted) return true;
  if (!isFolder) return false;
  return paths.patterns.some(({ value }) => {
    const fixed = value.slice(0, value.search(/[*?[{]|$/));
    return fixed.startsWith(`${path}/`) || `${path}/`.startsWith(fixed);
  });
}

/** Pipelines with folders of their own that one push starts all together. */
function* startedByEverything(pipelines: readonly StagedPipeline[], parties: readonly Party[]): Generator<Candidate> {
  const open = pipelines.flatMap((pipeline) => {
    const party = parties.find(({ id }) => id === pipeline.id);
    const [start] = pipeline.starts.filter((each) => each.kind === "push");
    const inFolders = pathsOf(pipeline).filter(({ path, isFolder }) => isFolder || path.includes("/"));
    const folders = new Set(inFolders.map(({ path }) => path.split("/")[0]!));
    const isOpen = start && start.paths.kind === "all" && !start.missingSource;
    return party && isOpen && folders.size > 0 ? [{ pipeline, party, start, folders }] : [];
  });
  const seen = new Set<StagedPipeline>();
  for (const [i, a] of open.entries()) {
    if (seen.has(a.pipeline)) continue;
    const others = open.slice(i + 1).filter((b) => coStart(a.party, b.party) && disjoint(a.folders, b.folders));
    if (others.length === 0) continue;
    for (const { pipeline } of others) seen.add(pipeline);
    const all = [a, ...others];
    yield {
      message: `Every push starts all of ${all.map(({ pipeline }) => pipeline.label).join(", ")}, whatever it changes`,
      at: a.start.at,
      related: all.map(({ start, folders, pipeline }) => ({
        at: start.at,
        message: `${pipeline.label} works on ${[...folders].join(", ")}`,
      })),
      severity: "note",
      confidence: "medium",
      schedule: [
        `push that touches only ${[...a.folders][0]}`,
        ...all.map(({ pipeline }) => `${pipeline.label} starts`),
      ],
      help: a.start.filterable
        ? "Give each a trigger with file paths (pipeline type V2)."
        : "File paths can be filtered with triggers over a connection (pipeline type V2); sources that start by events or polling cannot.",
    };
  }
}

function disjoint(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return ![...a].some((folder) => b.has(folder));
}
