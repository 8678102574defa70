/**
 * The next action on the way to a moment: what must come before it comes first, everything else is held back. So a race
 * is carried out if the order leaves any room for it.
 */

import { matchesRun } from "../../../simulation/patterns.ts";
import type { JobPattern, RunPattern } from "../../../simulation/scenario.ts";
import type { Moment } from "../../../simulation/schedule.ts";
import { type Action, actionOf, liveLegs, nextRoot } from "./actions.ts";
import { completionTrigger } from "./arrivals.ts";
import { needsOf } from "./job-graph.ts";
import type { GithubWorld } from "./jobs.ts";
import { numberOf } from "./legs.ts";
import type { Delivery, Holder, Scope, SimJob, SimLeg, SimRun } from "./world.ts";

/** Undefined where nothing that is known to lead there can happen. */
export function nextMoveToward(machine: GithubWorld, moment: Moment): Action | undefined {
  const search = new Search(machine);
  switch (moment.kind) {
    case "event":
      return search.rootEvent();
    case "run-created":
      return search.newRun(moment.run);
    case "run-ended":
      return search.existing(moment.run, (run) => search.endOfRun(run)) ?? search.newRun(moment.run);
    case "dropped":
    case "run-cancelled":
      return moment.path === undefined
        ? (search.newRun(moment.run) ?? search.rootEvent() ?? search.competitors(moment.run))
        : search.againstJob({ run: moment.run, path: moment.path }, moment.kind);
    case "queued":
      return moment.path === undefined
        ? search.newRun(moment.run)
        : search.job({ run: moment.run, path: moment.path }, "started");
    case "job-started":
      return search.job(moment.job, "started");
    case "job-ended":
    case "step":
      return search.job(moment.job, "ended");
    default:
      return moment satisfies never;
  }
}

/** By the workflows of a simulator, then by file. */
const upstreams = new WeakMap<GithubWorld["workflows"], Map<string, readonly string[]>>();

class Search {
  private readonly machine: GithubWorld;
  /** Runs and legs already asked, so that locks that wait for each other end the search. */
  private readonly asked = new Set<SimRun | SimLeg | string>();

  constructor(machine: GithubWorld) {
    this.machine = machine;
  }

  /** The next root event, or what must come before it. */
  rootEvent(): Action | undefined {
    const root = nextRoot(this.machine);
    if (root === undefined) return undefined;
    const { event } = root;
    const open = this.machine.world.deliveries.find(({ kind }) => kind === "start");
    if (open) return { kind: "deliver", delivery: open };
    const deliver: Action = { kind: "deliver", delivery: root };
    if (event.kind !== "rerun" && event.kind !== "cancel" && event.kind !== "expiry") return deliver;
    if (!this.machine.workflows.has(event.of.pipeline)) return deliver;
    const isEnded = (run: SimRun) => matchesRun(event.of, run.info) && run.state === "ended";
    const isLive = (run: SimRun) => matchesRun(event.of, run.info) && run.state !== "ended";
    const { runs } = this.machine.world;
    if (event.kind === "cancel" ? runs.some(isLive) : runs.some(isEnded)) return deliver;
    const made = this.newRun(event.of);
    return event.kind === "cancel" ? made : (this.existing(event.of, (run) => this.endOfRun(run)) ?? made);
  }

  existing(pattern: RunPattern, find: (run: SimRun) => Action | undefined): Action | undefined {
    for (const run of this.machine.world.runs) {
      const action = matchesRun(pattern, run.info) ? find(run) : undefined;
      if (action) return action;
    }
    return undefined;
  }

  /** A delivery that makes such a run; else the end of a run whose completion would; else whatever may dispatch it. */
  newRun(pattern: RunPattern): Action | undefined {
    const { world } = this.machine;
    const key = `${pattern.pipeline} ${pattern.event ?? ""}`;
    if (this.asked.has(key)) return undefined;
    this.asked.add(key);
    const undelivered = world.deliveries.find(
      (one) => one.kind === "root" && (pattern.event === undefined || one.event.id === pattern.event),
    );
    if (undelivered) return this.rootEvent();
    const made = world.deliveries.find((one) => this.makes(one, pattern));
    if (made) return { kind: "deliver", delivery: made };
    for (const upstream of this.upstreamOf(pattern.pipeline)) {
      const from: RunPattern = { ...pattern, pipeline: upstream };
      const action = this.existing(from, (run) => this.endOfRun(run)) ?? this.newRun(from);
      if (action) return action;
    }
    return undefined;
  }

