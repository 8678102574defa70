import type { Delivery } from "../model/delivery.ts";
import { compileFilter as compile } from "../model/filters.ts";
import { own } from "../model/own.ts";
import {
  type HandOff,
  handedToEnvironments,
  type ResolvedDelivery,
  type ResolvedEnvironment,
  type ResolvedJob,
  resolveDelivery,
} from "../model/resolved-delivery.ts";
import { type ChangedPaths, type CompileFilter, changedPaths } from "./changed-paths.ts";
import { type ConditionFacts, conditionFacts } from "./conditions.ts";
import type { Deployed, PlanRequest } from "./plan.ts";

/** Everything that decisions look at, found once. */
export interface PlanContext {
  delivery: Delivery;
  request: PlanRequest;
  resolved: ResolvedDelivery;
  /** The environments of the request. When it names none, one target without an environment stands for the release alone. */
  targets: Target[];
  /** For conditions of per-release jobs. */
  releaseFacts: ConditionFacts;
  compileFilter: CompileFilter;
  /** Empty: all are. */
  selected: ReadonlySet<string>;
  /** Nothing is deployed: only checks run. */
  isPullRequest: boolean;
  /** A release that was built before goes to other environments. */
  isMove: boolean;
  /** It was there before. */
  isBack: boolean;
  uncommitted: ChangedPaths;
  /** What jobs in environments take from each per-release job. */
  handed: ReadonlyMap<ResolvedJob, HandOff[]>;
  /** Digests of what is not kept any more. */
  lost: ReadonlySet<string>;
  deployedIn(target: Target, pipeline: string): Deployed | undefined;
  /** What differs between a commit and what is planned, uncommitted changes included; undefined: git does not know. */
  changedSince(commit: string): ChangedPaths | undefined;
}

export interface Target {
  index: number;
  environment: ResolvedEnvironment | undefined;
  /** Of the environment. */
  name: string | undefined;
  facts: ConditionFacts;
}

export function planContext(delivery: Delivery, request: PlanRequest): PlanContext {
  const { change, history } = request;
  const resolved = resolveDelivery(delivery, request.environments);
  const compileFilter = rememberedFilters();
  const facts = (environment: string | undefined): ConditionFacts =>
    conditionFacts({
      delivery,
      environment,
      branch: change.branch,
      event: change.event,
      parameters: request.parameters,
    });
  const environments = resolved.environments.length === 0 ? [undefined] : resolved.environments;
  const targets = environments.map((environment, index) => {
    const name = environment?.environment.name;
    return { index, environment, name, facts: facts(name) };
  });
  const unknown = request.pipelines.find((name) => !delivery.pipelines.some((pipeline) => pipeline.name === name));
  if (unknown !== undefined)
    throw new Error(`there is no pipeline named ${unknown}: validate the request before planning`);
  const diffs = new Map<string, ChangedPaths | undefined>();
  return {
    delivery,
    request,
    resolved,
    targets,
    releaseFacts: facts(undefined),
    compileFilter,
    selected: new Set(request.pipelines),
    isPullRequest: change.event === "pull-request",
    isMove: change.event === "promotion" || change.event === "rollback",
    isBack: change.event === "rollback",
    handed: handedToEnvironments(resolved),
    uncommitted: changedPaths(change.uncommitted, compileFilter),
    lost: new Set(request.lost),
    deployedIn(target, pipeline) {
      if (target.name === undefined) return undefined;
      const there = own(history.deployed, target.name);
      return there === undefined ? undefined : own(there, pipeline);
    },
    changedSince(commit) {
      if (!diffs.has(commit)) {
        const committed = own(change.changedSince, commit) ?? (commit === change.commit ? [] : undefined);
        diffs.set(commit, committed && changedPaths([...committed, ...change.uncommitted], compileFilter));
      }
      return diffs.get(commit);
    },
  };
}

/** Each list of patterns is read once for all pipelines and environments. */
function rememberedFilters(): CompileFilter {
  const known = new Map<string, (candidate: string) => boolean>();
  return (patterns) => {
    const key = JSON.stringify(patterns);
    const before = known.get(key);
    if (before !== undefined) return before;
    const { matches } = compile(patterns);
    known.set(key, matches);
    return matches;
  };
}
