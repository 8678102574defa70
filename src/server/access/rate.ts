/** Counts in windows of a minute, by who asks. Bounded: whoever asks under ever new names only makes old counts go. */
export class Rate {
  readonly #most: number;
  readonly #counts = new Map<string, { count: number; until: number }>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more. How long to wait in milliseconds when it was too many; 0 when it was not. */
  take(who: string, now: number): number {
    const known = this.#counts.get(who);
    if (known !== undefined && known.until > now) {
      known.count += 1;
      return known.count > this.#most ? known.until - now : 0;
    }
    this.#counts.delete(who);
    this.#counts.set(who, { count: 1, until: now + windowMs });
    if (this.#counts.size > mostKept) this.#counts.delete(this.#counts.keys().next().value!);
    return 0;
  }
}

const windowMs = 60_000;
const mostKept = 10_000;
