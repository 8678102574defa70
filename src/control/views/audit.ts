import type { EngineEvent, Recorded } from "../../engine/events.ts";
import { releaseMeant } from "../../engine/state.ts";
import { originOf, type Plan } from "../../plan/plan.ts";
import type { RunId } from "./events.ts";
import { movedBy } from "./run.ts";

/** Who did what, when and why, and what it came to: what a person or a rule decided, not what jobs did. Newest first. */
export interface AuditView {
  version: 1;
  entries: AuditEntry[];
  /** Of the newest event of the journal, whether or not it is listed. Absent: nothing was ever run. */
  head?: ChainHead;
}

/** `chain` is the checksum of that event over all before it. Whoever keeps it elsewhere can tell whether one was changed since. */
export interface ChainHead {
  seq: number;
  chain: string;
}

export interface AuditEntry {
  seq: number;
  /** Milliseconds since the epoch. */
  at: number;
  deed: Deed;
  /** As whoever asked was called on their machine, or by the server that knew them. Absent: Baton, by its rules. */
  by?: string;
  /** Of who answered: nobody had made sure that it was them. */
  unverified?: true;
  run?: RunId;
  /** The release that is moved, or is made by the run. */
  release?: number;
  environments: string[];
  /** Of `deployed`: by pipeline, the release that is there from then on. */
  pipelines?: Record<string, number>;
  /** What was said about it. */
  comment?: string;
  /** Why it went on into frozen environments. */
  override?: string;
  /** Of `froze`: milliseconds since the epoch. */
  until?: number;
  /** Of `ended`. */
  conclusion?: string;
}

export type Deed =
  | "ran"
  | "promoted"
  | "rolled back"
  | "approved"
  | "rejected"
  | "let expire"
  | "cancelled"
  | "retried"
  | "resumed"
  | "suspended"
  | "froze"
  | "thawed"
  | "did not take back"
  | "deployed"
  | "ended"
  | "repaired";

/** What `baton audit verify` found. */
export interface AuditVerifiedView {
  version: 1;
  events: number;
  runs: number;
  head?: ChainHead;
}

/** The kinds of events that say it. */
export const auditedTypes = [
  "run.created",
  "run.adopted",
  "run.suspended",
  "run.retry-requested",
  "run.cancel-requested",
  "approval.given",
  "approval.answered",
  "lock.released",
  "run.finished",
  "environment.frozen",
  "environment.thawed",
  "rollback.declined",
  "history.begins",
] as const satisfies readonly EngineEvent["type"][];

/** Oldest first, as they are in the journal; only events of those kinds matter. */
export function auditEntries(events: Iterable<Recorded>): AuditEntry[] {
  const releases = new Map<RunId, number>();
  const retried = new Set<RunId>();
  const entries: AuditEntry[] = [];
  for (const recorded of events) {
    const { event } = recorded;
    if (event.type === "run.created") releases.set(event.run, releaseMeant(event));
    const said = saidBy(event, retried.has(event.run));
    // Who asks for a retry is named by what takes the run up for it.
    if (event.type === "run.retry-requested") retried.add(event.run);
    else retried.delete(event.run);
    if (said === undefined) continue;
    const release = releases.get(event.run);
    entries.push({
      seq: recorded.seq,
      at: recorded.at,
      ...(event.run !== "" && { run: event.run }),
      ...(release !== undefined && { release }),
      environments: [],
      ...said,
    });
  }
  return entries;
}

type Said = Pick<AuditEntry, "deed"> & Partial<AuditEntry>;

function saidBy(event: EngineEvent, isRetried: boolean): Said | undefined {
  switch (event.type) {
    case "run.created":
      return {
        deed: deedOf(event),
        ...(event.by !== undefined && { by: event.by }),
        environments: changedBy(event.plan),
        ...(event.comment !== undefined && { comment: event.comment }),
        ...(event.override !== undefined && { override: event.override }),
      };
    case "run.adopted":
      return {
        deed: isRetried ? "retried" : "resumed",
        by: event.by,
        ...(event.override !== undefined && { override: event.override }),
      };
    case "run.suspended":
      return { deed: "suspended", by: event.by, comment: event.because };
    case "run.cancel-requested":
      return { deed: "cancelled", by: event.by };
    case "approval.given": {
      const { by, environment, comment } = event;
      return {
        deed: "approved",
        by,
        ...unverified(event),
        environments: [environment],
        ...(comment !== undefined && { comment }),
      };
    }
    case "approval.answered": {
      const { answer, by, environment, comment } = event;
      const environments = [environment];
      if (answer === "expired") return { deed: "let expire", environments };
      return { deed: answer, by, ...unverified(event), environments, ...(comment !== undefined && { comment }) };
    }
    case "lock.released": {
      const pipelines = Object.entries(event.deployed).map(([name, record]) => [name, originOf(record)]);
      if (pipelines.length === 0) return undefined;
      return { deed: "deployed", environments: [event.environment], pipelines: Object.fromEntries(pipelines) };
    }
    case "run.finished":
      return { deed: "ended", conclusion: event.conclusion };
    case "environment.frozen": {
      const { environment, by, until, reason } = event;
      return { deed: "froze", by, environments: [environment], until, comment: reason };
    }
    case "environment.thawed": {
      const { environment, by, comment } = event;
      return { deed: "thawed", by, environments: [environment], ...(comment !== undefined && { comment }) };
    }
    case "rollback.declined": {
      const { environment, failed, because } = event;
      return { deed: "did not take back", run: failed, environments: [environment], comment: because };
    }
    case "history.begins":
      return { deed: "repaired", comment: event.text };
    default:
      return undefined;
  }
}

function deedOf({ moves, plan }: Extract<EngineEvent, { type: "run.created" }>): Deed {
  if (moves === undefined) return "ran";
  return movedBy({ moves, plan }).kind === "promotion" ? "promoted" : "rolled back";
}

/** Where it was to change something. */
function changedBy({ environments, jobs }: Plan): string[] {
  return environments.filter((name) => jobs.some((job) => job.environment === name && job.decision === "run"));
}

const unverified = ({ verified }: { verified?: true }) => (verified ? {} : { unverified: true as const });
