import { isFrozen } from "../../engine/policies/freeze.ts";
import { opensFor } from "../../engine/policies/window.ts";
import { hasEnded, type JobState, type RunState, releaseMeant, type State } from "../../engine/state.ts";
import type { JobId } from "../../plan/plan.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import type { RunId } from "./events.ts";
import { timeLeft } from "./time-left.ts";

export interface RunName {
  run: RunId;
  /** Of a promotion or rollback the one that it moves. */
  release: number;
}

/** Who deploys somewhere, and who stands in line behind. Times: milliseconds since the epoch. */
export interface LockView {
  environment: string;
  holder?: LockHolder;
  /** First come first. */
  queue: LockWaiter[];
}

export interface LockHolder extends RunName {
  /** When it took the lock. */
  since?: number;
  /** How long it will take, by what its jobs took before, in milliseconds; absent where one was never timed. */
  leftMs?: number;
}

export interface LockWaiter extends RunName {
  /** Since when it lacks nothing else. */
  since?: number;
  /** In how many milliseconds it is its turn, likewise; absent also while a freeze or a change window keeps it. */
  startsInMs?: number;
}

export interface LockFacts {
  state: State;
  /** Of earlier runs; see `JournalReader.durations`. */
  expected: ReadonlyMap<JobId, number>;
  journal: Pick<JournalReader, "ofTypes"> | undefined;
  /** The event until which the journal counts. Absent: to its end. */
  until?: number | undefined;
  now: number;
}

/** Environments that somebody has or waits for. */
export function locksIn(facts: LockFacts): LockView[] {
  return [...facts.state.environments.keys()].flatMap((name) => {
    const lock = lockOf(facts, name);
    return lock.holder === undefined && lock.queue.length === 0 ? [] : [lock];
  });
}

export function lockOf(facts: LockFacts, environment: string): LockView {
  const { state, expected, now } = facts;
  const { holder: held, queue = [], freeze } = state.environments.get(environment) ?? {};
  const holder = held === undefined ? undefined : state.runs.get(held);
  const since = holder && lockedAt(facts, holder, environment);
  const leftMs = holder && timeLeft(holder, expected, now, isThere(environment));
  let startsInMs = holder === undefined ? 0 : leftMs;
  const waiters = queue.flatMap((id): LockWaiter[] => {
    const run = state.runs.get(id);
    if (run === undefined) return [];
    const isKept = isFrozen(freeze, now) || opensFor(run, environment, now) !== undefined;
    const mine = isKept ? undefined : startsInMs;
    const takes = timeLeft(run, expected, now, isThere(environment));
    if (!isKept) startsInMs = startsInMs === undefined || takes === undefined ? undefined : startsInMs + takes;
    const from = waitsSince(facts, run, environment);
    return [
      {
        ...nameOf(run),
        ...(from !== undefined && { since: from }),
        ...(mine !== undefined && { startsInMs: Math.round(mine) }),
      },
    ];
  });
  return {
    environment,
    ...(holder && {
      holder: {
        ...nameOf(holder),
        ...(since !== undefined && { since }),
        ...(leftMs !== undefined && { leftMs: Math.round(leftMs) }),
      },
    }),
    queue: waiters,
  };
}

export const nameOf = (run: RunState): RunName => ({ run: run.id, release: releaseMeant(run) });

const isThere = (environment: string) => (job: JobState) => job.planned.environment === environment;

function lockedAt({ journal, until }: LockFacts, run: RunState, environment: string): number | undefined {
  let at: number | undefined;
  const range = { run: run.id, ...(until !== undefined && { before: until + 1 }) };
  for (const recorded of journal?.ofTypes(["lock.acquired"], range) ?? []) {
    if (recorded.event.type === "lock.acquired" && recorded.event.environment === environment) at = recorded.at;
  }
  return at;
}

/** Since what was before the first of its jobs that wait had ended, it was let in, and somebody goes on with it. */
function waitsSince({ journal, until }: LockFacts, run: RunState, environment: string): number | undefined {
  const jobs = run.list.filter((job) => isThere(environment)(job) && job.stage === "lock");
  if (jobs.length === 0) return undefined;
  const joins = new Map(run.plan.joins.map(({ id, after }) => [id, after]));
  const endOf = (id: string): number => {
    const job = run.jobs.get(id);
    if (job !== undefined) return hasEnded(job) ? (job.endedAt ?? 0) : 0;
    return Math.max(0, ...(joins.get(id) ?? []).map(endOf));
  };
  const ready = Math.min(...jobs.map(({ planned }) => Math.max(0, ...planned.after.map(endOf))));
  const adopted = run.owner === undefined ? undefined : adoptedAt({ journal, until, run: run.id });
  const answered = run.environments.get(environment)?.approval.answeredAt;
  return Math.max(run.createdAt, ready, answered ?? 0, adopted ?? 0);
}

/** When it was taken up again after it had given up its places. */
function adoptedAt({ journal, until, run }: Pick<LockFacts, "journal" | "until"> & { run: RunId }): number | undefined {
  let at: number | undefined;
  let isSuspended = false;
  const range = { run, ...(until !== undefined && { before: until + 1 }) };
  for (const { event, at: when } of journal?.ofTypes(["run.suspended", "run.adopted"], range) ?? []) {
    if (event.type === "run.suspended") isSuspended = true;
    else if (isSuspended) {
      at = when;
      isSuspended = false;
    }
  }
  return at;
}
