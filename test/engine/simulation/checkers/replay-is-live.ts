import type { Recorded } from "../../../../src/engine/events.ts";
import { fold } from "../../../../src/engine/fold.ts";
import { emptyState, type RunState, type State } from "../../../../src/engine/state.ts";
import { snapshot } from "../snapshot.ts";
import type { Checker } from "./checker.ts";

/**
 * A fold that remembers runs as they were when they finished, while the engine's own is told of them by their events when
 * they are retried; and that never begins with a checkpoint.
 */
class Unforgetting {
  readonly state: State = emptyState();
  readonly #finished = new Map<string, RunState>();

  fold(recorded: Recorded): void {
    const { type, run } = recorded.event;
    const ending = type === "run.finished" ? this.state.runs.get(run) : undefined;
    if (type === "run.retry-requested") this.state.runs.set(run, this.#finished.get(run)!);
    fold(this.state, recorded);
    if (ending !== undefined) this.#finished.set(run, ending);
  }
}

/** The state is what the journal says and nothing else. */
export function replayIsLive(): Checker {
  const journal: Recorded[] = [];
  const replayed = new Unforgetting();
  return {
    name: "replay is live",
    see(entry) {
      if (entry.kind === "durable") journal.push(entry.recorded);
      if (entry.kind !== "quiet") return undefined;
      // Comparing is dear: now and then, and when everything has come to its end.
      const isOver = [...entry.state.runs.values()].every((run) => run.finished !== undefined);
      if (journal.length < 40 && !isOver) return undefined;
      for (const recorded of journal.splice(0)) replayed.fold(recorded);
      const [live, again] = [snapshot(entry.state), snapshot(replayed.state)];
      if (live === again) return undefined;
      let at = 0;
      while (live[at] === again[at]) at += 1;
      return `the state differs from the journal: ${live.slice(at - 60, at + 60)} | ${again.slice(at - 60, at + 60)}`;
    },
  };
}
