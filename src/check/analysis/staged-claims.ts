/** Claims about pipelines made of stages: how a run of one comes about, and what is taken for granted meanwhile. */

import {
  type ActionFacts,
  identity,
  literal,
  type StagedPipeline,
  type StagedStart,
  type Written,
} from "../../facts/staged.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { Choice, JobPattern, OutcomeRule, RootEvent, Scenario } from "../../simulation/scenario.ts";
import type { Analysis } from "./analysis.ts";

/** What starts a run: the event, and the values that only a deployment knows and that let it. */
export interface StagedChain {
  readonly root: RootEvent;
  readonly choices: readonly Choice[];
  /** `push to main`, `push to main -> infra succeeds`. */
  readonly described: string;
}

/** By a push where there is one, else by a pull request, after another pipeline, or by hand. */
export function stagedChain(analysis: Analysis, pipeline: StagedPipeline, seen: readonly string[] = []): StagedChain {
  for (const start of pipeline.starts) {
    const chain = start.kind === "push" ? pushChain(analysis, start) : undefined;
    if (chain) return chain;
  }
  for (const start of pipeline.starts) {
    if (start.kind !== "after") continue;
    const before = namedBy(analysis, start.pipeline);
    if (!before || seen.includes(before.id)) continue;
    const chain = stagedChain(analysis, before, [...seen, pipeline.id]);
    return { ...chain, described: `${chain.described} -> ${before.label} succeeds` };
  }
  const { id, label } = pipeline;
  const branch = analysis.defaultBranch;
  return {
    root: { kind: "dispatch", id: "start", pipeline: id, branch, inputs: {} },
    choices: [],
    described: `${label} is started`,
  };
}

/** The pipeline that a name means: by its name, or by where it stands in its file. */
export function namedBy({ facts }: Analysis, { key }: Written): StagedPipeline | undefined {
  const name = identity(key);
  if (name === undefined) return undefined;
  return facts.staged?.pipelines.find(
    (each) =>
      (each.name && identity(each.name.key) === name) ||
      each.label === name ||
      name.endsWith(`${each.id.slice(each.id.indexOf("#"))}›`),
  );
}

type PushStart = Extract<StagedStart, { kind: "push" }>;

function pushChain(analysis: Analysis, start: PushStart): StagedChain | undefined {
  const repository = identity(start.source.repository.key);
  if (start.missingSource || repository === undefined) return undefined;
  const push = (ref: PushRef): StagedChain => {
    return { root: { ...pushTo(ref), repository }, choices: ref.choices, described: wordsFor(ref, repository) };
  };
  const isOpen = start.branch && literal(start.branch) === undefined;
  if (isOpen) {
    const ref = openBranch(identity(start.branch!.key));
    return ref && push(ref);
  }
  const { defaultBranch } = analysis;
  const named = start.branches.samples.find((name) => start.branches.accepts(name));
  const branch = named ?? (start.branches.accepts(defaultBranch) ? defaultBranch : undefined);
  if (branch !== undefined) return push(branchRef(branch));
  const tag = start.tags.samples.find((name) => start.tags.accepts(name));
  return tag === undefined ? undefined : push({ kind: "tag", name: tag, choices: [], words: `tag ${tag}` });
}

/** What a push is to. */
export interface PushRef {
  readonly kind: "branch" | "tag";
  readonly name: string;
  readonly choices: readonly Choice[];
  readonly words: string;
}

export function branchRef(name: string): PushRef {
  return { kind: "branch", name, choices: [], words: `push to ${name}` };
}

/** A branch whose name is not all in the files: what is open in it is taken for `main`. */
export function openBranch(name: string | undefined): PushRef | undefined {
  if (name === undefined) return undefined;
  const choices = [...name.matchAll(/‹([^›]*)›/g)].map((hole) => ({ expression: hole[1]!, value: "main" }));
  return { kind: "branch", name: name.replaceAll(/‹[^›]*›/g, "main"), choices, words: "a push" };
}

export type Push = Extract<RootEvent, { kind: "push" }>;

/** What is pushed depends on what it is pushed to. */
export function wordsFor({ words }: PushRef, repository: string | undefined): string {
  if (repository?.startsWith("s3:")) return "a new object";
  return repository?.startsWith("ecr:") ? "a new image" : words;
}

/** That touches every path, unless told otherwise. */
export function pushTo({ kind, name }: PushRef): Push {
  return { kind: "push", id: "push", ref: { kind, name }, paths: "every", commit: "c1" };
}

/** The same once more, with a commit of its own. */
export function asEvent<E extends RootEvent>(root: E, id: string, commit: string): E {
  return { ...root, id, ...("commit" in root ? { commit } : {}) };
}

export function actionPattern({ pipeline, stageLabel, label }: ActionFacts, event?: string): JobPattern {
  return { run: { pipeline, ...(event === undefined ? {} : { event }) }, path: [stageLabel, label] };
}

export interface Happening {
  readonly events: readonly RootEvent[];
  readonly choices: readonly Choice[];
  /** Pipelines whose actions find what they take. */
  readonly pipelines: readonly StagedPipeline[];
  /** But for this one. */
  readonly except?: ActionFacts;
}

/** Artifacts that nobody is seen to make are a matter of their own: elsewhere they are taken to be there. */
export function stagedScenario(analysis: Analysis, { events, choices, pipelines, except }: Happening): Scenario {
  const outcomes = pipelines.flatMap(({ actions }) =>
    actions
      .filter((action) => action !== except && action.inputs.length + action.namedArtifacts.length > 0)
      .map((action): OutcomeRule => ({ job: actionPattern(action), outcome: "success" })),
  );
  return { events, outcomes, choices, defaultBranch: analysis.defaultBranch, unknownConditions: "hold" };
}

/** A claim about one run of one pipeline. */
export function stagedClaim(
  analysis: Analysis,
  pipeline: StagedPipeline,
  told: Pick<Claim, "schedule" | "bad"> & { readonly except?: ActionFacts },
): Claim {
  const { root, choices } = stagedChain(analysis, pipeline);
  const { except, schedule, bad } = told;
  const pipelines = [pipeline];
  const happening = { events: [root], choices, pipelines, ...(except ? { except } : {}) };
  return { scenario: stagedScenario(analysis, happening), schedule, bad };
}

/** `push to main -> shop starts`; by hand it is started itself. */
export function beginning(
  { root, described }: Pick<StagedChain, "root" | "described">,
  { id, label }: { readonly id: string; readonly label: string },
): string {
  return root.kind === "dispatch" && root.pipeline === id ? `${label} is started` : `${described} -> ${label} starts`;
}

/** `push to main -> shop starts`, as the beginning of a schedule. */
export function startLine(analysis: Analysis, pipeline: StagedPipeline): string {
  const chain = stagedChain(analysis, pipeline);
  return beginning(chain, pipeline);
}
