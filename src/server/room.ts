/** What goes on at the same time: how many runs there are, and how many of them wait for a person, a window or the end of a freeze. */
export interface Occupant {
  readonly size: number;
  /** Those that do something. */
  readonly active: number;
}

/** Runs that do something; and with those that wait. */
const mostActive = 50;
const mostUnderway = 500;

/** The runs that one server makes go on, of all that it serves: its machine is one. */
export class Room {
  readonly #occupants: Occupant[] = [];

  add(occupant: Occupant): void {
    this.#occupants.push(occupant);
  }

  get isFull(): boolean {
    const sum = (of: (occupant: Occupant) => number) => this.#occupants.reduce((all, one) => all + of(one), 0);
    const all = sum(({ size }) => size);
    return all >= mostActive && (all >= mostUnderway || sum(({ active }) => active) >= mostActive);
  }
}
