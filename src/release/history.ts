import type { Delivery } from "../model/delivery.ts";
import type { Deployed, JobId, Plan, PlannedPipeline } from "../plan/plan.ts";

/** What a run says of itself in its own events. Times are milliseconds since the epoch, `seq` numbers of events. */
export interface RunFacts {
  run: string;
  /** `RunCreated.release`. */
  number: number;
  seq: number;
  at: number;
  by?: string;
  comment?: string;
  delivery: Delivery;
  plan: Plan;
  /** A promotion or rollback: the release that it moves. */
  moves?: number;
  conclusion?: "succeeded" | "failed" | "cancelled";
  /** In the order of the journal: a job that deploys began, or what was deployed was told. */
  changes: Arrival[];
  answers: GivenAnswer[];
}

export interface Arrival {
  environment: string;
  seq: number;
  at: number;
  /** Of one that only began: the job. */
  job?: JobId;
  /** Absent: it only began. */
  deployed?: Record<string, Deployed>;
}

/** What a person said about an environment. */
export interface GivenAnswer {
  environment: string;
  answer: "approved" | "rejected" | "expired";
  by: string;
  comment?: string;
  at: number;
}

/** A release that came to an environment. */
export interface Visit {
  environment: string;
  release: number;
  kind: "run" | "promotion" | "rollback";
  facts: RunFacts;
  /** When it began, and when the last of it was told. */
  seq: number;
  at: number;
  /** `whole`: all that was to run there passed. `part`: it ended otherwise, or somebody else came. `open`: it goes on. */
  outcome: "whole" | "part" | "open";
  /** Pipelines that were asked for by name; empty: all. */
  only: string[];
  /** What the environment had when the last of it was told, by pipeline. */
  set: Record<string, Deployed>;
}

export interface EnvironmentPast {
  /** Oldest first; the last one is what is there now. */
  visits: Visit[];
  /** Releases that somebody went back from, with the run that did: no target any more by themselves. */
  takenBack: Map<number, string>;
}

/** A release: what one run made and proved. */
export interface ReleaseFacts {
  number: number;
  facts: RunFacts;
  /** The very set with which it passed, by environment: where it is proven, in promotion order. */
  proven: Map<string, Record<string, Deployed>>;
}

export interface ReleaseHistory {
  /** By number, newest first. */
  releases: Map<number, ReleaseFacts>;
  environments: Map<string, EnvironmentPast>;
}

/**
 * All that is known of releases, from what runs say of themselves; derived each time, so that nothing is kept twice. Runs may
 * be left out that neither made nor replaced anything that is asked for.
 */
export function releaseHistory(runs: readonly RunFacts[]): ReleaseHistory {
  const environments = pastsOf(runs);
  const releases = new Map<number, ReleaseFacts>();
  for (const facts of runs.toSorted((a, b) => b.number - a.number)) {
    if (facts.moves !== undefined || facts.plan.change.event === "pull-request") continue;
    releases.set(facts.number, { number: facts.number, facts, proven: new Map() });
  }
  for (const release of releases.values()) release.proven = provenBy(release.facts, environments);
  return { releases, environments };
}

