import { hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import type { Checkpoint } from "../engine/saved-state.ts";
import { makeTablesAnew, misshapenTables } from "./derived-tables.ts";

/**
 * The one checkpoint of a journal. It belongs to an event, by number and checksum, and has a checksum of its own over all
 * of that: one that does not fit the journal beside it, or is not what was written, is no checkpoint.
 */
export function checkpointWriter(database: DatabaseSync): (head: Head, checkpoint: Checkpoint) => void {
  const insert = database.prepare("insert or replace into checkpoint (id, seq, digest, state) values (1, ?, ?, ?)");
  return ({ seq, chain }, checkpoint) => {
    const state = serialize(checkpoint);
    insert.run(seq, digestOf(chain, state), state);
  };
}

/** The event that a checkpoint belongs to. */
interface Head {
  seq: number;
  chain: string;
}

/** For whoever opens the journal to write: without the table nothing could be kept. */
export function ensureCheckpointTable(database: DatabaseSync): void {
  if (misshapenTables(database, ["checkpoint"]).length === 0) return;
  database.exec("begin immediate");
  makeTablesAnew(database, ["checkpoint"]);
  database.exec("commit");
}

/** Nothing depends on it: where there is no such table, or one of another shape, there is no checkpoint. */
export function readCheckpoint(database: DatabaseSync): Checkpoint | undefined {
  if (misshapenTables(database, ["checkpoint"]).length > 0) return undefined;
  const row = database.prepare("select checkpoint.*, chain from checkpoint join event using (seq)").get();
  if (row === undefined) return undefined;
  const state = row.state as Uint8Array;
  if (digestOf(row.chain as string, state) !== row.digest) return undefined;
  try {
    const checkpoint = deserialize(state) as Checkpoint;
    return checkpoint.facts.seq === row.seq ? checkpoint : undefined;
  } catch {
    // Of a Node whose format this one does not read.
    return undefined;
  }
}

function digestOf(chain: string, state: Uint8Array): string {
  return hash("sha256", Buffer.concat([Buffer.from(chain), state]), "base64url");
}
