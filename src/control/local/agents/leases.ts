import type { Clock } from "../../../engine/ports.ts";
import type { HandedOut, Holder } from "../../../store/attempt-table.ts";

interface Lease {
  holder: Holder;
  /** On the clock that is never set. */
  until: number;
  attempt: HandedOut;
  /** Its holder has named it, so it was begun there: it is never given again. */
  hasArrived: boolean;
}

/** Who runs what, and until when nobody else may. What is here is as long-lived as this server: the table says what is true. */
export class Leases {
  readonly #running = new Map<string, Lease>();
  readonly #clock: Clock;
  readonly #leaseMs: number;

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  begin(attempt: HandedOut): void {
    const { token } = attempt.launch;
    this.#running.set(token, { holder: attempt.holder!, until: this.#from(attempt), attempt, hasArrived: false });
  }

  end(token: string): void {
    this.#running.delete(token);
  }

  isRunning(token: string): boolean {
    return this.#running.has(token);
  }

  /** What this agent runs, while it does; undefined when it is not its own, or not any more. */
  attempt(token: string, holder: Holder): HandedOut | undefined {
    const lease = this.#running.get(token);
    return lease !== undefined && isSame(lease.holder, holder) ? lease.attempt : undefined;
  }

  /** A whole lease anew, of what is its own. */
  renew(token: string, holder: Holder): void {
    const lease = this.#running.get(token);
    if (lease !== undefined && isSame(lease.holder, holder)) lease.until = this.#from(lease.attempt);
  }

  /** Its holder says that it has it. */
  arrives(token: string, holder: Holder): void {
    const lease = this.#running.get(token);
    if (lease === undefined || !isSame(lease.holder, holder)) return;
    lease.hasArrived = true;
    this.renew(token, holder);
  }

  /** What it was given and has never named: the answer may have been lost on its way. */
  onTheirWay(holder: Holder): HandedOut[] {
    return this.of(holder).filter(({ launch: { token } }) => !this.#running.get(token)!.hasArrived);
  }

  of(holder: Holder): HandedOut[] {
    return this.all().flatMap(({ holder: its, attempt }) => (isSame(its, holder) ? [attempt] : []));
  }

  all(): { holder: Holder; attempt: HandedOut }[] {
    return [...this.#running.values()];
  }

  /** Those of which nobody has spoken for a whole lease, and how long that is. */
  overdue(): { holder: Holder; attempt: HandedOut; leaseMs: number }[] {
    const now = this.#clock.elapsed();
    return [...this.#running.values()].flatMap(({ holder, until, attempt }) =>
      until > now ? [] : [{ holder, attempt, leaseMs: this.#leaseOf(attempt) }],
    );
  }

  #from(attempt: HandedOut): number {
    return this.#clock.elapsed() + this.#leaseOf(attempt);
  }

  /** It may have been taken when leases were longer, and its holder may not have heard of the change. */
  #leaseOf({ leaseMs = 0 }: HandedOut): number {
    return Math.max(leaseMs, this.#leaseMs);
  }
}

export const isSame = (one: Holder, other: Holder) => one.agent === other.agent && one.credential === other.credential;
