/**
 * The next action on the way to a moment: what must come before it comes first, everything else is held back. So a race
 * is carried out if the order leaves any room for it.
 */

import type { JobPattern, Moment, RunPattern } from "../../../facts/scenario.ts";
import { type Action, actionOf, liveLegs } from "./actions.ts";
import { needsOf } from "./job-graph.ts";
import type { Machine } from "./jobs.ts";
import { matchesRun } from "./patterns.ts";
import type { Delivery, Holder, Scope, SimJob, SimLeg, SimRun } from "./world.ts";

/** Undefined where nothing that is known to lead there can happen. */
export function towards(machine: Machine, moment: Moment): Action | undefined {
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
      return search.newRun(moment.run) ?? search.rootEvent() ?? search.competitors(moment.run);
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

class Search {
  private readonly machine: Machine;
  /** Runs and legs already asked, so that locks that wait for each other end the search. */
  private readonly asked = new Set<SimRun | SimLeg | string>();

  constructor(machine: Machine) {
    this.machine = machine;
  }

  rootEvent(): Action | undefined {
    const delivery = this.machine.world.deliveries.find(({ kind }) => kind === "root");
    return delivery && { kind: "deliver", delivery };
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
    const made = world.deliveries.find(
      (one) => one.kind !== "root" && matchesRoot(pattern, one.run) && this.leadsTo(one, pattern.pipeline),
    );
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

  private leadsTo(delivery: Exclude<Delivery, { kind: "root" }>, pipeline: string): boolean {
    if (delivery.kind === "made") return true;
    return this.upstreamOf(pipeline).includes(delivery.run.info.pipeline) && this.listensTo(pipeline, delivery.action);
  }

  private listensTo(pipeline: string, action: string): boolean {
    const trigger = this.completionTrigger(pipeline);
    const types = trigger?.types?.patterns.map(({ value }) => value);
    return types === undefined || types.includes(action);
  }

  private completionTrigger(pipeline: string) {
    const workflow = this.machine.repository.workflows.find(({ file }) => file === pipeline);
    for (const trigger of workflow?.triggers ?? []) if (trigger.event === "workflow_run") return trigger;
    return undefined;
  }

  private upstreamOf(pipeline: string): string[] {
    const names = this.completionTrigger(pipeline)?.workflows?.patterns.map(({ value }) => value) ?? [];
    return this.machine.repository.workflows
      .filter(({ displayName }) => names.includes(displayName))
      .map(({ file }) => file);
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
    return actionOf(this.machine, leg) ?? (leg.called ? this.endOfScope(leg.called) : this.endOfQueue(leg));
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
      if (!inner && pattern.leg !== undefined && leg.index !== pattern.leg) continue;
      const action = inner ? this.inLeg(leg, { pattern, depth, wanted }) : this.ofLeg(leg, wanted);
      if (action) return action;
    }
    return undefined;
  }

  private inLeg(
    leg: SimLeg,
    { pattern, depth, wanted }: { pattern: JobPattern; depth: number; wanted: "started" | "ended" },
  ): Action | undefined {
    if (leg.called) return this.inScope(leg.called, { pattern, depth: depth + 1, wanted });
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

  private before(job: SimJob): Action | undefined {
    for (const need of needsOf(job)) {
      if (need.result !== undefined) continue;
      if (!need.active) {
        const action = this.before(need);
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

function matchesRoot(pattern: RunPattern, run: SimRun): boolean {
  return pattern.event === undefined || run.info.root === pattern.event;
}
