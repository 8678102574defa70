import { endProcesses } from "./ending.ts";
import { findByEnvironment, type LiveProcess, membersOf, newestPid } from "./process-table.ts";
import { ATTEMPT_MARK } from "./reap.ts";

/**
 * All processes of one attempt: the groups of its steps, and those that left their group but carry the attempt's mark.
 */
export class AttemptProcesses {
  readonly #token: string;
  readonly #graceMs: number;
  readonly #groups: number[] = [];
  readonly #hurry = new AbortController();
  readonly #startedAt = performance.now();

  constructor(token: string, graceMs: number) {
    this.#token = token;
    this.#graceMs = graceMs;
  }

  /** `pid` leads a process group of its own. */
  add(pid: number): void {
    this.#groups.push(pid);
  }

  /** From now on everything that is being ended is sent SIGKILL. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Ends one step's group. */
  endGroup(pid: number): Promise<void> {
    return endProcesses({ find: () => membersOf([pid]), graceMs: this.#graceMs, hurry: this.#hurry.signal });
  }

  /** Ends everything but what `keep` names; it is asked at every look, for what is kept may start more. */
  endAll(keep: () => readonly LiveProcess[] = () => []): Promise<void> {
    const find = async () => {
      const living = await this.#living();
      if (living.length === 0) return living;
      const spared = new Set(keep().map((entry) => entry.pid));
      return living.filter((entry) => !spared.has(entry.pid));
    };
    return endProcesses({ find, graceMs: this.#graceMs, hurry: this.#hurry.signal });
  }

  async #living(): Promise<LiveProcess[]> {
    if (this.#groups.length === 0) return [];
    const members = await membersOf(this.#groups);
    const seen = new Set(members.map((entry) => entry.pid));
    const marked = await findByEnvironment({
      name: ATTEMPT_MARK,
      accepts: (value) => value === this.#token,
      above: this.#lowestPid(),
    });
    return [...members, ...marked.filter((entry) => !seen.has(entry.pid))];
  }

  /**
   * Looking at every process of the machine costs more than a short command does. In a short time the system cannot have
   * come round to small process numbers again, unless its newest number is already below ours.
   */
  #lowestPid(): number {
    if (performance.now() - this.#startedAt > SHORT_MS) return 0;
    const first = Math.min(...this.#groups);
    return (newestPid() ?? 0) >= first ? first : 0;
  }
}

const SHORT_MS = 200;
