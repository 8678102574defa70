import { chainOf, chainStart } from "../../../src/store/chain.ts";
import type { ChainedRow } from "../../../src/store/event-rows.ts";
import type { Head } from "../../../src/store/journal-rows.ts";
import { created } from "../events.ts";

/** The rows of a journal, whose texts hold all that is hard to keep. */
export function* journal(
  events: number,
  before: Head = { seq: 0, chain: chainStart },
  padding = 0,
): Generator<ChainedRow> {
  let { seq, chain } = before;
  for (let n = 0; n < events; n++) {
    seq++;
    const event = { ...created(`r${seq}`, seq), text: `é 👩‍🚀 \u0000 \ud800 \\ ' $1 ${seq}${"x".repeat(padding)}` };
    const { run, type } = event;
    const row = { seq, at: 1_700_000_000_000 + seq, version: 1, run, type, body: JSON.stringify(event) };
    chain = chainOf(chain, row);
    yield { ...row, chain };
  }
}
