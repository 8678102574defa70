import type { JobId } from "../plan/plan.ts";
import type { RunId } from "./events.ts";
import type { Elsewhere, Ports } from "./ports.ts";
import type { JobState, RunState, State } from "./state.ts";

export interface OrphansOptions extends Pick<Ports, "lease" | "runner"> {
  /** To be read. */
  state: State;
  /** Has it judged in the next turn; resolves when what it recorded is durable. */
  ask<T>(act: () => T): Promise<T>;
  /** @throws when nothing may be done any more */
  refuseUnlessRunning(): void;
}

/** An attempt that was cut off when its Baton went; its job starts again. */
export interface Interrupted {
  run: RunId;
  job: JobId;
}

/** Runs whose owner is gone, and what it left running. */
export class Orphans {
  readonly #options: OrphansOptions;

  constructor(options: OrphansOptions) {
    this.#options = options;
  }

  /** Whether nobody goes on with this run though it has not finished. */
  has(id: RunId): boolean {
    const { state, lease } = this.#options;
    const run = state.runs.get(id);
    if (run === undefined || run.finished !== undefined) return false;
    return run.owner === undefined || (run.owner !== lease.mine && !lease.isAlive(run.owner));
  }

  /**
   * Ends what the owners of these runs left running, if they are gone, and has `act` judged in a turn in which nothing of
   * them runs. A process is known by its attempt's token, so nothing of a later owner is ever touched. With `adopts`, what
   * runs on other machines goes on: `act` learns of which attempts, and of those that were ended there.
   */
  async afterReaping<T>(
    runs: readonly RunId[],
    act: (orphans: ReadonlySet<RunId>, elsewhere: Elsewhere) => T,
    { adopts = false }: { adopts?: boolean } = {},
  ): Promise<T> {
    const { state, runner, ask, refuseUnlessRunning } = this.#options;
    const reaped = new Set<string>();
    const elsewhere = new Map<string, "goes-on" | "ended">();
    for (;;) {
      refuseUnlessRunning();
      // As they are now: the jobs may be at another attempt, and the runs at another owner, when these have been ended.
      const orphans = this.#among(runs);
      const left = leftOf(orphans, attemptsOf(state, orphans));
      if (left.some((name) => !reaped.has(name))) {
        const tokens = attemptsOf(state, orphans).map(({ token }) => token!);
        const left = { tokens, runs: [...orphans].map(({ id }) => id), ...(adopts && { adopts: true as const }) };
        for (const [token, what] of await runner.reap(left)) elsewhere.set(token, what);
      }
      for (const name of left) reaped.add(name);
      const outcome = await ask(() => {
        const orphans = this.#among(runs);
        // Others may have written in the meantime, or are gone only now.
        if (!leftOf(orphans, attemptsOf(state, orphans)).every((name) => reaped.has(name))) return undefined;
        return { value: act(new Set([...orphans].map(({ id }) => id)), elsewhere) };
      });
      if (outcome !== undefined) return outcome.value;
    }
  }

  #among(runs: readonly RunId[]): Set<RunState> {
    return new Set(runs.flatMap((run) => (this.has(run) ? this.#options.state.runs.get(run)! : [])));
  }
}

/** What is running of these runs, as far as the journal knows. */
export function attemptsOf(state: State, runs: ReadonlySet<RunState>): JobState[] {
  if (runs.size === 0) return [];
  return [...state.attempts.values()].filter(({ run }) => runs.has(state.runs.get(run)!));
}

/** What may have been left running of these: attempts by their tokens, and each run's that its last owner did not live to record. */
function leftOf(runs: ReadonlySet<RunState>, attempts: readonly JobState[]): string[] {
  return [...[...runs].map(({ id, owner }) => `${id} of ${owner}`), ...attempts.map(({ token }) => token!)];
}
