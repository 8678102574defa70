import type { DatabaseSync } from "node:sqlite";
import type { Recorded } from "../engine/events.ts";
import { knownVersion, NewerEvent, upcast } from "../engine/upcast.ts";
import { chainOf, chainStart, type StoredRow } from "./chain.ts";
import { damagedJournal, StoreError } from "./store-error.ts";

export type ChainedRow = StoredRow & { chain: string };

/** Which rows: those for which `where` holds, with these values; from `first` on. */
export interface Wanted {
  where?: string;
  values?: (number | string)[];
  first?: number;
}

/** What is wrong with a row, in words that follow "event 7". */
export type Flaw = "is missing" | "is not what was written";

export interface ReadRow {
  row: ChainedRow;
  flaw?: Flaw;
}

const atATime = 500;

/**
 * Rows in their order, each with what is wrong with it. They come in batches: a cursor that stays open would keep the
 * write-ahead log from being cut back. The first is a batch of its own, as many ask only how a run began.
 */
export function* rowsOf(database: DatabaseSync, wanted: Wanted): Generator<ReadRow> {
  const { where = "true", values = [], first = 1 } = wanted;
  const batch = database.prepare(
    `select seq, at, version, run, type, chain, body from event where seq > ? and ${where} order by seq limit ?`,
  );
  batch.setReturnArrays(true);
  const before = database.prepare("select seq, chain from event where seq < ? order by seq desc limit 1");
  let last = { seq: first - 1, chain: undefined as string | undefined };
  for (let most = 1; ; most = atATime) {
    const rows = batch.all(last.seq, ...values, most) as unknown as Fields[];
    for (const [seq, at, version, run, type, chain, body] of rows) {
      const row = { seq, at, version, run, type, chain, body };
      const adjoins = last.chain !== undefined && last.seq === seq - 1;
      const previous = adjoins ? last : (before.get(seq) as { seq: number; chain: string } | undefined);
      const isWhole = chainOf(previous?.chain ?? chainStart, row) === chain;
      if (isWhole) yield { row };
      else yield { row, flaw: (previous?.seq ?? 0) < seq - 1 ? "is missing" : "is not what was written" };
      last = { seq, chain };
    }
    if (rows.length < most) return;
  }
}

type Fields = [seq: number, at: number, version: number, run: string, type: string, chain: string, body: string];

/** The events of these rows. @throws {StoreError} at the first one that is damaged or of a newer Baton */
export function* eventsOf(rows: Iterable<ReadRow>, { path }: { path: string }): Generator<Recorded> {
  for (const { row, flaw } of rows) {
    if (flaw) throw damagedRow(row, flaw, path);
    yield eventOf(row, path);
  }
}

/** That these rows are what was written, by a Baton whose events this one knows, without reading what they say. @throws {StoreError} */
export function requireWhole(rows: Iterable<ReadRow>, { path }: { path: string }): void {
  for (const { row, flaw } of rows) {
    if (flaw) throw damagedRow(row, flaw, path);
    unlessNewer(path, () => knownVersion(row));
  }
}

/** @throws {StoreError} */
export function eventOf(row: StoredRow, path: string): Recorded {
  let body: unknown;
  try {
    body = JSON.parse(row.body);
  } catch (error) {
    throw damagedJournal(path, `event ${row.seq} (${row.type}, run ${row.run}) cannot be read`, error);
  }
  return unlessNewer(path, () => upcast({ ...row, body }));
}

function damagedRow({ seq, type, run }: StoredRow, flaw: Flaw, path: string): StoreError {
  const what = flaw === "is missing" ? `event ${seq - 1}` : `event ${seq} (${type}, run ${run})`;
  return damagedJournal(path, `${what} ${flaw}`);
}

function unlessNewer<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NewerEvent)) throw error;
    throw new StoreError(
      "newer-version",
      `${path} was written by a newer Baton: ${error.message}. Nothing was changed. Use the newer Baton.`,
    );
  }
}
