import { hash } from "node:crypto";

/** What the first event of a journal is chained to. */
export const chainStart = "";

/** An event as it is stored; `body` is its JSON, byte for byte. */
export interface StoredRow {
  seq: number;
  at: number;
  version: number;
  run: string;
  type: string;
  body: string;
}

/**
 * The checksum of an event: over the checksum of the row before it and everything that is stored of the event itself. A
 * byte that changes, a row that goes away and a row that is put in between break the chain at that place and nowhere else.
 */
export function chainOf(before: string, { seq, at, version, run, type, body }: StoredRow): string {
  return hash("sha256", `${JSON.stringify([before, seq, at, version, run, type])}\n${body}`, "base64url");
}
