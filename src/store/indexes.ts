import { DatabaseSync } from "node:sqlite";
import { migrate } from "./migrations.ts";

/**
 * Indexes that are gone, are others than the migrations make, or do not say what their table does: whoever asks by one of them
 * would be told of too few freezes or moves. Reads all of the database. Others than Baton's are no matter.
 * @throws {Error} at what is wrong with anything else in the database
 */
export function staleIndexes(database: DatabaseSync): string[] {
  const here = new Map(indexesOf(database).map(({ name, sql }) => [name, sql]));
  const stale = new Set(freshIndexes().flatMap(({ name, sql }) => (here.get(name) === sql ? [] : [name])));
  for (const { integrity_check: said } of database.prepare("pragma integrity_check").all()) {
    if (said === "ok") continue;
    const name = / index (\w+)$/.exec(String(said))?.[1];
    if (name === undefined) throw new Error(`SQLite finds ${said}`);
    stale.add(name);
  }
  return [...stale].sort();
}

/** Makes those of the events anew. To be called in a transaction. */
export function makeEventIndexesAnew(database: DatabaseSync): void {
  for (const { name, sql } of freshIndexes().filter(({ tbl_name }) => tbl_name === "event")) {
    database.exec(`drop index if exists ${name}; ${sql}`);
  }
}

type Index = Record<"name" | "tbl_name" | "sql", string>;

function freshIndexes(): Index[] {
  using fresh = new DatabaseSync(":memory:");
  migrate(fresh, 0);
  return indexesOf(fresh);
}

/** Without those that come with their table. */
function indexesOf(database: DatabaseSync): Index[] {
  const sql = "select name, tbl_name, sql from sqlite_schema where type = 'index' and sql is not null";
  return database.prepare(sql).all() as unknown as Index[];
}
