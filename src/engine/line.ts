/**
 * People in line: first come, first served, and whoever comes back (a retry, an interrupted attempt) stands before those
 * who never had a turn. Everything is constant time; a place is kept so that one may leave from the middle.
 */
export interface Place<T> {
  readonly value: T;
  readonly part: Part<T>;
  before: Place<T> | undefined;
  behind: Place<T> | undefined;
}

interface Part<T> {
  first: Place<T> | undefined;
  last: Place<T> | undefined;
}

export class Line<T> {
  size = 0;
  readonly #again: Part<T> = { first: undefined, last: undefined };
  readonly #new: Part<T> = { first: undefined, last: undefined };

  join(value: T): Place<T> {
    return this.#append(this.#new, value);
  }

  joinAgain(value: T): Place<T> {
    return this.#append(this.#again, value);
  }

  first(): T | undefined {
    return (this.#again.first ?? this.#new.first)?.value;
  }

  leave(place: Place<T>): void {
    const { before, behind, part } = place;
    if (before === undefined) part.first = behind;
    else before.behind = behind;
    if (behind === undefined) part.last = before;
    else behind.before = before;
    place.before = undefined;
    place.behind = undefined;
    this.size -= 1;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let place = this.#again.first; place !== undefined; place = place.behind) yield place.value;
    for (let place = this.#new.first; place !== undefined; place = place.behind) yield place.value;
  }

  #append(part: Part<T>, value: T): Place<T> {
    const place: Place<T> = { value, part, before: part.last, behind: undefined };
    if (part.last === undefined) part.first = place;
    else part.last.behind = place;
    part.last = place;
    this.size += 1;
    return place;
  }
}
