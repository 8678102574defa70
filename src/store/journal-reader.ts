import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Recorded, RunId } from "../engine/events.ts";
import type { History, JobId } from "../plan/plan.ts";
import { artifactsOf } from "./artifacts-of.ts";
import { asStoreError, StoreError } from "./store-error.ts";

/** A run at a glance. Times are milliseconds since the epoch. Without `conclusion` it is not finished. */
export interface RunRecord {
  run: RunId;
  release: number;
  commit: string;
  createdAt: number;
  finishedAt?: number;
  conclusion?: "succeeded" | "failed" | "cancelled";
}

/** One deployment of a pipeline, for the list of releases. */
export interface DeploymentRecord {
  environment: string;
  pipeline: string;
  run: RunId;
  release: number;
  commit: string;
  at: number;
}

/** Everything that can be asked of the journal and of what is derived from it. */
export class JournalReader {
  readonly #database: DatabaseSync;
  readonly #path: string;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** All events in order, read as they are asked for. Stops with an error at one that it cannot understand. */
  *load(): Generator<Recorded> {
    let expected = 1;
    for (const recorded of this.#events("true", [])) {
      if (recorded.seq !== expected) throw this.#damaged(expected, "is missing");
      expected++;
      yield recorded;
    }
  }

  /** The events of one run in order; none when there is no such run. */
  *loadRun(run: RunId): Generator<Recorded> {
    const row = this.#one("select created_seq from run where run = ?", run);
    if (row) yield* this.#events("seq >= ? and run = ?", [row.created_seq as number, run]);
  }

  /** Newest first. */
  runs(): RunRecord[] {
    return this.#all("select * from run order by created_seq desc").map(runRecord);
  }

  run(run: RunId): RunRecord | undefined {
    const row = this.#one("select * from run where run = ?", run);
    return row && runRecord(row);
  }

  /** The number of the newest release, 0 before the first. */
  lastRelease(): number {
    return (this.#one("select max(release) as release from run")?.release as number | null) ?? 0;
  }

  /** What is deployed where: of each pipeline in each environment the highest release, and of that the last deployment. */
  deployed(): History {
    const rows = this.#all(
      `select environment, pipeline, deployed from deployment as here where not exists (
         select 1 from deployment as newer
         where newer.environment = here.environment and newer.pipeline = here.pipeline
           and (newer.release, newer.seq) > (here.release, here.seq))
       order by environment, pipeline`,
    );
    const history: History = { deployed: {} };
    for (const { environment, pipeline, deployed } of rows as Record<string, string>[]) {
      history.deployed[environment!] ??= {};
      history.deployed[environment!]![pipeline!] = JSON.parse(deployed!);
    }
    return history;
  }

  /** Every deployment there was, newest first. */
  deployments(): DeploymentRecord[] {
    const rows = this.#all(
      `select environment, pipeline, deployment.run, release, deployed ->> 'commit' as "commit", at
       from deployment join event using (seq) order by seq desc, environment, pipeline`,
    );
    return rows.map((row) => ({ ...row }) as unknown as DeploymentRecord);
  }

  /**
   * What each job usually takes, in milliseconds: the median of its last five successes among the newest 20,000 events,
   * so that the question stays cheap however long the journal is. Runs one after another are worth more than old ones.
   */
  durations(): Map<JobId, number> {
    const rows = this.#all(
      `select body ->> 'job' as job, body ->> 'durationMs' as duration_ms from event
       where type = 'job.succeeded' and seq > (select max(seq) from event) - 20000 order by seq desc`,
    );
    const lately = Map.groupBy(rows, (row) => row.job as JobId);
    return new Map(
      [...lately].map(([job, times]) => [job, median(times.slice(0, 5).map((row) => Number(row.duration_ms)))]),
    );
  }

  /**
   * Digests of the artifacts that may still be asked for: of every deployment (rollback), of runs that go on or may be
   * retried, and of the newest `runs` runs. The rest of the artifact store is garbage.
   */
  artifactsInUse({ runs }: { runs: number }): Set<string> {
    const digests = new Set<string>();
    for (const { deployed } of this.#all("select deployed from deployment")) {
      for (const digest of artifactsOf(JSON.parse(deployed as string))) digests.add(digest);
    }
    for (const [position, record] of this.runs().entries()) {
      if (position >= runs && record.conclusion === "succeeded") continue;
      for (const { event } of this.loadRun(record.run)) {
        for (const digest of artifactsOf(event)) digests.add(digest);
      }
    }
    return digests;
  }

  // Rows come in batches: a cursor that stays open would keep the write-ahead log from being cut back.
  *#events(where: string, values: (number | string)[]): Generator<Recorded> {
    const sql = `select seq, at, version, type, body from event where seq > ? and ${where} order by seq limit 500`;
    const batch = this.#guarded(() => this.#database.prepare(sql));
    batch.setReturnArrays(true);
    let last = 0;
    for (;;) {
      const rows = this.#guarded(() => batch.all(last, ...values)) as unknown as EventRow[];
      for (const [seq, at, version, type, body] of rows) {
        if (version !== 1) {
          throw new StoreError(
            "newer-version",
            `Event ${seq} (${type}) in ${this.#path} has version ${version}, this Baton knows version 1. ` +
              "Use the newer Baton that wrote it.",
          );
        }
        yield { seq, at, version, event: this.#parse(seq, body) };
        last = seq;
      }
      if (rows.length < 500) return;
    }
  }

  #parse(seq: number, body: string): Recorded["event"] {
    try {
      return JSON.parse(body);
    } catch (error) {
      throw this.#damaged(seq, "cannot be read", error);
    }
  }

  #damaged(seq: number, how: string, cause?: unknown): StoreError {
    return new StoreError(
      "damaged",
      `The journal ${this.#path} is damaged: event ${seq} ${how}. Restore it from a copy, or use another state folder.`,
      { cause },
    );
  }

  #one(sql: string, ...values: (string | number)[]): Row | undefined {
    return this.#guarded(() => this.#database.prepare(sql).get(...values));
  }

  #all(sql: string, ...values: (string | number)[]): Row[] {
    return this.#guarded(() => this.#database.prepare(sql).all(...values));
  }

  #guarded<Result>(ask: () => Result): Result {
    try {
      return ask();
    } catch (error) {
      throw asStoreError(error, this.#path);
    }
  }
}

type EventRow = [seq: number, at: number, version: number, type: string, body: string];

type Row = NonNullable<ReturnType<StatementSync["get"]>>;

function runRecord(row: Row): RunRecord {
  return {
    run: row.run as string,
    release: row.release as number,
    commit: row.commit as string,
    createdAt: row.created_at as number,
    ...(row.finished_at !== null && {
      finishedAt: row.finished_at as number,
      conclusion: row.conclusion as NonNullable<RunRecord["conclusion"]>,
    }),
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
