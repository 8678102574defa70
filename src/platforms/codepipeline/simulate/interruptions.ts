/** What people do to a run: stop it, abandon what it does, have a stage that failed done again. */

import { type CodePipelineWorld, dueActions, type RunState } from "./machine.ts";
import { announce, announceAction, tellAction } from "./runs.ts";
import { stopped, wait } from "./stages.ts";

export function resume(machine: CodePipelineWorld, run: RunState): void {
  run.status = "running";
  machine.events.push({ what: "run-resumed", run: run.id });
  announce(machine, run, { level: "pipeline", state: "RESUMED" });
  wait(machine, run, "first");
}

/** "Stop and wait": what runs may end. Whoever wants to abandon it can do so from now on. */
export function stop(machine: CodePipelineWorld, run: RunState): void {
  run.isStopping = true;
  announce(machine, run, { level: "pipeline", state: "STOPPING" });
  const { inside } = run;
  const isBusy = inside && [...inside.started].some((action) => !inside.ended.has(action));
  if (!isBusy) stopped(machine, run);
}

/** "Stop and abandon": nobody waits for the end of what runs. */
export function abandon(machine: CodePipelineWorld, run: RunState): void {
  const inside = run.inside!;
  for (const action of dueActions(machine, run)) {
    if (!inside.started.has(action) || inside.ended.has(action)) continue;
    inside.ended.set(action, "abandoned");
    tellAction(machine, run, { action, how: "abandoned" });
    announceAction(machine, run, action, "ABANDONED");
  }
  stopped(machine, run);
}