function pastsOf(runs: readonly RunFacts[]): Map<string, EnvironmentPast> {
  const pasts = new Map<string, EnvironmentPast>();
  const sets = new Map<string, Record<string, Deployed>>();
  const changes = runs.flatMap((facts) => facts.changes.map((change) => ({ facts, change })));
  for (const { facts, change } of changes.sort((a, b) => a.change.seq - b.change.seq)) {
    const { environment, seq, at, deployed = {} } = change;
    const past: EnvironmentPast = pasts.get(environment) ?? { visits: [], takenBack: new Map() };
    pasts.set(environment, past);
    const planned = plannedIn(facts, environment);
    const set = { ...sets.get(environment) };
    // What is older than the runs that were read is known from those that take it over.
    for (const { pipeline, reused } of planned) if (reused !== undefined) set[pipeline] ??= reused;
    for (const [pipeline, record] of Object.entries(deployed)) {
      if ((set[pipeline]?.release ?? 0) <= record.release) set[pipeline] = record;
    }
    sets.set(environment, set);
    let visit = past.visits.at(-1);
    if (visit?.facts !== facts) {
      if (visit?.outcome === "open") visit.outcome = "part";
      const only = planned.some(isLeftOut)
        ? planned.flatMap((one) => (one.decision === "run" ? one.pipeline : []))
        : [];
      const release = facts.moves ?? facts.number;
      visit = { environment, release, kind: kindOf(facts), facts, seq, at, outcome: "open", only, set };
      past.visits.push(visit);
      noteTakenBack(past, visit);
    }
    Object.assign(visit, { set, at });
    visit.outcome = isWhole(facts, environment) ? "whole" : facts.conclusion === undefined ? "open" : "part";
  }
  return pasts;
}

const isLeftOut = ({ reason }: PlannedPipeline) => reason.code === "not-selected";

function kindOf({ moves, plan }: RunFacts): Visit["kind"] {
  if (moves === undefined) return "run";
  return plan.change.event === "rollback" ? "rollback" : "promotion";
}

function plannedIn({ plan }: RunFacts, environment: string): PlannedPipeline[] {
  return plan.pipelines.filter((planned) => planned.environment === environment);
}

/** A rollback takes back whatever came after the release to which it goes; what comes again by its name is welcome again. */
function noteTakenBack({ visits, takenBack }: EnvironmentPast, visit: Visit): void {
  if (visit.kind !== "rollback") {
    takenBack.delete(visit.release);
    return;
  }
  takenBack.delete(visit.release);
  const at = visits.findLastIndex((one) => one !== visit && one.release === visit.release);
  for (const { release } of visits.slice(at + 1, -1)) {
    if (release !== visit.release && !takenBack.has(release)) takenBack.set(release, visit.facts.run);
  }
}

/** All that the run was to do there passed. */
function isWhole(facts: RunFacts, environment: string): boolean {
  const told = new Set(
    facts.changes.flatMap((change) => (change.environment === environment ? Object.keys(change.deployed ?? {}) : [])),
  );
  return plannedIn(facts, environment).every(({ decision, pipeline }) => decision !== "run" || told.has(pipeline));
}

const keptOut: ReadonlySet<string> = new Set(["branch-filter", "event-filter", "upstream-skipped"]);

/** Where the run itself has passed, and where its release was promoted to as a whole. */
function provenBy(facts: RunFacts, environments: ReadonlyMap<string, EnvironmentPast>) {
  const found = new Map<string, Record<string, Deployed>>();
  const { plan, delivery } = facts;
  for (const environment of plan.environments) {
    const planned = plannedIn(facts, environment);
    const before = delivery.environments.find(({ name }) => name === environment)?.after ?? [];
    const isThere = planned.some(({ decision }) => decision !== "skip");
    const isOut = planned.some(({ decision, reason }) => decision === "skip" && keptOut.has(reason.code));
    if (!isThere || isOut || !isWhole(facts, environment)) continue;
    if (before.some((name) => plan.environments.includes(name) && !found.has(name))) continue;
    const visit = environments.get(environment)?.visits.findLast((one) => one.facts === facts);
    const reused = planned.flatMap(({ pipeline, reused }) =>
      reused === undefined ? [] : [[pipeline, reused] as const],
    );
    found.set(environment, visit?.set ?? Object.fromEntries(reused));
  }
  for (const [environment, { visits }] of environments) {
    for (const visit of visits) {
      const isPromoted = visit.kind === "promotion" && visit.release === facts.number;
      if (isPromoted && visit.outcome === "whole" && visit.only.length === 0) found.set(environment, visit.set);
    }
  }
  return found;
}
