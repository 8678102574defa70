import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { takeFileLock } from "../store/file-lock.ts";
import { openStoreForReading, type ReadingHandle } from "../store/store.ts";
import { post } from "./channels/channels.ts";
import { Ledger } from "./ledger.ts";
import { Outbox } from "./outbox.ts";
import { type Telling, tell, tellGivenUp } from "./tell.ts";

export interface TellerOptions extends Pick<Telling, "secrets" | "details"> {
  stateFolder: string;
}

/** Tells people what happens while something else is done. */
export interface Teller {
  /** Tells what there is left, for as long at most, and lets go. What is not told then is told by the next one. */
  stop(ask: { withinMs: number }): Promise<void>;
}

const lookEveryMs = 250;
const lockLookMs = 20;
/** What cannot be noted now cannot be noted in a moment either. */
const restMs = 5_000;

/** Begins at once. What goes wrong here is nobody's trouble: it stands in the ledger, or is tried again. */
export function startTeller(options: TellerOptions): Teller {
  const stopping = new AbortController();
  const over = new AbortController();
  const rounds = new Rounds(options, over.signal);
  const working = goOn();
  return {
    async stop({ withinMs }) {
      const cut = setTimeout(() => over.abort(), withinMs);
      stopping.abort();
      await working;
      clearTimeout(cut);
      rounds.close();
    },
  };

  async function goOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      await rounds.next({ isLast: false });
      await pause(lookEveryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
    // Whoever else is telling just now may have looked before what happened last.
    while (!over.signal.aborted && !(await rounds.next({ isLast: true }))) await pause(lockLookMs);
  }
}

/** Sends again what was given up, and then everything that is left. Undefined: somebody else is telling all the time. */
export async function sendAgain(
  options: TellerOptions,
  { target, signal }: { target?: string | undefined; signal: AbortSignal },
): Promise<{ delivered: number } | undefined> {
  const rounds = new Rounds(options, signal);
  try {
    while (!signal.aborted) {
      const done = await rounds.again(target);
      if (done !== undefined) return done;
      await pause(lockLookMs);
    }
    return undefined;
  } finally {
    rounds.close();
  }
}

/** One process at a time tells: the operating system's lock goes with whoever is killed. */
class Rounds {
  readonly #options: TellerOptions;
  readonly #signal: AbortSignal;
  readonly #looked = new Map<string, number>();
  #journal: ReadingHandle | undefined;
  #ledger: Ledger | undefined;
  #seen = -1;
  #dueAt = 0;
  #restsUntil = 0;

  constructor(options: TellerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** Whether this process had its turn, or there is nothing to do. */
  async next({ isLast }: { isLast: boolean }): Promise<boolean> {
    if (!isLast && performance.now() < this.#restsUntil) return false;
    try {
      const newest = this.#opened().newestSeq();
      if (newest === this.#seen && Date.now() < this.#dueAt) return true;
      const isUpToDate = await this.#alone(async (telling) => {
        const isMore = await this.#told(telling);
        this.#seen = isMore ? -1 : newest;
        this.#dueAt = Math.min(...telling.ledger.targets().map(({ nextAt }) => nextAt ?? Number.MAX_SAFE_INTEGER));
        return !isMore;
      });
      return isUpToDate ?? false;
    } catch {
      // The journal is damaged or not there yet: whoever reads it says so. A last round is not tried for ever.
      return isLast;
    }
  }

  async #told(telling: Telling): Promise<boolean> {
    try {
      return await tell(telling);
    } catch (error) {
      this.#restsUntil = performance.now() + restMs;
      throw error;
    }
  }

  async again(target: string | undefined): Promise<{ delivered: number } | undefined> {
    return await this.#alone(async (telling) => {
      const { delivered } = await tellGivenUp(telling, target);
      while (!this.#signal.aborted && (await tell(telling)));
      return { delivered };
    });
  }

  close(): void {
    this.#journal?.close();
    this.#ledger?.close();
  }

  #opened(): ReadingHandle {
    this.#journal ??= openStoreForReading(this.#options.stateFolder);
    return this.#journal;
  }

  async #alone<T>(work: (telling: Telling) => Promise<T>): Promise<T | undefined> {
    const { stateFolder, secrets, details } = this.#options;
    const journal = this.#opened();
    const lock = takeFileLock(join(stateFolder, "telling.db"), 0);
    if (lock === undefined) return undefined;
    try {
      this.#ledger ??= Ledger.open(stateFolder);
      return await work({
        outbox: new Outbox(journal),
        ledger: this.#ledger,
        post,
        secrets,
        details,
        now: Date.now,
        signal: this.#signal,
        looked: this.#looked,
      });
    } finally {
      lock.release();
    }
  }
}
