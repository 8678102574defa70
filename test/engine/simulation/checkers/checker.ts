import type { Ledger } from "../ledger.ts";
import type { Entry } from "../world/trace.ts";

/** One promise of the engine. It sees every entry of the trace in order; the ledger includes the entry. */
export interface Checker {
  readonly name: string;
  /** Returns what is broken, in one sentence. */
  see(entry: Entry, ledger: Ledger): string | undefined;
}
