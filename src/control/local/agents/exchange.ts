import { join } from "node:path";
import type { RunId } from "../../../engine/events.ts";
import type { Clock, Ended, Launch } from "../../../engine/ports.ts";
import type { Tool } from "../../../model/delivery.ts";
import { AttemptTable, type HandedOut, type HandedSource, type Holder } from "../../../store/attempt-table.ts";
import { type FileLock, takeFileLock } from "../../../store/file-lock.ts";
import { BoardWriter, exchangeLock, isTooLong, reasonOf, type Standing, toolKey } from "./board.ts";
import { KnownAgents } from "./known-agents.ts";
import { isSame, Leases } from "./leases.ts";
import type { Poll, PollResult } from "./poll.ts";

export interface ExchangeOptions {
  stateFolder: string;
  /** Without a word for so long, what an agent holds is lost. */
  leaseMs: number;
  /** Whether agents get every job or those that say what their machine must have. */
  takes: "labelled" | "all";
  clock: Clock;
  /** Told when something was written to the logs of a run. */
  wrote?: ((run: RunId) => void) | undefined;
}

/** Whoever makes the run of an attempt go on. */
export interface Attending {
  secrets(name: string): string | undefined;
  ended(ended: Ended): void;
  /** Takes lines that begin at this one; how many there are then. */
  lines(token: string, from: number, lines: readonly AgentLine[]): number;
}

export interface AgentLine {
  step: number;
  at: number;
  text: string;
}

/** Another server hands out here. The message is the folder. */
export class ExchangeInUse extends Error {
  override readonly name = "ExchangeInUse";
}

/** Of how many tools an agent is asked at a time. */
const mostAsks = 50;

