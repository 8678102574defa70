import type { Elsewhere, Ended, Launch, Ports, Runner } from "../src/engine/ports.ts";
import type { StoreHandle } from "../src/store/store.ts";

/** Every job succeeds at once and nothing is executed: what is left is Baton's own work. */
export class InstantRunner implements Runner {
  #listener: (ended: Ended) => void = () => {};
  /** After so many jobs nothing reports any more, as if Baton had been cut off. */
  #left: number;

  constructor({ jobs }: { jobs: number }) {
    this.#left = jobs;
  }

  start({ token }: Launch): void {
    if (this.#left-- <= 0) return;
    setImmediate(() =>
      this.#listener({ token, durationMs: 1, result: { kind: "succeeded", outputs: {}, artifacts: {} } }),
    );
  }

  onEnded(listener: (ended: Ended) => void): void {
    this.#listener = listener;
  }

  stop(): void {}

  leave(): void {}

  async reap(): Promise<Elsewhere> {
    return new Map();
  }
}

let tokens = 0;

export function instantPorts(ports: { store: StoreHandle; jobs: number }): Ports {
  let runs = 0;
  return {
    store: ports.store,
    runner: new InstantRunner(ports),
    clock: { now: () => Date.now(), elapsed: () => performance.now(), wakeAfter: () => () => {} },
    lease: ports.store.lease,
    ids: { run: () => `r${++runs}`, token: () => `token-${(++tokens).toString().padStart(26, "0")}` },
  };
}
