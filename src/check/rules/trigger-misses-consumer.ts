import type { Cause, Start } from "../../facts/facts.ts";
import { type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { literal } from "../../facts/written.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { RootEvent } from "../../simulation/scenario.ts";
import { type Analysis, runPattern } from "../analysis/analysis.ts";
import { onePush } from "../analysis/beside.ts";
import { again, pushTo, type TriggerChain } from "../analysis/trigger-chains.ts";
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
    const pipelines = stagedPipelines(analysis.facts);
    for (const pipeline of pipelines) {
      for (const start of pushesOf(pipeline)) yield* missed(analysis, pipeline, start);
    }
    yield* startedByEverything(analysis, pipelines);
  },
};

type PushCause = Extract<Cause, { kind: "push" }>;

interface PushStart extends Start {
  readonly cause: PushCause;
}

function pushesOf({ starts }: StagedPipeline): PushStart[] {
  return starts.flatMap((start) => (start.cause.kind === "push" ? [{ ...start, cause: start.cause }] : []));
}

function* missed(analysis: Analysis, pipeline: StagedPipeline, start: PushStart): Generator<Candidate> {
  const missing = start.cause.source?.missing;
  if (missing) {
    const named = literal(missing.named);
    yield {
      message: `A trigger of ${pipeline.label} listens to the source action "${named}", which there is not`,
      at: start.at,
      confidence: "high",
      schedule: [
        `push to ${analysis.defaultBranch}, whatever it changes`,
        `the trigger listens to the source "${named}", which never tells of a push: it starts nothing`,
      ],
      claim: deaf(analysis, pipeline),
      help: `Name one of its source actions${missing.known.length > 0 ? `: ${missing.known.join(", ")}` : ""}.`,
    };
    return;
  }
  const { paths } = start.cause;
  const pushes = pushesOf(pipeline).filter(({ cause }) => !cause.source?.missing);
  // Another trigger may be the one for these paths.
  if (paths.kind !== "patterns" || pushes.length !== 1) return;
  const own = pathsOf(pipeline);
  const [first] = own;
  if (!first || own.some(({ path, isFolder }) => covers(start.cause, path, isFolder))) return;
  const claim = passedOver(analysis, pipeline, inside(first));
  if (!claim) return;
  const shown = [...new Set(own.map(({ path }) => path))].join(", ");
  yield {
    message: `Changes to ${shown} do not start ${pipeline.label}: its path filter leaves them out`,
    at: paths.patterns[0]?.at ?? start.at,
    related: [{ at: first.at, message: `The pipeline works on ${first.path}` }],
    confidence: "medium",
    schedule: [
      `${analysis.clearest(pipeline).described} that touches only ${first.path}`,
      `${pipeline.label} is not started: what is deployed stays as it was`,
    ],
    claim,
    help: `Add a pattern for ${first.path} to the file paths of the trigger.`,
  };
}

/** The trigger hears of no push. */
function deaf(analysis: Analysis, pipeline: StagedPipeline): Claim {
  const root = pushTo("branch", analysis.defaultBranch);
  const chain = { ...analysis.clearest(pipeline), root, choices: [] };
  return analysis.claim([chain], [{ kind: "event", event: root.id }], { kind: "refused", pipeline: pipeline.id });
}

/** A push that touches everything starts it; the next one, which touches what it works on, does not. */
function passedOver(analysis: Analysis, pipeline: StagedPipeline, path: string): Claim | undefined {
  const chain = analysis.clearest(pipeline);
  if (chain.root.kind !== "push") return undefined;
  const [all, own] = [again(chain, "all", "c1"), again(chain, "own", "c2")];
  const narrow = { ...own, root: { ...chain.root, ...own.root, paths: [path] } as RootEvent };
  return analysis.claim(
    [all, narrow],
    [
      { kind: "run-created", run: runPattern(pipeline.id, all) },
      { kind: "event", event: own.root.id },
    ],
    { kind: "never-created", run: runPattern(pipeline.id, own) },
  );
}

/** A file there. */
function inside({ path, isFolder }: OwnPath): string {
  return isFolder ? `${path}/file` : path;
}

export interface OwnPath {
  readonly path: string;
  readonly isFolder: boolean;
  readonly at: StagedPipeline["at"];
}

export function pathsOf({ actions }: StagedPipeline): OwnPath[] {
  return actions.flatMap((action) =>
    action.paths.flatMap((written) => {
      const path = literal(written)?.replace(/^\.\//, "").replace(/\/$/, "");
      if (!path || path === "." || path.startsWith("..")) return [];
      return [{ path, isFolder: !/\.[a-z]+$/i.test(path), at: written.at }];
    }),
  );
}

/** Whether some change there starts it; a pattern that leads into the folder is enough. */
export function covers({ paths }: PushCause, path: string, isFolder: boolean): boolean {
  if (paths.accepts(path) || paths.inverted) return true;
  if (!isFolder) return false;
  return paths.patterns.some(({ value }) => {
    const fixed = value.slice(0, value.search(/[*?[{]|$/));
    return fixed.startsWith(`${path}/`) || `${path}/`.startsWith(fixed);
  });
}

/** Pipelines with folders of their own that one push starts all together. */
function* startedByEverything(analysis: Analysis, pipelines: readonly StagedPipeline[]): Generator<Candidate> {
  const open = pipelines.flatMap((pipeline) => {
    const [start] = pushesOf(pipeline);
    const inFolders = pathsOf(pipeline).filter(({ path, isFolder }) => isFolder || path.includes("/"));
    const folders = new Set(inFolders.map(({ path }) => path.split("/")[0]!));
    const isOpen = start && start.cause.paths.kind === "all" && !start.cause.source?.missing;
    return isOpen && folders.size > 0 ? [{ pipeline, start, folders }] : [];
  });
  const seen = new Set<StagedPipeline>();
  for (const [i, a] of open.entries()) {
    if (seen.has(a.pipeline)) continue;
    const sharing = open.slice(i + 1).flatMap((b) => {
      const start = disjoint(a.folders, b.folders) ? onePush(analysis, [a.pipeline, b.pipeline]) : undefined;
      return start ? [{ ...b, together: start }] : [];
    });
    const [first] = sharing;
    if (!first) continue;
    // All of them on one push.
    const start = first.together;
    const others = sharing.filter(({ together }) => together.words === start.words);
    for (const { pipeline } of others) seen.add(pipeline);
    const all = [a, ...others];
    const [folder] = a.folders;
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
        `${start.words} that touches only ${folder}`,
        ...all.map(({ pipeline }) => `${pipeline.label} starts`),
      ],
      claim: allStarted(
        analysis,
        all.map(({ pipeline }) => pipeline),
        { ...start.a, root: { ...start.a.root, paths: [`${folder}/file`] } as RootEvent },
      ),
      help: a.start.cause.source?.filterable
        ? "Give each a trigger with file paths (pipeline type V2)."
        : "File paths can be filtered with triggers over a connection (pipeline type V2); sources that start by events or polling cannot.",
    };
  }
}

function disjoint(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return ![...a].some((folder) => b.has(folder));
}

/** One push starts them all. */
function allStarted(analysis: Analysis, pipelines: readonly StagedPipeline[], chain: TriggerChain): Claim {
  const runs = pipelines.map(({ id }) => runPattern(id, chain));
  return analysis.claim(
    pipelines.map((pipeline) => ({ ...analysis.clearest(pipeline), root: chain.root })),
    runs.map((run) => ({ kind: "run-created", run })),
    { kind: "run-times", run: runs[0]!, times: 1 },
  );
}
