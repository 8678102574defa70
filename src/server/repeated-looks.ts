import { setTimeout as pause } from "node:timers/promises";

export interface RepeatedLooksOptions {
  /** Looks at what is due now. Never throws. */
  look(): Promise<void>;
  /** Between two looks, in milliseconds. */
  everyMs: number;
}

/** What is not waited for any longer at the end, e.g. a remote that does not answer. */
const closeMs = 5_000;

/** What a server does by itself: it looks again and again whether something is due, one look after the other, until it is closed. */
export class RepeatedLooks {
  readonly #options: RepeatedLooksOptions;
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;

  constructor(options: RepeatedLooksOptions) {
    this.#options = options;
  }

  /** Of the end: a look that is under way heeds it. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** `ready`: what is more urgent than the first look is done, or has failed, which is told by whoever did it. */
  begin(ready: Promise<void> = Promise.resolve()): void {
    const again = () => this.#again();
    this.#working = ready.then(again, again);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.race([this.#working, pause(closeMs, undefined, { ref: false })]);
  }

  async #again(): Promise<void> {
    const { look, everyMs } = this.#options;
    while (!this.signal.aborted) {
      await look();
      await pause(everyMs, undefined, { signal: this.signal, ref: false }).catch(() => {});
    }
  }
}
