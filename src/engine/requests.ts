import type { JobId, Plan } from "../plan/plan.ts";
import type { DriftLooked, RunId } from "./events.ts";
import { mayNotApprove } from "./policies/approval.ts";
import { isFrozen } from "./policies/freeze.ts";
import { jobsToRetry } from "./policies/retry.ts";
import { EngineRefusal } from "./refusal.ts";
import type { ApprovalState, RunState, State } from "./state.ts";

/** Judges what is asked of runs: what is meant, or an `EngineRefusal` that says why not. */

export function requireRun(run: RunState | undefined, id: RunId, known: Iterable<RunId>): RunState {
  if (run !== undefined) return run;
  throw new EngineRefusal("no-run", {
    subject: id,
    known: [...known],
    text: `there is no run ${id} in this state folder`,
  });
}

export function requireOpen(run: RunState): RunState {
  const { id, finished } = run;
  if (finished === undefined) return run;
  const { conclusion } = finished;
  const text = `run ${id} has ended already: ${conclusion}`;
  throw new EngineRefusal("has-finished", { subject: id, known: [conclusion], text });
}

export function refuseOwned({ id, owner }: RunState): never {
  const known = owner === undefined ? [] : [owner];
  throw new EngineRefusal("runs-elsewhere", { subject: id, known, text: `run ${id} is in the hands of another Baton` });
}

export function retryableJobs(run: RunState): JobId[] {
  const subject = run.id;
  if (run.finished === undefined) {
    throw new EngineRefusal("not-finished", {
      subject,
      text: `run ${subject} has not finished: cancel it first, or wait`,
    });
  }
  const jobs = jobsToRetry(run);
  if (jobs.length > 0) return jobs;
  const text = `every job of run ${subject} succeeded: there is nothing to retry`;
  throw new EngineRefusal("nothing-to-retry", { subject, text });
}

/** `now`: the time of day. It counts where nobody goes on with the run, whose owner would have measured the time. */
export function requireOpenApproval(
  run: RunState,
  environment: string,
  { now, isOrphan }: { now: number; isOrphan: boolean },
): void {
  const approval = run.environments.get(environment)?.approval;
  const isOver = approval?.status === "requested" && isOrphan && approval.expiresAt! <= now;
  if (approval?.status === "expired" || isOver) {
    const text = `the approval of ${environment} for run ${run.id} has expired: nobody answered in time`;
    throw new EngineRefusal("expired", { subject: environment, text });
  }
  if (approval?.status === "requested") return;
  const waiting = [...run.environments.values()].filter((each) => each.approval.status === "requested");
  const known = waiting.map(({ name }) => name);
  const text = `run ${run.id} does not wait for an approval of ${environment} (waiting: ${known.join(", ") || "none"})`;
  throw new EngineRefusal("not-waiting", { subject: environment, known, text });
}

/** Whether this person may be one of those who approve; answers with what is asked. */
export function requireApprover(run: RunState, environment: string, by: string): ApprovalState {
  const { approval } = run.environments.get(environment)!;
  const why = mayNotApprove(approval, by);
  if (why === undefined) return approval;
  const text =
    why === "own-run"
      ? `${by} asked for run ${run.id}, and ${environment} wants the approval of somebody else`
      : `${by} has approved ${environment} for run ${run.id} already, and it takes ${approval.count} people`;
  throw new EngineRefusal(why, { subject: environment, known: [by, run.id], text });
}

/** What a move brings depends on what is there: nobody else may be at it, and nobody may have been since it was planned. */
export function requireAlone(
  { environments, runs }: State,
  plan: Plan,
  { plannedAt, override, isGone }: { plannedAt: number; override?: string | undefined; isGone(run: RunId): boolean },
): void {
  const isRollback = plan.change.event === "rollback";
  for (const name of plan.environments) {
    const there = environments.get(name);
    if ((there?.changed?.seq ?? 0) > plannedAt) {
      throw new EngineRefusal("outdated-plan", { subject: name, text: `something began to change ${name} meanwhile` });
    }
    const inLine = [...(there?.holder === undefined ? [] : [there.holder]), ...(there?.queue ?? [])];
    const moving = [...runs.values()].filter(
      (run) => run.moves !== undefined && run.cancel === undefined && (run.environments.get(name)?.open ?? 0) > 0,
    );
    // A rollback and what has a reason do not wait for who only waits; what they bring supersedes that. Nobody goes past a rollback.
    const isPassed = ({ plan: its, environments: theirs }: RunState) =>
      (isRollback || override !== undefined) && its.change.event !== "rollback" && theirs.get(name)?.lock !== "held";
    const other = [...inLine, ...moving.map(({ id }) => id)].find((run) => !isGone(run) && !isPassed(runs.get(run)!));
    if (other === undefined) continue;
    const text = `run ${other} is at ${name}, and what this would bring depends on how that ends`;
    throw new EngineRefusal("environment-busy", { subject: name, known: [other], text });
  }
}

/** `before`: what was found the last time; asked when nobody else can note anything any more. */
export type DriftFound = Omit<DriftLooked, "type" | "run" | "before"> & {
  since: number;
  before(): Pick<DriftLooked, "before">;
};

/** Nobody deploys there, and nobody did since that event. */
export function requireQuiet({ environments, runs }: State, environment: string, since: number): void {
  const there = environments.get(environment);
  const changed = (there?.changed?.seq ?? 0) > since ? there!.changed!.run : undefined;
  const taken = [...runs.values()].find((run) => (run.environments.get(environment)?.lockedSeq ?? 0) > since)?.id;
  const run = there?.holder ?? taken ?? changed;
  if (run === undefined) return;
  const text = `run ${run} deploys to ${environment}`;
  throw new EngineRefusal("environment-busy", { subject: environment, known: [run], text });
}

/** `now`: the time of day of the turn, here and below. */
export function requireToCome(environment: string, until: number, now: number): void {
  if (until > now) return;
  throw new EngineRefusal("over-already", { subject: environment, text: "the time that it is to end at has passed" });
}

/** The run that is to be taken back in one of these. */
export function owedIn({ environments }: State, names: readonly string[]): RunId | undefined {
  for (const name of names) {
    const owed = environments.get(name)?.owed;
    if (owed !== undefined) return owed.run;
  }
  return undefined;
}

/** That run is still to be taken back there. */
export function requireOwed({ environments }: State, environment: string, failed: RunId): void {
  if (environments.get(environment)?.owed?.run === failed) return;
  const text = `what run ${failed} left in ${environment} is not to be taken back any more`;
  throw new EngineRefusal("not-owed", { subject: environment, known: [failed], text });
}

export function requireFrozen({ environments }: State, environment: string, now: number): void {
  if (isFrozen(environments.get(environment)?.freeze, now)) return;
  const known = [...environments.values()].filter(({ freeze }) => isFrozen(freeze, now)).map(({ name }) => name);
  throw new EngineRefusal("not-frozen", { subject: environment, known, text: `${environment} is not frozen` });
}
