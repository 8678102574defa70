import type { DatabaseSync } from "node:sqlite";
import type { Recorded } from "../engine/events.ts";

/**
 * Keeps the tables that are derived from the journal: the list of runs and what each deployed. Only the rare events that
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
  const deployment = database.prepare(
    "insert into deployment (environment, pipeline, release, seq, run, deployed) values (?, ?, ?, ?, ?, ?)",
  );
  const known = database.prepare(
    "select 1 from deployment where environment = ? and pipeline = ? and release = ? and run = ? and deployed = ?",
  );
  return ({ seq, at, event }) => {
    switch (event.type) {
      case "run.created":
        created.run(event.run, event.release, event.plan.change.commit, seq, at);
        return;
      case "run.retry-requested":
        reopened.run(event.run);
        return;
      case "lock.released":
        for (const [pipeline, value] of Object.entries(event.deployed)) {
          deployment.run(event.environment, pipeline, value.release, seq, event.run, JSON.stringify(value));
        }
        return;
      case "run.finished":
        finished.run(seq, at, event.conclusion, event.run);
        for (const [environment, pipelines] of Object.entries(event.deployed)) {
          for (const [pipeline, value] of Object.entries(pipelines)) {
            const deployed = JSON.stringify(value);
            // Recorded when the lock was released.
            if (known.get(environment, pipeline, value.release, event.run, deployed)) continue;
            deployment.run(environment, pipeline, value.release, seq, event.run, deployed);
          }
        }
    }
  };
}

/** Derives the records again from the whole journal, in one transaction. */
export function rebuildRecords(database: DatabaseSync, journal: Iterable<Recorded>): void {
  database.exec("begin immediate; delete from run; delete from deployment");
  const record = recordWriter(database);
  for (const recorded of journal) record(recorded);
  database.exec("commit");
}
