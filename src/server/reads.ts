import type { Asked } from "../control/control.ts";
import type { Feed } from "./feed.ts";
import type { Envelope } from "./wire/envelope.ts";

const freshMs = 1000;
/** Of what takes seconds, and changes with files that somebody writes. */
const filesFreshMs = 30_000;
const mostKept = 200;

interface Kept {
  asOf: number;
  at: number;
  answer: Promise<Asked<unknown>>;
}

/**
 * Asks the host once for everybody who wants to know the same at the same moment: two hundred viewers of one page cost as
 * much as one. An answer counts until something happens, and for a second, because durations go on.
 */
export class Reads {
  readonly #feed: Feed;
  readonly #kept = new Map<string, Kept>();
  /** `until`: when it counts no more; nobody asks again while it is being answered. */
  readonly #ofFiles = new Map<string, { answer: Promise<Asked<unknown>>; until: number }>();

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  async read<View>(key: string, ask: () => Promise<Asked<View>>): Promise<Asked<Envelope<View>>> {
    const { asOf, at, answer } = this.#current(key) ?? this.#keep(key, ask);
    const given = (await answer) as Asked<View>;
    return given.ok ? { ok: true, value: { version: 1, asOf, at, view: given.value } } : given;
  }

  /** The same for what takes seconds: asked anew every half minute at most, whatever happens in the journal. */
  async readFiles<View>(key: string, ask: () => Promise<Asked<View>>): Promise<Asked<Envelope<View>>> {
    let kept = this.#ofFiles.get(key);
    if (kept === undefined || Date.now() >= kept.until) {
      const fresh = { answer: ask(), until: Number.POSITIVE_INFINITY };
      const settled = () => {
        fresh.until = Date.now() + filesFreshMs;
      };
      fresh.answer.then(settled, settled);
      kept = fresh;
      this.#ofFiles.set(key, kept);
    }
    const given = (await kept.answer) as Asked<View>;
    return given.ok
      ? { ok: true, value: { version: 1, asOf: this.#feed.seq, at: Date.now(), view: given.value } }
      : given;
  }

  /** Somebody has changed something here: nothing that was answered before counts any more. */
  forget(): void {
    this.#kept.clear();
  }

  #current(key: string): Kept | undefined {
    const kept = this.#kept.get(key);
    return kept !== undefined && kept.asOf === this.#feed.seq && Date.now() - kept.at < freshMs ? kept : undefined;
  }

  #keep(key: string, ask: () => Promise<Asked<unknown>>): Kept {
    const kept: Kept = { asOf: this.#feed.seq, at: Date.now(), answer: ask() };
    kept.answer.catch(() => this.#kept.delete(key));
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size > mostKept) this.#kept.delete(this.#kept.keys().next().value!);
    return kept;
  }
}
