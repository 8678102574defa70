import { readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { chainOf, chainStart } from "./chain.ts";

/**
 * The shape of the journal database, oldest first; the position (from 1) is the version. A migration that was released
 * is never edited: a change is a new file at the end. The files are read from `migrations/` beside this module, in the
 * source tree and beside the bundle alike.
 */
export const migrationFiles = [
  "0001-journal.sql",
  "0002-chain.sql",
  "0003-made.sql",
  "0004-shared.sql",
  "0005-checkpoint.sql",
  "0006-freezes.sql",
  "0007-beginnings.sql",
  "0008-drift.sql",
];

/** The version of the state folder that this Baton writes. */
export const stateVersion = migrationFiles.length;

/** Marks a SQLite file as a journal of Baton ("Bato" in ASCII). */
export const applicationId = 0x4261746f;

/** Brings the database from version `from` to `stateVersion`, each step in a transaction of its own. */
export function migrate(database: DatabaseSync, from: number): void {
  if (from === stateVersion) return;
  addChainFunction(database);
  for (let version = from; version < stateVersion; version++) {
    const sql = readFileSync(new URL(`./migrations/${migrationFiles[version]}`, import.meta.url), "utf8");
    database.exec(
      `begin immediate;
      ${sql}
      pragma application_id = ${applicationId};
      pragma user_version = ${version + 1};
      commit;`,
    );
  }
}

/** The checksums of rows that are given one after another, for the migration that adds them. */
function addChainFunction(database: DatabaseSync): void {
  let chain = chainStart;
  database.function("chain_of", { varargs: true }, (...row) => {
    const [seq, at, version, run, type, body] = row as [number, number, number, string, string, string];
    chain = chainOf(chain, { seq, at, version, run, type, body });
    return chain;
  });
}