  /** Runs of other events of the same pipeline, which may take its place in a queue. */
  competitors(pattern: RunPattern): Action | undefined {
    return this.newRun({ pipeline: pattern.pipeline }) ?? this.existing(pattern, (run) => this.startOfRun(run));
  }

  /** Somebody else asks for the lock that the job waits for or holds. */
  againstJob(pattern: JobPattern, wanted: "dropped" | "run-cancelled"): Action | undefined {
    const target = this.legsOf(pattern).find(
      (leg) => leg.result === undefined && (wanted === "dropped" ? leg.state === "queued" : isHolding(leg)),
    );
    if (!target) return this.job(pattern, "started");
    for (const run of this.machine.world.live) {
      for (const leg of liveLegs(run.scope)) {
        const { job } = leg.job;
        const action = leg !== target && leg.state === "ready" ? actionOf(this.machine, leg) : undefined;
        if (action && (job.concurrency || job.kind === "call")) return action;
      }
    }
    return this.rootEvent() ?? this.newRun({ pipeline: pattern.run.pipeline });
  }

  private legsOf({ run, path }: JobPattern): SimLeg[] {
    const runs = this.machine.world.live.filter(({ info }) => matchesRun(run, info));
    return runs.flatMap(({ scope }) => legsAt(scope, path));
  }

  private makes(delivery: Delivery, pattern: RunPattern): boolean {
    switch (delivery.kind) {
      case "root":
        return false;
      case "start":
        return delivery.start.workflow.file === pattern.pipeline && isRoot(pattern, delivery.start.root);
      case "completion":
        return delivery.listener.file === pattern.pipeline && isRoot(pattern, delivery.completion.run.info.root);
      case "made": {
        const { event } = delivery.made;
        const isTarget = event.kind !== "dispatch" || event.pipeline === pattern.pipeline;
        return isTarget && isRoot(pattern, delivery.run.info.root);
      }
      default:
        return delivery satisfies never;
    }
  }

  /** Files of the workflows whose completion starts this one. */
  private upstreamOf(pipeline: string): readonly string[] {
    const { workflows } = this.machine;
    let known = upstreams.get(workflows);
    if (known === undefined) {
      known = new Map();
      upstreams.set(workflows, known);
    }
    let files = known.get(pipeline);
    if (files === undefined) {
      const workflow = workflows.get(pipeline);
      const names = workflow && completionTrigger(workflow)?.workflows?.patterns.map(({ value }) => value);
      const listed = [...workflows.values()].filter(({ displayName }) => names?.includes(displayName));
      files = listed.map(({ file }) => file);
      known.set(pipeline, files);
    }
    return files;
  }

  job(pattern: JobPattern, wanted: "started" | "ended"): Action | undefined {
    return (
      this.existing(
        pattern.run,
        (run) => this.startOfRun(run) ?? this.inScope(run.scope, { pattern, depth: 0, wanted }),
      ) ?? this.newRun(pattern.run)
    );
  }

  /** What a waiting run waits for. */
  private startOfRun(run: SimRun): Action | undefined {
    if (run.state !== "queued" || run.group === undefined || this.asked.has(run)) return undefined;
    this.asked.add(run);
    return this.endOfHolder(run.group);
  }

  private endOfHolder(group: string): Action | undefined {
    const holder: Holder | undefined = this.machine.world.groups.get(group.toLowerCase())?.holder;
    if (holder === undefined) return undefined;
    return holder.kind === "run" ? this.endOfRun(holder.run) : this.endOfLeg(holder.leg);
  }

