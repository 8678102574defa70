import { DatabaseSync } from "node:sqlite";
import { migrate } from "./migrations.ts";

/** The tables that are derived from the events; they can be made anew at any time. */
export const recordTables = ["run", "deployment", "made"] as const;

type DerivedTable = (typeof recordTables)[number] | "checkpoint";

const all: readonly DerivedTable[] = [...recordTables, "checkpoint"];

/** Those of these tables that are not there, or have other columns than this Baton writes. */
export function misshapenTables(database: DatabaseSync, tables: readonly DerivedTable[] = all): DerivedTable[] {
  return tables.filter((table) => columnsOf(database, table) !== expected().columns.get(table));
}

/** Takes these tables away, in whatever shape they are, and makes them anew without a row. To be called in a transaction. */
export function makeTablesAnew(database: DatabaseSync, tables: readonly DerivedTable[] = all): void {
  const named = database.prepare("select type from sqlite_schema where name = ?");
  const { sql } = expected();
  for (const table of tables) {
    const type = named.get(table)?.type;
    if (type !== undefined) database.exec(`drop ${type} ${table}`);
    database.exec(sql.get(table)!);
  }
}

interface Shapes {
  columns: ReadonlyMap<string, string>;
  /** What makes each table and its indexes. */
  sql: ReadonlyMap<string, string>;
}

let known: Shapes | undefined;

/** As the migrations make them. */
function expected(): Shapes {
  known ??= readShapes();
  return known;
}

function readShapes(): Shapes {
  using fresh = new DatabaseSync(":memory:");
  migrate(fresh, 0);
  // Tables come before their indexes; those without SQL come with the table.
  const schema = fresh.prepare(
    "select sql from sqlite_schema where tbl_name = ? and sql is not null order by type desc",
  );
  return {
    columns: new Map(all.map((table) => [table, columnsOf(fresh, table)])),
    sql: new Map(
      all.map((table) => [
        table,
        schema
          .all(table)
          .map(({ sql }) => sql)
          .join(";\n"),
      ]),
    ),
  };
}

function columnsOf(database: DatabaseSync, table: DerivedTable): string {
  const columns = database.prepare(`select name, type, "notnull", pk from pragma_table_info(?) order by cid`);
  return JSON.stringify(columns.all(table));
}
