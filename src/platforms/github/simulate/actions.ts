/** What may happen next, and letting it happen. Whatever nothing orders may be delayed for as long as anybody likes. */

import { matchesRun } from "../../../simulation/patterns.ts";
import { arrive } from "./arrivals.ts";
import { advance, expire, type GithubWorld, mayStart, settle, startLeg } from "./jobs.ts";
import type { Delivery, Holder, Scope, SimLeg } from "./world.ts";

export type Action =
  | { readonly kind: "deliver"; readonly delivery: Delivery }
  | { readonly kind: "start"; readonly leg: SimLeg }
  | { readonly kind: "advance"; readonly leg: SimLeg }
  /** Nothing else can happen any more, and this one waits for a group that will never be free. */
  | { readonly kind: "expire"; readonly holder: Holder };

/** Root events come in their order, each after all runs of the one before are made; everything else when it can. */
export function* possibleActions(machine: GithubWorld): Generator<Action> {
  const { world } = machine;
  let isFree = true;
  for (const delivery of world.deliveries) {
    if (delivery.kind === "root" || !canArrive(machine, delivery)) continue;
    isFree = false;
    yield { kind: "deliver", delivery };
  }
  const root = nextRoot(machine);
  if (root && canArrive(machine, root)) {
    isFree = false;
    yield { kind: "deliver", delivery: root };
  }
  for (const run of world.live) {
    for (const leg of liveLegs(run.scope)) {
      const action = actionOf(machine, leg);
      if (!action) continue;
      isFree = false;
      yield action;
    }
  }
  if (!isFree) return;
  const last = lastResort(machine, root);
  if (last) yield last;
}

/** What happens when nothing else can: a wait ends for good, or an event comes that will find nothing. */
function lastResort({ world }: GithubWorld, root: Delivery | undefined): Action | undefined {
  for (const { waiting } of world.groups.values()) if (waiting[0]) return { kind: "expire", holder: waiting[0] };
  return root && { kind: "deliver", delivery: root };
}

export function nextRoot({ world }: GithubWorld): Extract<Delivery, { kind: "root" }> | undefined {
  for (const delivery of world.deliveries) if (delivery.kind === "root") return delivery;
  return undefined;
}

/** Only a run that has ended can be run again, and only one that is under way can be cancelled. */
function canArrive({ world, workflows }: GithubWorld, delivery: Delivery): boolean {
  if (delivery.kind !== "root") return true;
  if (world.deliveries.some(({ kind }) => kind === "start")) return false;
  const { event } = delivery;
  // Runs of another platform are not waited for here.
  if ("of" in event && !workflows.has(event.of.pipeline)) return true;
  if (event.kind === "rerun" || event.kind === "expiry")
    return world.runs.some((run) => run.state === "ended" && matchesRun(event.of, run.info));
  if (event.kind === "cancel") return world.runs.some((run) => run.state !== "ended" && matchesRun(event.of, run.info));
  return true;
}

/** Legs that have not ended, those of called workflows included. */
export function* liveLegs(scope: Scope): Generator<SimLeg> {
  for (const job of scope.jobs.values()) {
    if (job.result !== undefined) continue;
    for (const leg of job.legs) {
      if (leg.result !== undefined) continue;
      yield leg;
      if (leg.called) yield* liveLegs(leg.called);
    }
  }
}

/** A leg that waits for its group, or for the jobs of the workflow it calls, has nothing to do itself. */
export function actionOf(machine: GithubWorld, leg: SimLeg): Action | undefined {
  if (mayStart(machine, leg)) return { kind: "start", leg };
  const goesOn = leg.state === "refused" || (leg.state === "running" && leg.called === undefined);
  return goesOn ? { kind: "advance", leg } : undefined;
}

export function perform(machine: GithubWorld, action: Action): void {
  const { world } = machine;
  switch (action.kind) {
    case "deliver":
      world.deliveries.splice(world.deliveries.indexOf(action.delivery), 1);
      arrive(machine, action.delivery);
      return;
    case "start":
      startLeg(machine, action.leg);
      settle(machine, action.leg.job.scope.run);
      return;
    case "advance":
      advance(machine, action.leg);
      // Between two steps nothing else changes.
      if (action.leg.result !== undefined) settle(machine, action.leg.job.scope.run);
      return;
    case "expire":
      expire(machine, action.holder);
      return;
    default:
      action satisfies never;
  }
}

/** A stable name for schedulers. */
export function nameOfAction(action: Action): string {
  switch (action.kind) {
    case "deliver":
      return `deliver ${nameOfDelivery(action.delivery)}`;
    case "expire": {
      const { holder } = action;
      return holder.kind === "run" ? `expire ${holder.run.info.id}` : `expire ${nameOfLeg(holder.leg)}`;
    }
    case "start":
    case "advance":
      return `${action.kind} ${nameOfLeg(action.leg)}`;
    default:
      return action satisfies never;
  }
}

function nameOfLeg({ job, index }: SimLeg): string {
  const { info } = job.scope.run;
  return `${info.id}:${info.pipeline}#${job.path.join("/")}[${index}]`;
}

export function nameOfDelivery(delivery: Delivery): string {
  switch (delivery.kind) {
    case "root":
      return delivery.event.id;
    case "start":
      return `run of ${delivery.start.workflow.file} (${delivery.start.origin.event})`;
    case "completion": {
      const { action, run } = delivery.completion;
      return `${action} of ${run.info.id} to ${delivery.listener.file}`;
    }
    case "made":
      return delivery.made.event.id;
    default:
      return delivery satisfies never;
  }
}
