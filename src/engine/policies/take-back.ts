import type { Owed, RunEnvironment, RunState, State } from "../state.ts";

/**
 * Where an environment says so, what failed there is taken back to its last good release before anybody else deploys there.
 *
 * ```text
 * nothing owed ── the run that failed gives back the lock ──▶ owed
 *      ▲── a rollback or a retry of that run takes the lock ────┤
 *      ├── a rollback ends, however it does ────────────────────┤
 *      └── it is declined: not possible, or not safe ───────────┘
 * ```
 *
 * What was lost there is left to people. Called when the lock is given back: all jobs there have ended.
 */
export function noteOwed(state: State, run: RunState, { name }: RunEnvironment, at: number): void {
  const policy = run.delivery.environments.find((each) => each.name === name)?.onFailure;
  if (policy !== "rollback" || run.plan.change.event === "rollback") return;
  const there = run.list.filter(({ planned }) => planned.environment === name);
  const hasBegun = there.some(({ definition, attempt }) => definition.deploys && attempt > 0);
  const failed = there.find(({ status, definition }) => status === "failed" && !definition.continueOnFailure);
  // It may even go on: a person looks first, and says what is next.
  const isLost = there.some(({ status, failure }) => status === "failed" && failure?.kind === "lost");
  if (hasBegun && failed !== undefined && !isLost)
    state.environments.get(name)!.owed = { run: run.id, job: failed.id, at };
}

/** Whether something is to be taken back before this run may deploy there. */
export function standsBehind(run: RunState, owed: Owed | undefined): owed is Owed {
  return owed !== undefined && owed.run !== run.id && run.plan.change.event !== "rollback";
}

/** A rollback has ended: whatever it came to, people decide what is next. */
export function noteTakenBack(state: State, run: RunState): void {
  if (run.plan.change.event !== "rollback") return;
  for (const { name } of run.environments.values()) {
    const there = state.environments.get(name);
    if (there !== undefined) there.owed = undefined;
  }
}
