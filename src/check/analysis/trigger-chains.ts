/** Ways in which a run comes about: a root event, and the completions that lead from it to the run. */

import type { Cause, Circumstances, Conclusion, Facts, NameSet, Pipeline, Start } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import { identity, literal } from "../../facts/written.ts";
import type { Choice, RootEvent } from "../../simulation/scenario.ts";

export interface TriggerChain {
  readonly circumstances: Circumstances;
  readonly start: Start;
  /** The event at the beginning. */
  readonly root: RootEvent;
  /** The chain of the run whose end started this one. */
  readonly upstream: TriggerChain | undefined;
  /** Values that only a deployment knows, and that let the event start it. */
  readonly choices: readonly Choice[];
  /** `push to main`, `push to main -> infra succeeds`. */
  readonly described: string;
  /** 0 for a root event, one more for each completion. */
  readonly depth: number;
}

/** A completion starts a run at most this many levels below the root. */
export const MAX_CHAIN = 3;
const MAX_BRANCHES = 8;

export interface ChainOptions {
  /** Branch names that filters and conditions mention, the default branch first. */
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  /** Branch names of pull requests that conditions ask for. */
  readonly heads: readonly string[];
}

/** All trigger chains of a pipeline, those that start from outside first. */
export function triggerChainsOf(facts: Facts, pipeline: Pipeline, options: ChainOptions): TriggerChain[] {
  const chains = pipeline.starts.flatMap((start) => chainsOfStart(facts, start, options, 0));
  return chains.length === 0 && isStaged(pipeline) ? [byHand(pipeline, options)] : chains;
}

/** As people may start any pipeline made of stages. */
function byHand({ id, label, nameAt, at }: Pipeline, { branches: [branch = "main"] }: ChainOptions): TriggerChain {
  const cause = { kind: "dispatch", inputs: [] } as const;
  const start: Start = { id: `${id}@dispatch`, pipeline: id, cause, event: "by hand", at: nameAt ?? at };
  const root = { kind: "dispatch", id: "start", pipeline: id, branch, inputs: {} } as const;
  return {
    circumstances: { start, branch },
    start,
    root,
    upstream: undefined,
    choices: [],
    described: `${label} is started`,
    depth: 0,
  };
}

function chainsOfStart(facts: Facts, start: Start, options: ChainOptions, depth: number): TriggerChain[] {
  const { cause } = start;
  const chain = (circumstances: Omit<Circumstances, "start">, root: RootEvent, described: string): TriggerChain => ({
    circumstances: { start, ...circumstances },
    start,
    root,
    upstream: undefined,
    choices: [],
    described,
    depth: 0,
  });
  switch (cause.kind) {
    case "push":
      if (cause.source) return pushesToSource(start, cause, options);
      return [
        ...namesIn(cause.branches, options.branches).map((branch) =>
          chain({ branch }, pushTo("branch", branch), `push to ${branch}`),
        ),
        ...namesIn(cause.tags, options.tags).map((tag) => chain({ tag }, pushTo("tag", tag), `push of tag ${tag}`)),
      ];
    case "pull-request": {
      // A trigger that takes requests tests them; what it starts is asked about by its pushes.
      if (isStagedStart(facts, start)) return [];
      const [base] = namesIn(cause.branches, options.branches);
      if (base === undefined) return [];
      const actions = cause.types.length > 0 ? cause.types : ["opened"];
      const kinds = ["topic", ...options.heads].flatMap((head) =>
        [false, true].map((outsider) => ({ head, outsider })),
      );
      return actions.slice(0, 4).flatMap((action) =>
        kinds.map(({ head, outsider }) =>
          chain(
            { branch: base, action, outsider, head },
            {
              kind: "pull-request",
              id: "pull-request",
              base,
              head,
              outsider,
              action,
              merged: action === "closed",
              paths: "every",
              commit: "p1",
            },
            `pull request ${action}${outsider ? " from a fork" : ""}`,
          ),
        ),
      );
    }
    case "completion":
      return depth >= MAX_CHAIN ? [] : completionChains(facts, start, options, depth);
    case "dispatch": {
      const [main = "main"] = options.branches;
      const required = cause.inputs.filter((input) => input.required && !input.hasDefault);
      const inputs = Object.fromEntries(required.map((input) => [input.name, input.options[0] ?? "1"]));
      return [main, ...askedFor(facts, start, options).filter((name) => name !== main)].map((branch) =>
        chain(
          { branch },
          { kind: "dispatch", id: "dispatch", pipeline: start.pipeline, branch, inputs },
          branch === main ? "run by hand" : `run by hand on ${branch}`,
        ),
      );
    }
    case "schedule":
      return [chain({}, { kind: "schedule", id: "schedule", pipeline: start.pipeline }, "schedule")];
    case "release": {
      const actions = cause.types.length > 0 ? cause.types : ["published"];
      return actions.map((action) =>
        chain(
          { action, tag: "v1.0.0" },
          { kind: "release", id: "release", action, tag: "v1.0.0" },
          `release ${action}`,
        ),
      );
    }
    case "custom-event": {
      const type = cause.types[0] ?? "event";
      return [chain({ action: type }, { kind: "custom-event", id: "event", type }, `repository_dispatch ${type}`)];
    }
    case "call":
      return [
        chain(
          {},
          { kind: "call", id: "call", pipeline: start.pipeline, callerName: "caller", inputs: {} },
          "call from another workflow",
        ),
      ];
    case "other": {
      const action = cause.types[0] ?? "";
      return [
        chain(
          action ? { action } : {},
          { kind: "other", id: "event", name: cause.name, action },
          cause.name === "merge_group" ? "a group of the merge queue" : cause.name,
        ),
      ];
    }
    default:
      return cause satisfies never;
  }
}

