import { uptime } from "node:os";

/** After so much of a lease without an answer an agent gives up what it has: the server waits the whole of it. */
const fencedAt = 0.7;

/**
 * For how long the server has not been heard of, counted from when what it answered was asked: a clock that nobody sets, and
 * one that goes on while the machine sleeps.
 */
export class Contact {
  #at = now();
  leaseMs = 0;

  /** When a question is asked; to be given to `answered`. */
  readonly asks = now;

  answered(askedAt: AskedAt, leaseMs: number): void {
    this.leaseMs = leaseMs;
    if (askedAt.elapsed > this.#at.elapsed) this.#at = askedAt;
  }

  /** Whether somebody else may soon have what this agent has. `since`: another moment than the last that was answered. */
  isLost(since: AskedAt = this.#at): boolean {
    const { elapsed, up } = now();
    const silentMs = Math.max(elapsed - since.elapsed, up - since.up - upResolutionMs);
    return this.leaseMs > 0 && silentMs > this.leaseMs * fencedAt;
  }
}

export interface AskedAt {
  elapsed: number;
  up: number;
}

const upResolutionMs = 1_000;

function now(): AskedAt {
  return { elapsed: performance.now(), up: uptime() * 1000 };
}
