import { DatabaseSync } from "node:sqlite";
import { migrate } from "./migrations.ts";

/** The tables that are derived from the events; they can be made anew at any time. */
export const recordTables = ["run", "deployment", "made"] as const;

type DerivedTable = (typeof recordTables)[number] | "checkpoint";

const all: readonly DerivedTable[] = [...recordTables, "checkpoint"];

/** As the migrations make them, so written down because every command looks. */
const columns: Readonly<Record<DerivedTable, string>> = {
  run:
    "run TEXT not null key 1, release INTEGER not null, commit TEXT not null, created_seq INTEGER not null, " +
    "created_at INTEGER not null, finished_seq INTEGER, finished_at INTEGER, conclusion TEXT",
  deployment:
    "environment TEXT not null key 1, pipeline TEXT not null key 2, release INTEGER not null key 3, " +
    "seq INTEGER not null key 4, run TEXT not null",
  made: "run TEXT not null key 1, job TEXT not null key 2, seq INTEGER not null",
  checkpoint: "id INTEGER key 1, seq INTEGER not null, digest TEXT not null, state BLOB not null",
};

/** Those of these tables that are not there, or have other columns than this Baton writes. */
export function misshapenTables(database: DatabaseSync, tables: readonly DerivedTable[] = all): DerivedTable[] {
  return tables.filter((table) => columnsOf(database, table) !== columns[table]);
}

/** Takes these tables away, in whatever shape they are, and makes them anew without a row. To be called in a transaction. */
export function makeTablesAnew(database: DatabaseSync, tables: readonly DerivedTable[] = all): void {
  const named = database.prepare("select type from sqlite_schema where name = ?");
  using fresh = new DatabaseSync(":memory:");
  migrate(fresh, 0);
  for (const table of tables) {
    const type = named.get(table)?.type;
    if (type !== undefined) database.exec(`drop ${type} ${table}`);
    database.exec(statementsOf(table, fresh));
  }
}

/** What makes a table and its indexes, as the migrations do. */
function statementsOf(table: DerivedTable, fresh: DatabaseSync): string {
  // Tables come before their indexes; those without SQL come with the table.
  const schema = fresh.prepare(
    "select sql from sqlite_schema where tbl_name = ? and sql is not null order by type desc",
  );
  return schema
    .all(table)
    .map(({ sql }) => sql)
    .join(";\n");
}

function columnsOf(database: DatabaseSync, table: DerivedTable): unknown {
  const columns = database.prepare(
    `select group_concat(name || ' ' || type || iif("notnull", ' not null', '') || iif(pk > 0, ' key ' || pk, ''), ', ' order by cid) as list
       from pragma_table_info(?)`,
  );
  return columns.get(table)?.list;
}
