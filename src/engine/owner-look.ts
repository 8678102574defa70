import { blockersOf } from "./blockers.ts";
import type { RunId } from "./events.ts";
import type { Ports } from "./ports.ts";
import type { State } from "./state.ts";

/** How often somebody who is held up looks whether the one who holds it up is still there. */
const lookForOwnersMs = 1000;

export interface OwnerLookOptions {
  ports: Pick<Ports, "clock" | "lease">;
  /** To be read. */
  state: State;
  isRunning(): boolean;
  isOrphan(run: RunId): boolean;
  suspend(run: RunId, because: string): Promise<void>;
}

/** Nobody tells when a session has gone, so whoever is held up by another one looks, at once and then now and then. */
export class OwnerLook {
  readonly #options: OwnerLookOptions;
  #cancel: (() => void) | undefined;

  constructor(options: OwnerLookOptions) {
    this.#options = options;
  }

  look(afterMs: number): void {
    if (this.#cancel !== undefined || this.#isAlone() || this.#blockers().size === 0) return;
    this.#cancel = this.#options.ports.clock.wakeAfter(afterMs, () => {
      void this.#suspendBlockers().finally(() => {
        this.#cancel = undefined;
        if (this.#options.isRunning()) this.look(lookForOwnersMs);
      });
    });
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #blockers(): Map<RunId, string> {
    return blockersOf(this.#options.state, this.#options.ports.lease.mine);
  }

  #isAlone(): boolean {
    const { state, ports } = this.#options;
    for (const run of state.open) if (state.runs.get(run)?.owner !== ports.lease.mine) return false;
    return true;
  }

  async #suspendBlockers(): Promise<void> {
    for (const [run, held] of this.#blockers()) {
      if (!this.#options.isOrphan(run)) continue;
      // Somebody else was faster, or what it left cannot be ended: then it is looked at again.
      await this.#options.suspend(run, `its Baton is gone, and ${held}`).catch(() => {});
    }
  }
}
