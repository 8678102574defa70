import type { DatabaseSync } from "node:sqlite";
import type { EngineEvent, HistoryBegins, Recorded, RunFinished } from "../engine/events.ts";
import type { Deployed, JobId } from "../plan/plan.ts";
import { makeTablesAnew } from "./derived-tables.ts";
import { makeEventIndexesAnew } from "./indexes.ts";

/**
 * Keeps the tables that are derived from the journal: the list of runs and where to find what each deployed. Only the rare events that
 * begin and end a run touch them; what is asked seldom (durations) is derived from the events when it is asked.
 */
export function recordWriter(database: DatabaseSync): (recorded: Recorded) => void {
  const created = database.prepare(
    'insert into run (run, release, "commit", created_seq, created_at) values (?, ?, ?, ?, ?)',
  );
  const finished = database.prepare("update run set finished_seq = ?, finished_at = ?, conclusion = ? where run = ?");
  const reopened = database.prepare(
    "update run set finished_seq = null, finished_at = null, conclusion = null where run = ?",
  );
  const abandoned = database.prepare(
    "update run set finished_seq = ?, finished_at = ?, conclusion = 'cancelled' where finished_seq is null",
  );
  const deployment = database.prepare(
    "insert into deployment (environment, pipeline, release, seq, run) values (?, ?, ?, ?, ?)",
  );
  const made = database.prepare("insert or replace into made (run, job, seq) values (?, ?, ?)");
  const earlier = database.prepare(
    `select event.body from deployment join event using (seq)
     where environment = ? and pipeline = ? and release = ? order by seq desc limit 1`,
  );

  /** Adds those that were not recorded before, when the lock was released. */
  function addNew(seq: number, event: RunFinished | HistoryBegins): void {
    for (const [environment, pipelines] of Object.entries(event.deployed)) {
      for (const [pipeline, value] of Object.entries(pipelines)) {
        const found = earlier.get(environment, pipeline, value.release)?.body as string | undefined;
        const before = found && deployedIn(JSON.parse(found), { environment, pipeline });
        if (before && JSON.stringify(before) === JSON.stringify(value)) continue;
        deployment.run(environment, pipeline, value.release, seq, event.run);
      }
    }
  }

  return ({ seq, at, event }) => {
    switch (event.type) {
      case "run.created":
        created.run(event.run, event.release, event.plan.change.commit, seq, at);
        return;
      case "job.succeeded":
        if (isPerRelease(event.job)) made.run(event.run, event.job, seq);
        return;
      case "run.retry-requested":
        reopened.run(event.run);
        return;
      case "lock.released":
        for (const [pipeline, value] of Object.entries(event.deployed)) {
          deployment.run(event.environment, pipeline, value.release, seq, event.run);
        }
        return;
      case "run.finished":
        finished.run(seq, at, event.conclusion, event.run);
        addNew(seq, event);
        return;
      case "history.begins":
        abandoned.run(seq, at);
        addNew(seq, event);
    }
  };
}

/** By its id: `pipeline.job@environment`, and the values of a matrix may hold anything. */
function isPerRelease(job: JobId): boolean {
  return !job.split("[", 1)[0]!.includes("@");
}

/** What an event says was deployed of a pipeline to an environment; undefined when it says nothing of it. */
export function deployedIn(event: EngineEvent, at: { environment: string; pipeline: string }): Deployed | undefined {
  switch (event.type) {
    case "lock.released":
      return event.environment === at.environment ? event.deployed[at.pipeline] : undefined;
    case "run.finished":
    case "history.begins":
      return event.deployed[at.environment]?.[at.pipeline];
    default:
      return undefined;
  }
}

/** Makes the derived tables anew and derives the records from the whole journal, in one transaction. */
export function rebuildRecords(database: DatabaseSync, journal: Iterable<Recorded>): void {
  database.exec("begin immediate");
  makeTablesAnew(database);
  makeEventIndexesAnew(database);
  const record = recordWriter(database);
  for (const recorded of journal) record(recorded);
  database.exec("commit");
}