/** Branches that conditions of the pipeline ask for by name: whoever runs it by hand chooses one. */
function askedFor(facts: Facts, { pipeline }: Start, { branches }: ChainOptions): string[] {
  const jobs = facts.pipeline(pipeline)?.jobs ?? [];
  const names = new Set(jobs.flatMap(({ condition }) => condition?.refTests ?? []).map(({ name }) => name));
  return branches.filter((branch) => names.has(branch)).slice(0, MAX_BRANCHES);
}

function isStagedStart(facts: Facts, { pipeline: id }: Start): boolean {
  const pipeline = facts.pipeline(id);
  return pipeline !== undefined && isStaged(pipeline);
}

export function pushTo(kind: "branch" | "tag", name: string): Extract<RootEvent, { kind: "push" }> {
  return { kind: "push", id: "push", ref: { kind, name }, paths: "every", commit: "c1" };
}

/** Known names that the set accepts, its own examples first. */
function namesIn(set: NameSet, mentioned: readonly string[]): string[] {
  if (set.kind === "none") return [];
  const names = new Set([...set.samples, ...mentioned.filter((name) => set.accepts(name))]);
  if (set.literals) return [...set.literals].slice(0, MAX_BRANCHES);
  return [...names].slice(0, MAX_BRANCHES);
}

type PushCause = Extract<Cause, { kind: "push" }>;

/** A pipeline names what is pushed to, and the branch there may be one that only a deployment knows. */
function pushesToSource(start: Start, cause: PushCause, options: ChainOptions): TriggerChain[] {
  const { missing, repository: written, branch } = cause.source!;
  const repository = identity(written.key);
  if (missing || repository === undefined) return [];
  const push = (kind: "branch" | "tag", name: string, described: string, choices: readonly Choice[] = []) => ({
    circumstances: kind === "tag" ? { start, tag: name } : { start, branch: name },
    start,
    root: { ...pushTo(kind, name), repository },
    upstream: undefined,
    choices,
    described: wordsFor(repository, described),
    depth: 0,
  });
  if (branch && literal(branch) === undefined) {
    const name = identity(branch.key);
    if (name === undefined) return [];
    // What is open in its name is taken for `main`.
    const choices = [...name.matchAll(/‹([^›]*)›/g)].map((hole) => ({ expression: hole[1]!, value: "main" }));
    return [push("branch", name.replaceAll(/‹[^›]*›/g, "main"), "a push", choices)];
  }
  return [
    ...namesIn(cause.branches, options.branches).map((name) => push("branch", name, `push to ${name}`)),
    ...namesIn(cause.tags, options.tags).map((name) => push("tag", name, `tag ${name}`)),
  ];
}

/** What is pushed depends on what it is pushed to. */
function wordsFor(repository: string, described: string): string {
  if (repository.startsWith("s3:")) return "a new object";
  return repository.startsWith("ecr:") ? "a new image" : described;
}

