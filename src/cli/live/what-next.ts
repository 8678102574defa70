import type { Actor } from "../../control/control.ts";
import { type ApprovalView, whyNotBy } from "../../control/views/run.ts";
import type { Waiting } from "../../control/views/waits.ts";
import { zonedDayTime } from "../terminal/duration.ts";

/** A command, and what it does. */
export type Next = readonly [command: string, why: string];

/** Who can give this approval, and how: whoever sits here, or somebody else. */
export function nextForApproval(run: string, approval: ApprovalView, by: Actor): Next {
  const command = `baton approve ${run} ${approval.environment}`;
  switch (whyNotBy(approval, by.name)) {
    case undefined:
      return [command, "or baton reject"];
    case "own-run":
      return [`somebody else: ${command}`, `${by.name} asked for this run`];
    case "approved-already":
      return [`somebody else: ${command}`, `${by.name} has approved already`];
  }
}

/** How a run goes on that a clock keeps back; undefined for one that waits for something else. */
export function nextForClosed(run: string, waiting: readonly Waiting[]): Next | undefined {
  for (const { wait } of waiting) {
    if (wait.kind === "freeze") return [`baton resume ${run}`, "goes on with it, once the freeze is over"];
    if (wait.kind === "window") {
      return [`baton resume ${run}`, `goes on with it, once the window opens at ${zonedDayTime(wait.until)}`];
    }
  }
  return undefined;
}

/** For a release that ended half-way. */
export function nextForLeft(environment: string): Next {
  return [`baton rollback ${environment}`, `puts back what passed in ${environment} last`];
}

/** For what must not be kept back. */
export function nextForUrgent(run: string): Next {
  return [`baton resume ${run} --override "WHY"`, "if it cannot wait: why is kept and told"];
}
