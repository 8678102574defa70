import type { JobId } from "../plan/plan.ts";
import type { ApprovalReminded, ApprovalRequested, EngineEvent, Recorded, RunId } from "./events.ts";
import { approvalExpired, approvalReminder } from "./policies/approval.ts";
import type { RunState, State } from "./state.ts";

/**
 * Something that happens by itself: a wait before the next attempt ends, an approval expires. `since` is when the wait
 * began and `until` when it ends, both as the journal has them (milliseconds since the epoch).
 */
export type Due = { since: number; until: number; run: RunId } & (
  | { kind: "retry"; job: JobId; attempt: number }
  | { kind: "approval"; environment: string }
  | { kind: "reminder"; environment: string }
);

/** What an event that has just been recorded makes due. */
export function duesAfter({ at, event }: Recorded): Due[] {
  if (event.type === "job.failed" && event.retryAt !== undefined) {
    const { run, job, attempt } = event;
    return [{ kind: "retry", since: at, until: event.retryAt, run, job, attempt }];
  }
  if (event.type === "job.verified") {
    const { run, job, attempt } = event;
    return [{ kind: "retry", since: at, until: event.againAt, run, job, attempt }];
  }
  if (event.type === "approval.requested") {
    const { run, environment, expiresAt: until } = event;
    return [{ kind: "approval", since: at, until, run, environment }, ...reminderOf(event, at)];
  }
  return event.type === "approval.reminded" ? reminderOf(event, at) : [];
}

function reminderOf({ run, environment, remindAt: until }: ApprovalRequested | ApprovalReminded, since: number): Due[] {
  return until === undefined ? [] : [{ kind: "reminder", since, until, run, environment }];
}

/** All that a run waits for by itself, for whoever takes it up. */
export function duesOf(run: RunState): Due[] {
  const dues: Due[] = [];
  for (const { name, approval } of run.environments.values()) {
    if (approval.status !== "requested") continue;
    const { requestedAt, expiresAt, toldAt, remindAt } = approval;
    const about = { run: run.id, environment: name };
    dues.push({ kind: "approval", since: requestedAt!, until: expiresAt!, ...about });
    if (remindAt !== undefined) dues.push({ kind: "reminder", since: toldAt!, until: remindAt, ...about });
  }
  if (run.backingOff === 0) return dues;
  for (const job of run.list) {
    if (job.status !== "backing-off" || job.stage === "given-up") continue;
    const { id, attempt } = job;
    dues.push({ kind: "retry", since: job.endedAt!, until: job.retryAt!, run: run.id, job: id, attempt });
  }
  return dues;
}

/** What happens at that time, which is `now`; undefined when it is no longer due: the run was cancelled, the approval answered. */
export function eventOfDue(state: State, due: Due, now: number): EngineEvent | undefined {
  const run = state.runs.get(due.run);
  if (run === undefined) return undefined;
  if (due.kind === "approval") {
    const approval = run.environments.get(due.environment)?.approval;
    if (approval?.status !== "requested" || approval.expiresAt !== due.until) return undefined;
    return approvalExpired(due.run, due.environment);
  }
  if (due.kind === "reminder") {
    const approval = run.environments.get(due.environment)?.approval;
    if (approval?.status !== "requested" || approval.remindAt !== due.until) return undefined;
    return approvalReminder(run, due.environment, now);
  }
  const job = run.jobs.get(due.job);
  if (job?.status !== "backing-off" || job.stage === "given-up" || job.attempt !== due.attempt) return undefined;
  return { type: "job.retry-due", run: due.run, job: due.job, attempt: due.attempt };
}

/**
 * Waits of this process, by a clock that is never set. A wait that began here ends after its whole length, whatever is
 * done to the clock on the wall. One that began in an earlier process ends when the clock on the wall says so, but is never
 * longer than it was to be in all: a clock that was set back makes nobody wait for the difference. (A clock that was set
 * forward while nobody ran cannot be told from time that has passed.)
 */
export class Deadlines {
  readonly #heap: Entry[] = [];
  #added = 0;

  /** `now` on the wall, `elapsed` on the clock that is never set. */
  add(due: Due, { now, elapsed }: { now: number; elapsed: number }): void {
    const left = Math.min(Math.max(due.until - now, 0), Math.max(due.until - due.since, 0));
    this.#added += 1;
    this.#push({ at: elapsed + left, number: this.#added, due });
  }

  /** The earliest; of two at the same time the one that was added first. */
  earliest(): { at: number; due: Due } | undefined {
    return this.#heap[0];
  }

  removeEarliest(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return;
    heap[0] = last;
    let parent = 0;
    for (;;) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
      }
      if (least === parent) return;
      swap(heap, parent, least);
      parent = least;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    heap.push(entry);
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(heap[child]!, heap[parent]!)) break;
      swap(heap, child, parent);
      child = parent;
    }
  }
}

interface Entry {
  at: number;
  number: number;
  due: Due;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at !== b.at ? a.at < b.at : a.number < b.number;
}

function swap(heap: Entry[], a: number, b: number): void {
  const kept = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = kept;
}
