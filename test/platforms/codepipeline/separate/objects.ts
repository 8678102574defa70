/** A bucket that keeps versions, as far as the function of separate pipelines sees it: when each object was written, and what is marked. */
export class Objects extends Map<string, string> {
  /** By key: version and time of what is there now, in milliseconds. */
  readonly #written = new Map<string, { readonly version: string; readonly at: number }>();
  /** `KEY VERSION`. */
  readonly #marked = new Set<string>();
  readonly #now: () => number;
  #count = 0;

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  override set(key: string, text: string): this {
    this.#written.set(key, { version: String(++this.#count), at: this.#now() });
    return super.set(key, text);
  }

  versions(prefix: string): { key: string; version: string; at: number }[] {
    const keys = [...this.keys()].filter((key) => key.startsWith(prefix)).sort();
    return keys.map((key) => ({ key, ...this.#written.get(key)! }));
  }

  mark(key: string, version: string): void {
    this.#marked.add(`${key} ${version}`);
  }

  unmark(key: string): void {
    const written = this.#written.get(key);
    if (written) this.#marked.delete(`${key} ${written.version}`);
  }

  isMarked(key: string): boolean {
    return this.#marked.has(`${key} ${this.#written.get(key)?.version}`);
  }

  /** The lifecycle: what is marked, and a day old, goes. */
  expire(): string[] {
    const old = this.versions("").filter(({ key, at }) => this.isMarked(key) && at <= this.#now() - 24 * 3_600_000);
    for (const { key } of old) this.delete(key);
    return old.map(({ key }) => key);
  }
}