  endOfRun(run: SimRun): Action | undefined {
    if (run.state === "ended") return undefined;
    if (run.state === "queued") return this.startOfRun(run);
    return this.endOfScope(run.scope);
  }

  private endOfScope(scope: Scope): Action | undefined {
    for (const leg of liveLegs(scope)) {
      const action = actionOf(this.machine, leg) ?? this.endOfQueue(leg);
      if (action) return action;
    }
    return undefined;
  }

  private endOfQueue(leg: SimLeg): Action | undefined {
    if (leg.state !== "queued" || this.asked.has(leg)) return undefined;
    this.asked.add(leg);
    for (const group of leg.groups) {
      const holder = this.machine.world.groups.get(group)?.holder;
      if (holder?.kind === "leg" && holder.leg === leg) continue;
      const action = this.endOfHolder(group);
      if (action) return action;
    }
    return undefined;
  }

  private endOfLeg(leg: SimLeg): Action | undefined {
    if (leg.result !== undefined) return undefined;
    return (
      actionOf(this.machine, leg) ??
      (leg.called && leg.state === "running" ? this.endOfScope(leg.called) : this.endOfQueue(leg))
    );
  }

  private inScope(
    scope: Scope,
    question: { readonly pattern: JobPattern; readonly depth: number; readonly wanted: "started" | "ended" },
  ): Action | undefined {
    const { pattern, depth, wanted } = question;
    const job = scope.jobs.get(pattern.path[depth] ?? "");
    if (job === undefined || job.result !== undefined) return undefined;
    if (!job.active) return this.before(job);
    const inner = depth + 1 < pattern.path.length;
    for (const leg of job.legs) {
      if (!inner && pattern.leg !== undefined && numberOf(leg) !== pattern.leg) continue;
      const action = inner ? this.inLeg(leg, { pattern, depth, wanted }) : this.ofLeg(leg, wanted);
      if (action) return action;
    }
    return undefined;
  }

  private inLeg(
    leg: SimLeg,
    { pattern, depth, wanted }: { pattern: JobPattern; depth: number; wanted: "started" | "ended" },
  ): Action | undefined {
    if (leg.called && leg.state === "running") return this.inScope(leg.called, { pattern, depth: depth + 1, wanted });
    return leg.result === undefined ? (actionOf(this.machine, leg) ?? this.endOfQueue(leg)) : undefined;
  }

  private ofLeg(leg: SimLeg, wanted: "started" | "ended"): Action | undefined {
    if (leg.result !== undefined) return undefined;
    if (leg.state === "running") return wanted === "ended" ? this.endOfLeg(leg) : undefined;
    // A leg behind `max-parallel` waits for its siblings.
    return actionOf(this.machine, leg) ?? this.endOfQueue(leg) ?? this.siblings(leg);
  }

  private siblings(leg: SimLeg): Action | undefined {
    for (const other of leg.job.legs) {
      const action = other === leg || other.state === "ready" ? undefined : this.endOfLeg(other);
      if (action) return action;
    }
    return undefined;
  }

  /** Jobs that need each other in a circle, which GitHub refuses, wait for ever. */
  private before(job: SimJob, seen: Set<SimJob> = new Set()): Action | undefined {
    seen.add(job);
    for (const need of needsOf(job)) {
      if (need.result !== undefined || seen.has(need)) continue;
      if (!need.active) {
        const action = this.before(need, seen);
        if (action) return action;
        continue;
      }
      for (const leg of need.legs) {
        const action = this.endOfLeg(leg);
        if (action) return action;
      }
    }
    return undefined;
  }
}

function isRoot(pattern: RunPattern, root: string): boolean {
  return pattern.event === undefined || root === pattern.event;
}

function isHolding({ state }: SimLeg): boolean {
  return state === "running" || state === "refused";
}

function legsAt(scope: Scope, [id, ...inner]: readonly string[]): SimLeg[] {
  const legs = scope.jobs.get(id ?? "")?.legs ?? [];
  return inner.length === 0 ? legs : legs.flatMap(({ called }) => (called ? legsAt(called, inner) : []));
}
