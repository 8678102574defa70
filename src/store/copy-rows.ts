import { chainOf } from "./chain.ts";
import { eventOf } from "./event-rows.ts";
import type { JournalRows, JournalRowsWriter } from "./journal-rows.ts";
import { damagedJournal, StoreError } from "./store-error.ts";

export interface CopiedRows {
  /** The newest event in both of them now, 0 before the first. */
  seq: number;
  /** How many the other one lacked. */
  events: number;
}

/**
 * Brings a journal to where another one is: the events that it lacks, byte for byte and all or none of them. Each is verified on
 * the way, so that damage is not carried on. @throws {StoreError} when they are not one history, the copy is ahead, or one is damaged
 */
export async function copyRows(from: JournalRows, to: JournalRowsWriter): Promise<CopiedRows> {
  const begun = await to.head();
  await requireOneHistory(from, to);
  let { seq, chain } = begun;
  let events = 0;
  for await (const rows of from.rowsBehind(seq)) {
    for (const row of rows) {
      if (chainOf(chain, row) !== row.chain) {
        throw damagedJournal(from.place, `event ${row.seq} is not what was written, or one before it is missing`);
      }
      eventOf(row, from.place);
      ({ seq, chain } = row);
    }
    await to.append(rows);
    events += rows.length;
  }
  await to.commit();
  return { seq, events };
}

async function requireOneHistory(from: JournalRows, to: JournalRows): Promise<void> {
  const [source, copy] = [await from.head(), await to.head()];
  if (copy.seq > source.seq) {
    throw new StoreError(
      "newer-copy",
      `${to.place} goes on to event ${copy.seq}, and ${from.place} ends with event ${source.seq}. Nothing was changed. ` +
        "Copy the other way, or put back the newer one.",
    );
  }
  if (copy.seq === 0 || (await from.chainAt(copy.seq)) === copy.chain) return;
  throw new StoreError(
    "other-history",
    `${to.place} and ${from.place} are not one history: their event ${copy.seq} is not the same one. Nothing was changed. ` +
      "Name another delivery for it, or another place.",
  );
}
