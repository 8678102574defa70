/** What may happen next, and letting it happen. Whatever nothing orders may be delayed for as long as anybody likes. */

import { arrive } from "./arrivals.ts";
import { advance, type Machine, mayStart, settle, startLeg } from "./jobs.ts";
import type { Delivery, Scope, SimLeg } from "./world.ts";

export type Action =
  | { readonly kind: "deliver"; readonly delivery: Delivery }
  | { readonly kind: "start"; readonly leg: SimLeg }
  | { readonly kind: "advance"; readonly leg: SimLeg };

/** Root events come in their order; everything else whenever it is possible. */
export function possibleActions(machine: Machine): Action[] {
  const { world } = machine;
  const actions: Action[] = [];
  let rootSeen = false;
  for (const delivery of world.deliveries) {
    if (delivery.kind === "root") {
      if (!rootSeen) actions.push({ kind: "deliver", delivery });
      rootSeen = true;
    } else actions.push({ kind: "deliver", delivery });
  }
  for (const run of world.runs) {
    if (run.state !== "running") continue;
    for (const leg of liveLegs(run.scope)) {
      const action = actionOf(machine, leg);
      if (action) actions.push(action);
    }
  }
  return actions;
}

/** Legs that have not ended, those of called workflows included. */
export function* liveLegs(scope: Scope): Generator<SimLeg> {
  for (const job of scope.jobs.values()) {
    for (const leg of job.legs) {
      if (leg.result !== undefined) continue;
      yield leg;
      if (leg.called) yield* liveLegs(leg.called);
    }
  }
}

/** A leg that waits for its group, or for the jobs of the workflow it calls, has nothing to do itself. */
export function actionOf(machine: Machine, leg: SimLeg): Action | undefined {
  if (mayStart(machine, leg)) return { kind: "start", leg };
  return leg.state === "running" && leg.called === undefined ? { kind: "advance", leg } : undefined;
}

export function perform(machine: Machine, action: Action): void {
  const { world } = machine;
  switch (action.kind) {
    case "deliver":
      world.deliveries.splice(world.deliveries.indexOf(action.delivery), 1);
      arrive(machine, action.delivery);
      return;
    case "start":
      startLeg(machine, action.leg);
      break;
    case "advance":
      advance(machine, action.leg);
      break;
    default:
      action satisfies never;
      return;
  }
  settle(machine, action.leg.job.scope.run);
}

/** A stable name for schedulers. */
export function nameOfAction(action: Action): string {
  if (action.kind !== "deliver") {
    const { scope, path } = action.leg.job;
    return `${action.kind} ${scope.run.info.id}:${scope.run.info.pipeline}#${path.join("/")}[${action.leg.index}]`;
  }
  const { delivery } = action;
  if (delivery.kind === "workflow-run") return `deliver ${delivery.action} of ${delivery.run.info.id}`;
  return `deliver ${delivery.event.id}`;
}
