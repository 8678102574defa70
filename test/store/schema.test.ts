import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { migrate, migrationFiles } from "../../src/store/migrations.ts";
import { openStore } from "../../src/store/store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const source = new URL("../../src/store/", import.meta.url);

function schemaOf(database: DatabaseSync): string {
  const rows = database.prepare("select sql from sqlite_schema where sql is not null order by type desc, name").all();
  return `${rows.map(({ sql }) => `${sql};\n`).join("\n")}`;
}

test("src/store/schema.sql is what the migrations make; with UPDATE=1 it is written anew", (t) => {
  const folder = temporaryFolder(t);
  openStore(folder).close();
  const database = new DatabaseSync(join(folder, "journal.db"));
  const schema = schemaOf(database);
  database.close();
  const dumped = new URL("schema.sql", source);
  if (process.env.UPDATE) writeFileSync(dumped, schema);
  assert.equal(readFileSync(dumped, "utf8"), schema);
});

test("the migrations are numbered without a gap and all of them are listed", () => {
  assert.deepEqual(migrationFiles, readdirSync(new URL("migrations/", source)).sort());
  for (const [index, file] of migrationFiles.entries()) {
    assert.equal(Number(file.slice(0, 4)), index + 1, `${file} has the wrong number`);
  }
});

test("a migration that fails leaves the version before it", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("create table run (in_the_way)");
  assert.throws(() => migrate(database, 0), /already exists/);
  database.exec("rollback");
  assert.equal(database.prepare("pragma user_version").get()?.user_version, 0);
  assert.equal(database.prepare("select count(*) as tables from sqlite_schema").get()?.tables, 1);
});
