import { setTimeout } from "node:timers/promises";
import type { Place } from "../project.ts";
import type { Recorded } from "../views/events.ts";
import { openJournal } from "./journal.ts";

const lookEveryMs = 150;

/** Everything that anybody writes to the journal, also of a state folder that is not there yet, until the signal. */
export async function* watchJournal(
  { project }: Place,
  { after, signal }: { after: number; signal: AbortSignal },
): AsyncGenerator<Recorded> {
  let seen = after;
  while (!signal.aborted) {
    using journal = openJournal(project);
    for (; journal !== undefined && !signal.aborted; await pause(signal)) {
      for (const recorded of journal.loadBehind(seen)) {
        yield recorded;
        seen = recorded.seq;
      }
    }
    await pause(signal);
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await setTimeout(lookEveryMs, undefined, { signal }).catch(() => {});
}
