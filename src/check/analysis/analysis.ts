/** What all rules ask: who runs when, in which order, and what it does. Every answer is computed once. */

import { asksHowRunsEnded } from "../../facts/asking.ts";
import type { Activation, Circumstances, Facts, JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import { isStaged, type StagedPipeline } from "../../facts/stages.ts";
import { buildKeyedGraph } from "../../order/keyed-graph.ts";
import { type Reach, reachability } from "../../order/reach.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { JobPattern, OutcomeRule, RunPattern, Scenario } from "../../simulation/scenario.ts";
import type { Schedule } from "../../simulation/schedule.ts";
import { type CheckSettings, type EnvironmentSettings, matchesBranch, nothingSet } from "../settings.ts";
import { effectsOf } from "./effects.ts";
import { onceFor } from "./once-for.ts";
import { again, type TriggerChain, triggerChainsOf } from "./trigger-chains.ts";
import { literalText } from "./wording.ts";

/** A step that does something under a chain of its run, with how likely it is. */
export class Analysis {
  readonly facts: Facts;
  /** The default branch, or the most likely one where no clone tells. */
  readonly defaultBranch: string;
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  /** Names of pull requests' branches that conditions ask for, the most frequent first. */
  readonly heads: readonly string[];
  private readonly chainsByPipeline = new Map<string, readonly TriggerChain[]>();
  private readonly orders = new Map<string, { reach: Reach; index: ReadonlyMap<string, number> }>();

  private readonly settings: CheckSettings;

  constructor(facts: Facts, settings: CheckSettings = nothingSet) {
    this.facts = facts;
    this.settings = settings;
    const mentioned = mentionedBranches(facts);
    this.defaultBranch =
      facts.defaultBranch ?? mentioned.find((name) => name === "main" || name === "master") ?? mentioned[0] ?? "main";
    this.branches = [...new Set([this.defaultBranch, ...mentioned])];
    this.tags = ["v1.0.0"];
    this.heads = mentionedHeads(facts);
  }

  /** Ways in which the pipeline's run comes about; those from outside first. */
  chains(pipeline: Pipeline): readonly TriggerChain[] {
    let chains = this.chainsByPipeline.get(pipeline.id);
    if (!chains) {
      chains = triggerChainsOf(this.facts, pipeline, this).sort((a, b) => likeliness(a) - likeliness(b));
      if (pipeline.callable && this.isCalled(pipeline))
        chains = chains.filter((chain) => chain.start.cause.kind !== "call");
      this.chainsByPipeline.set(pipeline.id, chains);
    }
    return chains;
  }

  /** How its run comes about most clearly: by a push to a branch where there is one, else after another pipeline. */
  clearest(pipeline: Pipeline): TriggerChain {
    const chains = this.chains(pipeline);
    return chains.find(({ root, upstream }) => !upstream && root.kind === "push") ?? chains[0]!;
  }

  /** Whether some pipeline of the repository calls this one. */
  isCalled(pipeline: Pipeline): boolean {
    return this.facts.pipelines.some(
      (other) => other.id !== pipeline.id && other.jobs.some((job) => job.file === pipeline.id),
    );
  }

  /** Jobs that do work themselves, in all runs. */
  *work(): Generator<{ readonly pipeline: Pipeline; readonly job: JobFacts }> {
    for (const pipeline of this.facts.pipelines) {
      if (this.chains(pipeline).length === 0) continue;
      for (const job of pipeline.jobs) if (job.kind !== "call") yield { pipeline, job };
    }
  }

  /** Ways under which the job can run; what depends on made values counts. */
  chainsRunning(pipeline: Pipeline, job: JobFacts): TriggerChain[] {
    return this.chains(pipeline).filter((chain) => job.runs(chain.circumstances) !== "no");
  }

  /** Whether the effect of the job happens under a chain: its job and one of its effective steps run. */
  effectRuns(job: JobFacts, under: Circumstances): Activation {
    return weakest(job.runs(under), strongest(effectsOf(job).map(({ step }) => step?.runs(under) ?? "yes")));
  }

  stepRuns(job: JobFacts, step: StepFacts, under: Circumstances): Activation {
    return weakest(job.runs(under), step.runs(under));
  }

  /** Within one run: `a` has ended before `b` starts, whenever both run. */
  before(a: JobFacts, b: JobFacts): boolean {
    if (a.pipeline !== b.pipeline) return false;
    const { reach, index } = this.orderOf(this.facts.pipeline(a.pipeline)!);
    return reach.happensBefore(index.get(`${a.id} out`)!, index.get(`${b.id} in`)!);
  }

  /** All jobs of the run that have ended before this one starts. */
  readonly jobsBefore: (job: JobFacts) => readonly JobFacts[] = onceFor((job) => this.allBefore(job));

  private allBefore(job: JobFacts): JobFacts[] {
    const pipeline = this.facts.pipeline(job.pipeline)!;
    const { reach, index } = this.orderOf(pipeline);
    const begin = index.get(`${job.id} in`)!;
    // Each job is two nodes, its begin and its end, in the order of the jobs.
    return pipeline.jobs.filter((other, i) => other !== job && reach.happensBefore(2 * i + 1, begin));
  }

  private orderOf(pipeline: Pipeline): { reach: Reach; index: ReadonlyMap<string, number> } {
    let order = this.orders.get(pipeline.id);
    if (!order) {
      const keys = pipeline.jobs.flatMap((job) => [`${job.id} in`, `${job.id} out`]);
      const edges: [string, string][] = [];
      for (const job of pipeline.jobs) {
        edges.push([`${job.id} in`, `${job.id} out`]);
        for (const need of job.needs) edges.push([`${need} out`, `${job.id} in`]);
        if (job.caller) edges.push([`${job.caller} in`, `${job.id} in`], [`${job.id} out`, `${job.caller} out`]);
      }
      const keyed = buildKeyedGraph(keys, edges);
      order = { reach: reachability(keyed.graph), index: new Map(keys.map((key, i) => [key, i])) };
      this.orders.set(pipeline.id, order);
    }
    return order;
  }

  /** The run of `later` of this chain begins only after the run of `pipeline` has ended. */
  startsAfter(later: TriggerChain, pipeline: string): boolean {
    for (let chain = later.upstream; chain; chain = chain.upstream) if (chain.start.pipeline === pipeline) return true;
    return false;
  }

  /** Pairs of chains in which one event starts both pipelines, neither after the other. */
  together(a: Pipeline, b: Pipeline): { readonly a: TriggerChain; readonly b: TriggerChain }[] {
    const pairs: { a: TriggerChain; b: TriggerChain }[] = [];
    for (const chainA of this.chains(a)) {
      for (const chainB of this.chains(b)) {
        if (!sameRoot(chainA, chainB) || this.startsAfter(chainA, b.id) || this.startsAfter(chainB, a.id)) continue;
        const root = this.commonRoot(chainA.root, chainB.root);
        if (root === undefined) continue;
        const isNamed = "repository" in root;
        pairs.push(isNamed ? { a: { ...chainA, root }, b: { ...chainB, root } } : { a: chainA, b: chainB });
      }
    }
    return pairs;
  }

  /** Workflows are of the repository that is looked at, whatever its name is here; what a pipeline fetches has a name. */
  private commonRoot(a: TriggerChain["root"], b: TriggerChain["root"]): TriggerChain["root"] | undefined {
    const [x, y] = [a, b].map((root) => ("repository" in root ? root.repository : undefined));
    if (x === y) return a;
    if (x !== undefined && y !== undefined) return x.toLowerCase() === y.toLowerCase() ? a : undefined;
    const named = (x ?? y)!;
    const { repository: own } = this.facts;
    const isOwn = own === undefined ? !/^(codecommit|s3|ecr):/.test(named) : own.toLowerCase() === named.toLowerCase();
    if (!isOwn) return undefined;
    return x === undefined ? b : a;
  }

  /** Whether the job, or one that has ended before it, waits for other checks or runs, or asks how they ended. */
  readonly waitsOrAsks: (job: JobFacts) => boolean = onceFor((job) => [job, ...this.jobsBefore(job)].some(asksInJob));

  /** What is known of the settings of the job's environment; undefined where nothing is. */
  environmentSettings({ environment }: JobFacts): EnvironmentSettings | undefined {
    const name = environment && literalText(environment.name);
    return name === undefined ? undefined : this.settings.environments.get(name.toLowerCase());
  }

  /** Whether the branch takes only commits that have passed the tests. */
  isTestedBranch(name: string): boolean {
    return matchesBranch(this.settings.testedBranches, name);
  }

  scenario(chains: readonly TriggerChain[], outcomes: readonly OutcomeRule[] = [], except?: JobFacts): Scenario {
    const events = new Map(chains.map((chain) => [chain.root.id, chain.root]));
    return {
      events: [...events.values()],
      outcomes: [...outcomes, ...this.takersFind(chains, except)],
      choices: [...new Set(chains.flatMap(({ choices }) => choices))],
      defaultBranch: this.defaultBranch,
      unknownConditions: "hold",
    };
  }

  /** Artifacts that nobody is seen to make are a matter of their own: elsewhere they are taken to be there. */
  private takersFind(chains: readonly TriggerChain[], except: JobFacts | undefined): OutcomeRule[] {
    const pipelines = new Set<StagedPipeline>();
    for (const chain of chains) {
      for (let at: TriggerChain | undefined = chain; at; at = at.upstream) {
        const pipeline = this.facts.pipeline(at.start.pipeline);
        if (pipeline && isStaged(pipeline)) pipelines.add(pipeline);
      }
    }
    return [...pipelines].flatMap(({ id, actions }) =>
      actions
        .filter((each) => each !== except && each.inputs.length + each.namedArtifacts.length > 0)
        .map(({ path }): OutcomeRule => ({ job: { run: { pipeline: id }, path }, outcome: "success" })),
    );
  }

  claim(
    chains: readonly TriggerChain[],
    schedule: Schedule,
    bad: Claim["bad"],
    outcomes: readonly OutcomeRule[] = [],
    except?: JobFacts,
  ): Claim {
    return { scenario: this.scenario(chains, outcomes, except), schedule, bad };
  }
}

/** Steps whose text asks the platform how other runs or checks ended. */
export const asksForOtherRuns: (step: StepFacts) => boolean = onceFor(
  ({ accesses, text, opened }) =>
    accesses.some(({ kind }) => kind === "wait") || asksHowRunsEnded(text) || asksHowRunsEnded(opened),
);

const asksInJob: (job: JobFacts) => boolean = onceFor(({ steps }) => steps.some(asksForOtherRuns));

export function jobPattern(job: JobFacts, chain: TriggerChain): JobPattern {
  return { run: runPattern(job.pipeline, chain), path: job.path };
}

export function runPattern(pipeline: string, chain: TriggerChain): RunPattern {
  return { pipeline, event: chain.root.id };
}

const ranks: readonly Activation[] = ["no", "unknown", "possible", "yes"];

export function weakest(...all: readonly Activation[]): Activation {
  return ranks[Math.min(...all.map((each) => ranks.indexOf(each)))]!;
}

export function strongest(all: readonly Activation[]): Activation {
  return all.length === 0 ? "no" : ranks[Math.max(...all.map((each) => ranks.indexOf(each)))]!;
}

/** Certain, or possible without anything that might be a guard. */
export function can(activation: Activation): boolean {
  return activation === "yes" || activation === "possible";
}

export function sameRoot(a: TriggerChain, b: TriggerChain): boolean {
  const [x, y] = [a.root, b.root];
  if (x.kind === "push" && y.kind === "push") {
    return x.ref.kind === y.ref.kind && x.ref.name === y.ref.name && sameChoices(a.choices, b.choices);
  }
  if (x.kind === "pull-request" && y.kind === "pull-request") {
    return x.outsider === y.outsider && x.action === y.action && x.base === y.base && x.head === y.head;
  }
  if (x.kind === "release" && y.kind === "release") return x.action === y.action;
  return false;
}

/** What only a deployment knows has one value under one name: two names may be two branches. */
function sameChoices(a: TriggerChain["choices"], b: TriggerChain["choices"]): boolean {
  return a.length === b.length && a.every(({ expression }, i) => expression === b[i]!.expression);
}

/** Both chains as events of one scenario: one event where it starts both, else two. */
export function besides(a: TriggerChain, b: TriggerChain): readonly [TriggerChain, TriggerChain] {
  const isOne = a.start.pipeline !== b.start.pipeline && sameRoot(a, b);
  return isOne ? [a, { ...b, root: a.root }] : [a, again(b)];
}

/** Pushes first: they are what most schedules are easiest to see with. */
function likeliness({ root, depth }: TriggerChain): number {
  const kinds = ["push", "release", "pull-request"];
  const rank = kinds.indexOf(root.kind);
  return depth * 10 + (rank < 0 ? kinds.length : rank);
}

function mentionedBranches(facts: Facts): string[] {
  const counts = new Map<string, number>();
  const add = (name: string): void => {
    if (/^[\w./-]+$/.test(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  for (const pipeline of facts.pipelines) {
    for (const { cause } of pipeline.starts) {
      if (cause.kind === "push" || cause.kind === "pull-request" || cause.kind === "completion") {
        for (const name of cause.branches.samples) add(name);
      }
    }
    for (const job of pipeline.jobs) for (const test of job.condition?.refTests ?? []) if (test.name) add(test.name);
  }
  return [...counts].sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1)).map(([name]) => name);
}

const MAX_HEADS = 2;

/** Of conditions like `startsWith(github.head_ref, 'release/')`. */
function mentionedHeads(facts: Facts): string[] {
  const asked = /(?:github\.head_ref|pull_request\.head\.ref)\s*(==|,)\s*'([\w./-]+)'/g;
  const counts = new Map<string, number>();
  for (const { jobs } of facts.pipelines) {
    for (const { condition, steps } of jobs) {
      for (const { text } of [condition, ...steps.map((step) => step.condition)].filter((each) => each !== undefined)) {
        for (const [, operator, name] of text.matchAll(asked)) {
          const head = operator === "," && /[/-]$/.test(name!) ? `${name}1` : name!;
          counts.set(head, (counts.get(head) ?? 0) + 1);
        }
      }
    }
  }
  return [...counts]
    .sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1))
    .map(([name]) => name)
    .slice(0, MAX_HEADS);
}
