import type { EngineEvent, Recorded } from "./events.ts";

/**
 * The version of the shape in which each event is written now. A change of a shape raises the number and adds a step to
 * `steps`, so that journals of every age are read by one place and nobody else knows an old shape.
 */
export const eventVersions: Readonly<Record<EngineEvent["type"], number>> = {
  "run.created": 3,
  "run.adopted": 3,
  "run.suspended": 1,
  "job.started": 1,
  "job.succeeded": 1,
  "job.verified": 1,
  "job.failed": 1,
  "job.retry-due": 1,
  "job.skipped": 1,
  "job.cancelled": 2,
  "job.interrupted": 2,
  "run.retry-requested": 1,
  "run.cancel-requested": 1,
  "lock.acquired": 2,
  "lock.released": 1,
  "approval.requested": 2,
  "approval.reminded": 1,
  "approval.given": 1,
  "approval.answered": 1,
  "run.finished": 1,
  "environment.frozen": 1,
  "environment.thawed": 1,
  "rollback.declined": 1,
  "drift.looked": 1,
  "history.begins": 2,
};

/** What an event of an older version lacks: by type, the step from version n to n + 1 at place n - 1. */
const steps: Readonly<Partial<Record<string, readonly ((old: never) => object)[]>>> = {
  "run.created": [
    // It undid nothing first.
    (old) => old,
    // It told only people: by chat, mail and webhooks.
    (old) => old,
  ],
  // Nothing could go on elsewhere, and nothing be lost there.
  "run.adopted": [
    (old) => old,
    // Whoever took it up could not say that it cannot wait.
    (old) => old,
  ],
  "job.interrupted": [(old) => old],
  // It went past nobody.
  "lock.acquired": [(old) => old],
  // One was enough, whoever it was.
  "approval.requested": [(old) => old],
  // Why it was is not known.
  "job.cancelled": [(old) => old],
  // Nothing could be frozen.
  "history.begins": [(old) => old],
};

/** An event as it was stored, in the shape of its time. */
export interface StoredEvent {
  seq: number;
  at: number;
  version: number;
  type: string;
  body: unknown;
}

/** A newer Baton wrote this event: this one does not know what it means, so it must not go on from there. */
export class NewerEvent extends Error {
  override name = "NewerEvent";
}

/** The event in the shape of today. @throws {NewerEvent} */
export function upcast(stored: StoredEvent): Recorded {
  const { seq, at, version, type, body } = stored;
  const known = knownVersion(stored);
  let event = body as object;
  for (const step of steps[type]?.slice(version - 1) ?? []) event = step(event as never);
  return { seq, at, version: known, event: event as EngineEvent };
}

/** The version in which this Baton writes such an event. @throws {NewerEvent} */
export function knownVersion({ seq, version, type }: Omit<StoredEvent, "at" | "body">): number {
  const known = Object.hasOwn(eventVersions, type) ? eventVersions[type as EngineEvent["type"]] : undefined;
  if (known === undefined) throw new NewerEvent(`event ${seq} is of a kind that this Baton does not know (${type})`);
  if (version > known) {
    throw new NewerEvent(`event ${seq} (${type}) has version ${version}, this Baton knows version ${known}`);
  }
  return known;
}
