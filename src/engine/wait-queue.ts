/**
 * A queue: first come, first served, and whoever comes back (a retry, an interrupted attempt) stands before those
 * who never had a turn. Everything is constant time; an entry is kept so that one may leave from the middle.
 */
export interface QueueEntry<T> {
  readonly value: T;
  readonly part: Part<T>;
  before: QueueEntry<T> | undefined;
  behind: QueueEntry<T> | undefined;
}

interface Part<T> {
  first: QueueEntry<T> | undefined;
  last: QueueEntry<T> | undefined;
}

export class WaitQueue<T> {
  size = 0;
  readonly #returning: Part<T> = { first: undefined, last: undefined };
  readonly #new: Part<T> = { first: undefined, last: undefined };

  join(value: T): QueueEntry<T> {
    return this.#append(this.#new, value);
  }

  joinReturning(value: T): QueueEntry<T> {
    return this.#append(this.#returning, value);
  }

  first(): T | undefined {
    return (this.#returning.first ?? this.#new.first)?.value;
  }

  leave(entry: QueueEntry<T>): void {
    const { before, behind, part } = entry;
    if (before === undefined) part.first = behind;
    else before.behind = behind;
    if (behind === undefined) part.last = before;
    else behind.before = before;
    entry.before = undefined;
    entry.behind = undefined;
    this.size -= 1;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let entry = this.#returning.first; entry !== undefined; entry = entry.behind) yield entry.value;
    for (let entry = this.#new.first; entry !== undefined; entry = entry.behind) yield entry.value;
  }

  /** Everybody in the order of the queue, those who came back apart. */
  parts(): { returning: T[]; fresh: T[] } {
    return { returning: valuesOf(this.#returning), fresh: valuesOf(this.#new) };
  }

  #append(part: Part<T>, value: T): QueueEntry<T> {
    const entry: QueueEntry<T> = { value, part, before: part.last, behind: undefined };
    if (part.last === undefined) part.first = entry;
    else part.last.behind = entry;
    part.last = entry;
    this.size += 1;
    return entry;
  }
}

function valuesOf<T>(part: Part<T>): T[] {
  const values: T[] = [];
  for (let entry = part.first; entry !== undefined; entry = entry.behind) values.push(entry.value);
  return values;
}
