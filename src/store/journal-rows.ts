import type { ChainedRow } from "./event-rows.ts";

/** The newest event of a journal and its checksum; 0 and "" before the first. */
export interface Head {
  seq: number;
  chain: string;
}

/** How many rows are read at once, and of how many bytes in all: the row that goes past these is the last. */
export const atATime = 500;
export const mostBytes = 16 * 1024 * 1024;

/** The rows of a journal, wherever they lie. Everything rejects with a `StoreError`. */
export interface JournalRows {
  /** Where they lie, for what is said to people. */
  readonly place: string;
  head(): Promise<Head>;
  /** The rows behind this one in order, in batches; none of what is not committed. */
  rowsBehind(seq: number): AsyncGenerator<readonly ChainedRow[]>;
  /** The checksum of this event; undefined when there is none. */
  chainAt(seq: number): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Held by one at a time. A writer whose place somebody else has taken is refused, in the transaction in which it would write. */
export interface JournalRowsWriter extends JournalRows {
  /** Adds these, of which the first is right behind `head`. Nobody sees them before they are committed. */
  append(rows: readonly ChainedRow[]): Promise<void>;
  /** All that was appended is durable when it resolves. What is not committed when the writer goes was never there. */
  commit(): Promise<void>;
}
