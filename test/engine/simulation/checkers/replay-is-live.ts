import type { Recorded } from "../../../../src/engine/events.ts";
import { fold } from "../../../../src/engine/fold.ts";
import { emptyState, type State } from "../../../../src/engine/state.ts";
import { snapshot } from "../snapshot.ts";
import type { Checker } from "./checker.ts";

/** The state is what the journal says and nothing else. */
export function replayIsLive(): Checker {
  const journal: Recorded[] = [];
  const replayed: { state: State } = { state: emptyState() };
  return {
    name: "replay is live",
    see(entry) {
      if (entry.kind === "durable") journal.push(entry.recorded);
      if (entry.kind !== "quiet") return undefined;
      // Comparing is dear: now and then, and when everything has come to its end.
      const isOver = [...entry.state.runs.values()].every((run) => run.finished !== undefined);
      if (journal.length < 40 && !isOver) return undefined;
      for (const recorded of journal.splice(0)) replayed.state = fold(replayed.state, recorded);
      const [live, again] = [snapshot(entry.state), snapshot(replayed.state)];
      if (live === again) return undefined;
      let at = 0;
      while (live[at] === again[at]) at += 1;
      return `the state differs from the journal: ${live.slice(at - 60, at + 60)} | ${again.slice(at - 60, at + 60)}`;
    },
  };
}