/**
 * Hands attempts out to agents and hears of them. One of a state folder, in the process that serves; the table says what is
 * true, and what is here is only who waits and for how long: a server that takes the place of another gives everybody a whole
 * lease anew, as agents could not reach it before.
 *
 * An answer may be lost, so an agent names all it holds with each question, and asks one question at a time: what it was given
 * and never named, it is given again, or goes back to the queue when it takes no more. So a claim happens once and arrives at least
 * once; what it has named once was begun there and is never given to it again.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #lock: FileLock;
  readonly #table: AttemptTable;
  readonly #board: BoardWriter;
  readonly #queued = new Map<string, HandedOut>();
  readonly #leases: Leases;
  readonly #attending = new Map<string, Attending>();
  readonly #agents: KnownAgents;
  /** Handed out in this turn of the event loop: one write serves them all. */
  #fresh: { launch: Launch; source: HandedSource; attending: Attending }[] = [];
  readonly #waiting = new Set<() => void>();
  #sweep: (() => void) | undefined;
  #isClosing = false;
  #isClosed = false;

  private constructor(options: ExchangeOptions, lock: FileLock) {
    this.#options = options;
    this.#leases = new Leases(options.clock, options.leaseMs);
    this.#agents = new KnownAgents(options.clock, options.leaseMs);
    this.#lock = lock;
    this.#table = AttemptTable.open(options.stateFolder);
    this.#board = new BoardWriter(options.stateFolder, () => this.standing());
    for (const attempt of this.#table.all("queued")) this.#queued.set(attempt.launch.token, attempt);
    for (const attempt of this.#table.all("running")) this.#begin(attempt);
    this.#sweepSoon();
    this.#board.changed();
  }

  /** @throws {ExchangeInUse} */
  static open(options: ExchangeOptions): Exchange {
    // The table's folder is made with it.
    AttemptTable.open(options.stateFolder).close();
    const lock = takeFileLock(exchangeLock(options.stateFolder), 0);
    if (lock === undefined) throw new ExchangeInUse(join(options.stateFolder, "server"));
    return new Exchange(options, lock);
  }

  get leaseMs(): number {
    return this.#options.leaseMs;
  }

  /** Whether an agent is to run it, whichever there are. */
  takes({ runsOn }: Pick<Launch, "runsOn">): boolean {
    return this.#options.takes === "all" || runsOn !== undefined;
  }

  /** Of one that was handed out before, whoever attends to it now hears of its end: at once, if that is past. */
  handOut(launch: Launch, source: HandedSource, attending: Attending): void {
    this.#attending.set(launch.token, attending);
    if (this.#fresh.push({ launch, source, attending }) === 1) queueMicrotask(() => this.#queueFresh());
  }

  has(token: string): boolean {
    return this.#attending.has(token);
  }

  stop(token: string, mode: "graceful" | "now"): void {
    this.#queueFresh();
    this.#table.stop(token, mode);
    const attempt = this.#table.get(token);
    if (attempt?.state === "ended") this.#hasEnded(attempt);
    else this.#wake();
  }

  /** Its run goes on with somebody else, or nobody: what happens to it is kept until somebody asks. */
  leave(token: string): void {
    this.#queueFresh();
    this.#attending.delete(token);
  }

  /** Its end is in the journal. */
  forget(tokens: readonly string[]): void {
    this.#table.forget(tokens);
    for (const token of tokens) {
      this.#attending.delete(token);
      this.#queued.delete(token);
      this.#leases.end(token);
    }
    this.#board.changed();
  }

  /** Answers as soon as there is something to say, and at the latest after `waitMs`. Once `gone`, nothing is given any more. */
  async poll(poll: Poll, { waitMs, gone }: { waitMs: number; gone: AbortSignal }): Promise<PollResult> {
    const { clock } = this.#options;
    const until = clock.elapsed() + waitMs;
    if (!this.#agents.isOutdated(poll, "came late")) this.#hears(poll);
    for (;;) {
      const isNobodys = gone.aborted || this.#isClosing || this.#agents.isOutdated(poll, "was waiting");
      if (isNobodys) return { claims: [], stops: [], lost: [], asks: [] };
      const result = this.#look(poll);
      const leftMs = until - clock.elapsed();
      if (this.#agents.tells(poll.holder, result) || leftMs <= 0) return result;
      const woken = Promise.withResolvers<void>();
      const cancel = clock.wakeAfter(leftMs, woken.resolve);
      this.#waiting.add(woken.resolve);
      gone.addEventListener("abort", () => woken.resolve(), { once: true });
      await woken.promise;
      cancel();
      this.#waiting.delete(woken.resolve);
    }
  }

  isRunning(token: string): boolean {
    return this.#leases.isRunning(token);
  }

  /** What this agent runs, while it does; undefined when it is not its own, or not any more. */
  attempt(token: string, holder: Holder): HandedOut | undefined {
    return this.#leases.attempt(token, holder);
  }

  /** Undefined when it is not its own. `later`: whoever makes its run go on is not there yet. */
  lines(
    token: string,
    holder: Holder,
    given: { from: number; lines: readonly AgentLine[] },
  ): number | "later" | undefined {
    const attempt = this.attempt(token, holder);
    if (attempt === undefined) return undefined;
    this.#options.wrote?.(attempt.launch.run);
    return this.#attending.get(token)?.lines(token, given.from, given.lines) ?? "later";
  }

  /** False when it does not count: somebody else has it, or nobody. */
  ended(ended: Ended, holder: Holder): boolean {
    if (!this.#table.end(ended, holder)) return false;
    if (this.#leases.isRunning(ended.token)) this.#hasEnded(this.#table.get(ended.token)!);
    return true;
  }

  /** What agents and attempts there are, and why one waits. */
  standing(): Standing {
    const agents = this.#agents.views();
    return {
      version: 1,
      agents,
      queued: [...this.#queued.values()].map(({ launch: { run, job, runsOn = [], tools }, queuedAt }) => {
        return { run, job, runsOn, queuedAt, because: reasonOf({ runsOn, tools }, agents) };
      }),
      running: this.#leases.all().map(({ holder, attempt: { launch } }) => {
        return { run: launch.run, job: launch.job, agent: this.#agents.nameOf(holder) };
      }),
    };
  }

  /** Whether it was handed out, by this server or one before it, and nobody has asked for its end yet. */
  knows(token: string): boolean {
    return this.#table.get(token) !== undefined;
  }

  /** Whoever waits is answered now, and nobody waits from now on. */
  answerAll(): void {
    this.#isClosing = true;
    this.#wake();
  }

  close(): void {
    this.#queueFresh();
    this.#isClosed = true;
    this.#sweep?.();
    this.answerAll();
    this.#board.close();
    this.#table.close();
    this.#lock.release();
  }

  #queueFresh(): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    if (fresh.length === 0) return;
    const queuedAt = this.#options.clock.now();
    try {
      this.#table.queue(fresh.map(({ launch, source }) => ({ launch, source, queuedAt })));
    } catch (error) {
      const message = `the job could not be handed out: ${error instanceof Error ? error.message : String(error)}`;
      for (const { launch, attending } of fresh) {
        this.#attending.delete(launch.token);
        attending.ended({
          token: launch.token,
          durationMs: 0,
          result: { kind: "failed", failure: { kind: "spawn", message } },
        });
      }
      return;
    }
    for (const { launch } of fresh) {
      const attempt = this.#table.get(launch.token)!;
      if (attempt.state === "queued") this.#queued.set(launch.token, attempt);
      else if (attempt.state === "ended") this.#hasEnded(attempt);
    }
    this.#wake();
    this.#board.changed();
  }

  #begin(attempt: HandedOut): void {
    this.#queued.delete(attempt.launch.token);
    this.#leases.begin(attempt);
  }

  #hasEnded({ launch: { token, run }, ended }: HandedOut): void {
    this.#options.wrote?.(run);
    this.#queued.delete(token);
    this.#leases.end(token);
    const attending = this.#attending.get(token);
    this.#attending.delete(token);
    attending?.ended(ended!);
    this.#board.changed();
  }

  /** Renews what it holds, takes back what never arrived and it has no room for, and knows it from now on. */
  #hears(poll: Poll): void {
    const { holder, name, number, free, holds, replaces } = poll;
    if (replaces !== undefined) this.#loseOf({ ...holder, agent: replaces }, name);
    for (const token of holds) this.#leases.arrives(token, holder);
    this.#agents.hears(poll);
    if (number !== undefined && free === 0) this.#takeBack(holder);
    this.#board.changed();
  }

  #takeBack(holder: Holder): void {
    for (const { launch } of this.#leases.onTheirWay(holder)) {
      if (!this.#table.takeBack(launch.token, holder)) continue;
      const attempt = this.#table.get(launch.token)!;
      if (attempt.state === "ended") this.#hasEnded(attempt);
      else {
        this.#leases.end(launch.token);
        this.#queued.set(launch.token, attempt);
      }
    }
    this.#wake();
  }

  #loseOf(earlier: Holder, name: string): void {
    this.#agents.forget(earlier.agent);
    for (const { launch } of this.#leases.of(earlier)) {
      if (this.#table.lose(launch.token, `the agent ${name} was started anew`))
        this.#hasEnded(this.#table.get(launch.token)!);
    }
  }

  #look(poll: Poll): PollResult {
    const { holder, holds } = poll;
    const stops: PollResult["stops"] = [];
    const lost: string[] = [];
    for (const token of holds) {
      const attempt = this.#table.get(token);
      const isMine = attempt?.holder !== undefined && isSame(attempt.holder, holder);
      // What has ended by its own word is not lost: it is about to hear that it was taken.
      if (!isMine || attempt.ended?.result.kind === "lost") lost.push(token);
      else if (attempt.state === "running" && attempt.stop !== undefined) stops.push({ token, mode: attempt.stop });
    }
    const { given, asks } = poll.free === 0 ? { given: [], asks: [] } : this.#give(poll);
    const claims = given.map(({ launch, source }) => {
      return { launch, source, secrets: secretsOf(launch, this.#attending.get(launch.token)!) };
    });
    return { claims, stops, lost, asks };
  }

  #give({ holder, number, labels, free, tools }: Poll): { given: HandedOut[]; asks: Tool[] } {
    const given: HandedOut[] = [];
    const asks: Tool[] = [];
    for (const { launch } of this.#leases.onTheirWay(holder)) {
      const { token } = launch;
      const attempt = this.#table.get(token);
      if (attempt?.stop !== undefined) {
        // Nobody has begun it. Of one that does not count its questions that is not sure: its lease runs out, or it names it.
        if (number !== undefined && this.#table.takeBack(token, holder)) this.#hasEnded(this.#table.get(token)!);
      } else if (attempt?.state === "running" && this.#attending.has(token) && given.length < free) {
        this.#leases.renew(token, holder);
        given.push(attempt);
      }
    }
    const has = new Set(labels.map((label) => label.toLowerCase()));
    for (const [token, { launch }] of this.#queued) {
      if (given.length >= free) break;
      if (!this.#attending.has(token) || !(launch.runsOn ?? []).every((label) => has.has(label.toLowerCase())))
        continue;
      if (launch.tools.some(isTooLong)) continue;
      const unknown = launch.tools.filter((tool) => tools[toolKey(tool)] === undefined);
      if (asks.length < mostAsks) asks.push(...unknown);
      if (unknown.length > 0 || launch.tools.some((tool) => tools[toolKey(tool)] !== null)) continue;
      if (!this.#table.claim(token, holder, this.leaseMs)) {
        // Another process has stopped it.
        const attempt = this.#table.get(token);
        if (attempt === undefined) this.#queued.delete(token);
        else this.#hasEnded(attempt);
        continue;
      }
      const attempt = this.#table.get(token)!;
      this.#begin(attempt);
      given.push(attempt);
    }
    if (given.length > 0) this.#board.changed();
    return { given, asks };
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Ends what nobody has spoken of for a whole lease, and forgets agents of which nothing is heard. */
  #sweepSoon(): void {
    const { clock } = this.#options;
    this.#sweep = clock.wakeAfter(this.leaseMs / 10, () => {
      if (this.#isClosed) return;
      for (const { holder, attempt, leaseMs } of this.#leases.overdue()) {
        const { token } = attempt.launch;
        const because = `the agent ${this.#agents.nameOf(holder)} has not been heard of for ${leaseMs / 1000} s`;
        this.#tryTo(() => {
          this.#table.lose(token, because);
          const lost = this.#table.get(token);
          if (lost === undefined) this.#leases.end(token);
          else this.#hasEnded(lost);
        });
      }
      // Another process has ended these.
      for (const token of [...this.#queued.keys()])
        this.#tryTo(() => this.#table.get(token) === undefined && this.#queued.delete(token));
      this.#agents.forgetSilent();
      this.#board.changed();
      this.#sweepSoon();
    });
  }

  /** What cannot be done now (a full disk, a table that is busy) is what the next sweep finds again. */
  #tryTo(work: () => unknown): void {
    try {
      work();
    } catch {
      // As above.
    }
  }
}

/** Values of the secrets that an attempt mentions, those that are set. */
export function secretsOf(launch: Launch, { secrets }: Pick<Attending, "secrets">): Record<string, string> {
  const found: Record<string, string> = {};
  for (const env of [launch.env, ...launch.steps.map((step) => step.env)]) {
    for (const piece of Object.values(env).flat()) {
      if (typeof piece === "string" || !("secret" in piece)) continue;
      const value = secrets(piece.secret);
      if (value !== undefined) found[piece.secret] = value;
    }
  }
  return found;
}