function completionChains(facts: Facts, start: Start, options: ChainOptions, depth: number): TriggerChain[] {
  const { cause } = start;
  if (cause.kind !== "completion") return [];
  const isStagedOne = isStagedStart(facts, start);
  if (cause.states && cause.states !== "any" && !cause.states.includes("SUCCEEDED")) return [];
  const requestedOnly = cause.types.length > 0 && !cause.types.includes("completed");
  const conclusion: Conclusion | undefined = requestedOnly ? undefined : "success";
  return cause.upstream.flatMap(({ pipeline }) => {
    const starts = facts.pipeline(pipeline)?.starts ?? [];
    if (pipeline === start.pipeline) return [];
    return starts
      .filter((each) => each.cause.kind !== "call")
      .flatMap((each) => chainsOfStart(facts, each, options, depth + 1))
      .flatMap((upstream) => {
        const outsider = upstream.circumstances.outsider ?? upstream.circumstances.upstream?.outsider ?? false;
        return branchesOfRun(upstream, cause.branches, options, outsider).map((branch): TriggerChain => {
          const renamed = upstream.root.kind === "pull-request" && branch !== undefined;
          const root = renamed ? { ...upstream.root, head: branch } : upstream.root;
          const run = { pipeline, conclusion, event: upstream.start.event, outsider };
          return {
            circumstances: { start, upstream: branch === undefined ? run : { ...run, branch } },
            start,
            root,
            upstream: renamed
              ? { ...upstream, root, circumstances: { ...upstream.circumstances, head: branch } }
              : upstream,
            choices: upstream.choices,
            described: isStagedOne
              ? `${upstream.described} -> ${facts.pipeline(pipeline)!.label} succeeds`
              : upstream.described,
            depth: upstream.depth + 1,
          };
        });
      });
  });
}

/** Branches that the run before may be on and that the filter accepts; `undefined` stands for one that is not known. */
function branchesOfRun(
  upstream: TriggerChain,
  filter: NameSet,
  { branches }: ChainOptions,
  outsider: boolean,
): (string | undefined)[] {
  switch (upstream.start.cause.kind) {
    case "pull-request": {
      // Whoever opens a pull request names its branch; from a fork also like the default branch.
      const { head = "topic" } = upstream.circumstances;
      if (head !== "topic") return filter.accepts(head) ? [head] : [];
      const names = filter.samples.length > 0 ? filter.samples.slice(0, 1) : [head];
      const all = outsider ? [...names, branches[0] ?? "main"] : names;
      return [...new Set(all)].filter((name) => filter.accepts(name));
    }
    case "completion":
    case "schedule":
      // Such runs belong to the default branch.
      return [branches[0] ?? "main"].filter((name) => filter.accepts(name));
    case "push":
    case "release": {
      const name = upstream.circumstances.branch ?? upstream.circumstances.tag;
      return name === undefined || !filter.accepts(name) ? [] : [name];
    }
    default:
      return filter.kind === "all" ? [upstream.circumstances.branch] : filter.samples.slice(0, 1);
  }
}

/** Started by a group of the merge queue; several groups may run at once. */
export function isQueued({ root }: TriggerChain): boolean {
  return root.kind === "other" && root.name === "merge_group";
}

/** `push to main -> shop starts`, as the beginning of a schedule; by hand it is started itself. */
export function beginning({ root, described }: TriggerChain, { id, label }: Pipeline): string {
  return root.kind === "dispatch" && root.pipeline === id ? described : `${described} -> ${label} starts`;
}

/** The same chain once more: another event of its kind, with a commit of its own. */
export function again(chain: TriggerChain, id = "second", commit = "c2"): TriggerChain {
  const root = { ...chain.root, id };
  return { ...chain, root: "commit" in root ? { ...root, commit } : root };
}

/** The same chain with the run before ended differently. */
export function withConclusion(chain: TriggerChain, conclusion: Conclusion): TriggerChain {
  const { upstream } = chain.circumstances;
  if (!upstream) return chain;
  return { ...chain, circumstances: { ...chain.circumstances, upstream: { ...upstream, conclusion } } };
}

/** The same chain with some jobs ending as told. */
export function withResults(chain: TriggerChain, results: ReadonlyMap<string, Conclusion>): TriggerChain {
  return { ...chain, circumstances: { ...chain.circumstances, results } };
}
