import { readFileSync } from "node:fs";
import { StoreError } from "../store-error.ts";
import type { DatabaseSession } from "./session.ts";

/**
 * The shape of the database, oldest first; the position (from 1) is the version. As with those of the state folder, one that was
 * released is never edited. The files are read from `migrations/` beside this module, in the source tree and beside the bundle.
 */
export const databaseMigrations = ["postgres-0001-journal.sql", "postgres-0002-owner.sql", "postgres-0003-servers.sql"];

/** Any number, as long as it is always the same one: nobody else makes or migrates the tables meanwhile. */
const doorLock = 0x4261746f;

/** Makes Baton's tables in the database, or brings them up to date; a step is taken as a whole or not at all. @throws {StoreError} */
export async function prepareDatabase(session: DatabaseSession): Promise<void> {
  if ((await versionOf(session)) === databaseMigrations.length) return;
  await requireUnicode(session);
  await session.query("begin");
  try {
    await session.query("select pg_advisory_xact_lock($1)", [doorLock]);
    const found = await versionOf(session);
    if (found === 0)
      await session.query(
        "create schema if not exists baton; create table baton.version (version integer not null); insert into baton.version values (0)",
      );
    for (const file of databaseMigrations.slice(found)) {
      await session.query(readFileSync(new URL(`./migrations/${file}`, import.meta.url), "utf8"));
    }
    await session.query("update baton.version set version = $1", [databaseMigrations.length]);
    await session.query("commit");
  } catch (error) {
    await session.query("rollback").catch(() => {});
    throw error;
  }
}

/** 0 where there is nothing of Baton. @throws {StoreError} for a newer one, and for another program's */
async function versionOf(session: DatabaseSession): Promise<number> {
  const { rows } = await session.query(
    `select to_regclass('baton.version') is not null as ours,
       (select count(*)::integer from pg_class where relnamespace = to_regnamespace('baton')) as tables`,
  );
  const { ours, tables } = rows[0] as { ours: boolean; tables: number };
  if (!ours && tables === 0) return 0;
  if (!ours) {
    throw new StoreError(
      "not-a-state-folder",
      `The schema baton in ${session.place} is another program's. Nothing was changed. Use another database.`,
    );
  }
  const version = Number((await session.query("select version from baton.version")).rows[0]?.version);
  if (version <= databaseMigrations.length) return version;
  throw new StoreError(
    "newer-version",
    `${session.place} was written by a newer Baton: its tables have version ${version}, this Baton knows version ` +
      `${databaseMigrations.length}. Nothing was changed. Use the newer Baton, or another database.`,
  );
}

/** Events are kept byte for byte. */
async function requireUnicode(session: DatabaseSession): Promise<void> {
  const { rows } = await session.query("select current_setting('server_encoding') as encoding");
  if (rows[0]?.encoding === "UTF8") return;
  throw new StoreError(
    "not-a-state-folder",
    `${session.place} has the encoding ${rows[0]?.encoding}, which not every text fits into. ` +
      "Make one with `createdb --encoding UTF8 --template template0`.",
  );
}
