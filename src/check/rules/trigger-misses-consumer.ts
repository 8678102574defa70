import { literal, type StagedPipeline, type StagedStart } from "../../facts/staged.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { RunPattern } from "../../simulation/scenario.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { type CoStart, coStart, pipelineViews } from "../analysis/cross-platform.ts";
import { asEvent, branchRef, pushTo, stagedChain, stagedScenario } from "../analysis/staged-claims.ts";
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
      for (const start of pipeline.starts) if (start.kind === "push") yield* missed(analysis, pipeline, start);
    }
    yield* startedByEverything(analysis, pipelines);
  },
};

type PushStart = Extract<StagedStart, { kind: "push" }>;

function* missed(analysis: Analysis, pipeline: StagedPipeline, start: PushStart): Generator<Candidate> {
  if (start.missingSource) {
    const named = literal(start.missingSource);
    yield {
      message: `A trigger of ${pipeline.label} listens to the source action "${named}", which there is not`,
      at: start.at,
      confidence: "high",
      schedule: [
        `push to ${analysis.defaultBranch}, whatever it changes`,
        `the trigger listens to the source "${named}", which never tells of a push: it starts nothing`,
      ],
      claim: deaf(analysis, pipeline),
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
  const claim = passedOver(analysis, pipeline, inside(first));
  if (!claim) return;
  const shown = [...new Set(own.map(({ path }) => path))].join(", ");
  yield {
    message: `Changes to ${shown} do not start ${pipeline.label}: its path filter leaves them out`,
    at: start.paths.patterns[0]?.at ?? start.at,
    related: [{ at: first.at, message: `The pipeline works on ${first.path}` }],
    confidence: "medium",
    schedule: [
      `${stagedChain(analysis, pipeline).described} that touches only ${first.path}`,
      `${pipeline.label} is not started: what is deployed stays as it was`,
    ],
    claim,
    help: `Add a pattern for ${first.path} to the file paths of the trigger.`,
  };
}

/** The trigger hears of no push. */
function deaf(analysis: Analysis, pipeline: StagedPipeline): Claim {
  const push = pushTo(branchRef(analysis.defaultBranch));
  return {
    scenario: stagedScenario(analysis, { events: [push], choices: [], pipelines: [pipeline] }),
    schedule: [{ kind: "event", event: push.id }],
    bad: { kind: "refused", pipeline: pipeline.id },
  };
}

/** A push that touches everything starts it; the next one, which touches what it works on, does not. */
function passedOver(analysis: Analysis, pipeline: StagedPipeline, path: string): Claim | undefined {
  const { root, choices } = stagedChain(analysis, pipeline);
  if (root.kind !== "push") return undefined;
  const run = (event: string): RunPattern => ({ pipeline: pipeline.id, event });
  const [all, own] = [asEvent(root, "all", "c1"), { ...asEvent(root, "own", "c2"), paths: [path] }];
  return {
    scenario: stagedScenario(analysis, { events: [all, own], choices, pipelines: [pipeline] }),
    schedule: [
      { kind: "run-created", run: run(all.id) },
      { kind: "event", event: own.id },
    ],
    bad: { kind: "never-created", run: run(own.id) },
  };
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
export function covers({ paths }: PushStart, path: string, isFolder: boolean): boolean {
  if (paths.accepts(path) || paths.inverted) return true;
  if (!isFolder) return false;
  return paths.patterns.some(({ value }) => {
    const fixed = value.slice(0, value.search(/[*?[{]|$/));
    return fixed.startsWith(`${path}/`) || `${path}/`.startsWith(fixed);
  });
}

/** Pipelines with folders of their own that one push starts all together. */
function* startedByEverything(analysis: Analysis, pipelines: readonly StagedPipeline[]): Generator<Candidate> {
  const views = pipelineViews(analysis);
  const open = pipelines.flatMap((pipeline) => {
    const view = views.find(({ id }) => id === pipeline.id);
    const [start] = pipeline.starts.filter((each) => each.kind === "push");
    const inFolders = pathsOf(pipeline).filter(({ path, isFolder }) => isFolder || path.includes("/"));
    const folders = new Set(inFolders.map(({ path }) => path.split("/")[0]!));
    const isOpen = start && start.paths.kind === "all" && !start.missingSource;
    return view && isOpen && folders.size > 0 ? [{ pipeline, view, start, folders }] : [];
  });
  const seen = new Set<StagedPipeline>();
  for (const [i, a] of open.entries()) {
    if (seen.has(a.pipeline)) continue;
    const sharing = open.slice(i + 1).flatMap((b) => {
      const start = disjoint(a.folders, b.folders) ? coStart(a.view, b.view) : undefined;
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
        { ...start, push: { ...start.push, paths: [`${folder}/file`] } },
      ),
      help: a.start.filterable
        ? "Give each a trigger with file paths (pipeline type V2)."
        : "File paths can be filtered with triggers over a connection (pipeline type V2); sources that start by events or polling cannot.",
    };
  }
}

function disjoint(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return ![...a].some((folder) => b.has(folder));
}

/** One push starts them all. */
function allStarted(
  analysis: Analysis,
  pipelines: readonly StagedPipeline[],
  { push, choices }: Pick<CoStart, "push" | "choices">,
): Claim {
  const runs = pipelines.map(({ id }): RunPattern => ({ pipeline: id, event: push.id }));
  return {
    scenario: stagedScenario(analysis, { events: [push], choices, pipelines }),
    schedule: runs.map((run) => ({ kind: "run-created", run })),
    bad: { kind: "run-times", run: runs[0]!, times: 1 },
  };
}
