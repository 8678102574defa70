import {
  ancestorsOfBaton,
  findByEnvironment,
  findProcess,
  findWriters,
  isOlderThan,
  type LiveProcess,
  membersOf,
  newestPid,
  programOf,
} from "./process-table.ts";
import { ATTEMPT_MARK } from "./reap.ts";
import { familyOf } from "./services.ts";
import { endProcesses, type NamedProcess } from "./terminate.ts";

/** Who could still write to an output of an attempt when its other processes were gone. */
export interface Writers {
  /** They were ended, with what they had started. */
  ended: NamedProcess[];
  /** They were there before the attempt and are not its own. */
  strangers: NamedProcess[];
}

/**
 * All processes of one attempt: the groups of its steps, and those that left their group but carry the attempt's mark. They are
 * looked for among all processes of the machine, and only when it is not known that there are none.
 */
export class AttemptProcesses {
  readonly #token: string;
  readonly #graceMs: number;
  #groups: number[] = [];
  #maybeMore = false;
  readonly #hurry = new AbortController();
  readonly #startedAt = performance.now();
  /** Those that were asked to end, did not, and were killed after the grace time. */
  readonly killed: NamedProcess[] = [];

  constructor(token: string, graceMs: number) {
    this.#token = token;
    this.#graceMs = graceMs;
  }

  /** `pid` leads a process group of its own. */
  add(pid: number): void {
    this.#groups.push(pid);
  }

  /** Something may have been started, and nobody is left who would know. */
  mayHaveMore(): void {
    this.#maybeMore = true;
  }

  /** Of what this process started, and of itself, nothing is there any more. */
  hasEnded(pid: number): void {
    this.#groups = this.#groups.filter((group) => group !== pid);
  }

  /** From now on everything that is being ended is sent SIGKILL. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Ends one step's group. */
  endGroup(pid: number): Promise<void> {
    return this.#end(() => membersOf([pid]));
  }

  /** Ends everything but what `keep` names; it is asked at every look, for what is kept may start more. */
  endAll(keep: () => readonly LiveProcess[] = () => []): Promise<void> {
    const find = async () => {
      const living = await this.#living();
      if (living.length === 0) return living;
      const spared = new Set(keep().map((entry) => entry.pid));
      return living.filter((entry) => !spared.has(entry.pid));
    };
    return this.#end(find);
  }

  /**
   * Ends those that can still write to an output of this attempt although neither group nor mark tells that they are its
   * own, and what they started. Who was there before the attempt was handed the output by somebody, and is let be.
   */
  async endWriters(output: string, keep: () => readonly LiveProcess[] = () => []): Promise<Writers> {
    const known = new Map<number, LiveProcess>();
    const isOwn = (entry: LiveProcess) => !isOlderThan(entry, performance.now() - this.#startedAt);
    const find = async () => {
      for (const entry of await findWriters((path) => path === output)) if (isOwn(entry)) known.set(entry.pid, entry);
      // A number that another process has by now leads to nothing of ours.
      const pids = [...known.values()].filter(
        ({ pid, startedAt }) => (findProcess(pid)?.startedAt ?? startedAt) === startedAt,
      );
      const spared = new Set([...ancestorsOfBaton(), ...keep().map((entry) => entry.pid)]);
      const family = familyOf(pids.map((entry) => entry.pid)).filter((entry) => !spared.has(entry.pid) && isOwn(entry));
      for (const entry of family) known.set(entry.pid, entry);
      return family;
    };
    const name = ({ pid }: LiveProcess) => ({ pid, program: programOf(pid) });
    const ended = (await find()).map(name);
    await this.#end(find);
    const left = await findWriters((path) => path === output);
    return { ended, strangers: left.filter((entry) => !isOwn(entry)).map(name) };
  }

  async #end(find: () => Promise<LiveProcess[]>): Promise<void> {
    this.killed.push(...(await endProcesses({ find, graceMs: this.#graceMs, hurry: this.#hurry.signal })));
  }

  async #living(): Promise<LiveProcess[]> {
    if (this.#groups.length === 0 && !this.#maybeMore) return [];
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
    if (this.#maybeMore || performance.now() - this.#startedAt > SHORT_MS) return 0;
    const first = Math.min(...this.#groups);
    return (newestPid() ?? 0) >= first ? first : 0;
  }
}

const SHORT_MS = 200;
