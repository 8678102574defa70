/** Runs that took place, as the services tell of them. */

import type { Facts } from "../../facts/facts.ts";
import { isStaged, stagedPipelines } from "../../facts/stages.ts";

/** When something began and ended, in milliseconds; what has not ended has no end. */
export interface Span {
  readonly begin: number;
  readonly end: number | undefined;
}

export interface PastRun extends Span {
  /** As the service names it: a number, or an execution id. */
  readonly id: string;
  /** `Pipeline.id`, or that of a pipeline of stages. */
  readonly pipeline: string;
  /** As the platform spells it, e.g. `workflow_run`; empty where it is not told. */
  readonly event: string;
  readonly branch: string;
  readonly commit: string;
  /** In small letters, as GitHub has it; `cancelled` also for what was superseded. */
  readonly conclusion: string;
}

/** Runs kept at most; services list the newest first. */
export const MAX_RUNS = 100_000;

type Fields = Readonly<Record<string, unknown>>;

/** Takes runs in and tells whose they are. */
export class PastRuns {
  /** Runs of pipelines that nobody knows here, or beyond the limit. */
  unknown = 0;
  private readonly byId = new Map<string, PastRun>();
  private readonly byName: ReadonlyMap<string, string>;
  private readonly stagedByName: ReadonlyMap<string, string>;

  constructor(facts: Facts) {
    const workflows = facts.pipelines.filter((pipeline) => !isStaged(pipeline));
    this.byName = new Map(workflows.flatMap(({ id, name }) => [[name, id] as const, [id, id] as const]));
    const named = stagedPipelines(facts).flatMap(({ id, name, label }) => [[name, id] as const, [label, id] as const]);
    this.stagedByName = new Map(named);
  }

  /** `fileStem` names the pipeline where a record does not: executions of a CodePipeline do not say of which. */
  add(record: unknown, fileStem: string): void {
    if (typeof record !== "object" || record === null) return;
    const fields = record as Fields;
    const run = "pipelineExecutionId" in fields ? this.execution(fields, fileStem) : this.workflowRun(fields);
    if (!run || (this.byId.size >= MAX_RUNS && !this.byId.has(run.id))) {
      this.unknown += 1;
      return;
    }
    const known = this.byId.get(run.id);
    this.byId.set(run.id, known ? merged(known, run) : run);
  }

  /** By their beginning. */
  all(): readonly PastRun[] {
    return [...this.byId.values()].sort((a, b) => a.begin - b.begin || (a.id < b.id ? -1 : 1));
  }

  private workflowRun(fields: Fields): PastRun | undefined {
    const id = text(fields.databaseId ?? fields.id);
    const path = text(fields.path).split("@")[0]!;
    const pipeline = this.byName.get(path) ?? this.byName.get(text(fields.workflowName ?? fields.name));
    const begin = time(fields.run_started_at ?? fields.startedAt ?? fields.created_at ?? fields.createdAt);
    if (id === "" || pipeline === undefined || begin === undefined) return undefined;
    const conclusion = text(fields.conclusion);
    return {
      id,
      pipeline,
      begin,
      end: conclusion === "" ? undefined : time(fields.updated_at ?? fields.updatedAt),
      event: text(fields.event),
      branch: text(fields.head_branch ?? fields.headBranch),
      commit: text(fields.head_sha ?? fields.headSha),
      conclusion,
    };
  }

  /** Of a whole execution, or of one of its actions. */
  private execution(fields: Fields, fileStem: string): PastRun | undefined {
    const [only, ...more] = new Set(this.stagedByName.values());
    const pipeline = this.stagedByName.get(fileStem) ?? (more.length === 0 ? only : undefined);
    const begin = time(fields.startTime);
    if (pipeline === undefined || begin === undefined) return undefined;
    const revisions = Array.isArray(fields.sourceRevisions) ? (fields.sourceRevisions as Fields[]) : [];
    const conclusion = conclusions[text(fields.status)] ?? "";
    return {
      id: text(fields.pipelineExecutionId),
      pipeline,
      begin,
      end: conclusion === "" ? undefined : time(fields.lastUpdateTime),
      event: "",
      branch: "",
      commit: text(revisions[0]?.revisionId),
      conclusion,
    };
  }
}

const conclusions: Readonly<Record<string, string>> = {
  Succeeded: "success",
  Failed: "failure",
  Stopped: "cancelled",
  Superseded: "cancelled",
  Cancelled: "cancelled",
  Abandoned: "cancelled",
};

/** Two things told of one run: it lasts as long as both, and went as badly as the worse. */
function merged(a: PastRun, b: PastRun): PastRun {
  const worst = ["failure", "cancelled", "", "success"].find((each) => each === a.conclusion || each === b.conclusion);
  return {
    ...a,
    begin: Math.min(a.begin, b.begin),
    end: a.end === undefined || b.end === undefined ? undefined : Math.max(a.end, b.end),
    commit: a.commit || b.commit,
    conclusion: worst ?? a.conclusion,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** ISO text, or seconds since 1970 as the AWS CLI prints them where it is told to. */
function time(value: unknown): number | undefined {
  const parsed = typeof value === "number" ? value * 1000 : typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** By pipeline, each in the order in which they began. */
export function historyOf(past: PastRuns): ReadonlyMap<string, readonly PastRun[]> {
  return Map.groupBy(past.all(), ({ pipeline }) => pipeline);
}
