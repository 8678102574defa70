import { EngineBug, reasonOf } from "./bug.ts";
import { CheckpointSchedule } from "./checkpoint-schedule.ts";
import { decide } from "./decide.ts";
import { duesAfter, duesOf } from "./due.ts";
import type { EngineEvent, Recorded, RunFinished, RunId } from "./events.ts";
import { fold, type RunHistory, runHistory } from "./fold.ts";
import { prepareLaunch } from "./launch.ts";
import type { Ended, Ports, Turn } from "./ports.ts";
import { rebuildRun } from "./rebuild-run.ts";
import { EngineRefusal } from "./refusal.ts";
import { isRepeatable } from "./repeatable.ts";
import { requireRun } from "./requests.ts";
import { type Command, commandsAfter, eventOfReport } from "./runner-events.ts";
import type { JobState, RunState, State } from "./state.ts";
import { Timers } from "./timers.ts";
import { eventVersions } from "./upcast.ts";

export interface EngineOptions {
  /** Another judgement in place of Baton's own: the simulation proves with wrong ones that its checkers see them. */
  decide?: typeof decide;
  /** A checkpoint is kept after so many events, and rarer while there are more open jobs than that. Default: 1000. */
  checkpointEvery?: number;
  /** Nothing begins before it is durable: whoever starts it could not end it any more. */
  isNeverAhead?: boolean;
}

/** The journal could not be written, so nothing more is started. `cause` is the store's error. */
export class EngineStopped extends Error {
  override name = "EngineStopped";
}

/** What the next turn begins with: something that was asked for or reported. */
interface Input {
  /** Judged when the turn has begun and the state is what the journal says; records what follows from it, or refuses. */
  act(): unknown;
  outcome: { value: unknown } | { refusal: unknown } | undefined;
  readonly done: PromiseWithResolvers<unknown>;
}

/** How many runs that have finished are kept at hand. */
const finishedKept = 8;

interface TurnOptions extends EngineOptions {
  hooks: TurnHooks;
}

/** What else goes with the turns of an engine. */
export interface TurnHooks {
  /** An event is about to be folded. */
  folds(recorded: Recorded): void;
  /** A turn is durable and its commands are done. */
  rests(): void;
  /** No turn will come any more. */
  ends(): void;
}

/**
 * The turns of an engine. Each begins with what others have appended, then come what was asked and reported here and all that
 * is decided because of it: one append. What was decided is done, and told, only when that append is durable; only jobs that
 * deploy nothing begin before (see repeatable.ts). Promises resolve when what was asked for is durable.
 *
 * ```text
 * running ── close() ──▶ closed
 *    └── a failed append or a bug ──▶ stopped   (then all is refused with the reason)
 * ```
 */
export class Turns {
  readonly #ports: Ports;
  readonly #hooks: TurnHooks;
  readonly #decide: typeof decide;
  readonly #isNeverAhead: boolean;
  readonly #history: RunHistory;
  readonly #state: State;
  #phase: "running" | "closed" | "stopped" = "running";
  #reason: EngineStopped | undefined;
  #inputs: Input[] = [];
  /** A turn was asked of the store and has not begun. */
  #turnIsDue = false;
  #lastTurn: Promise<void> = Promise.resolve();
  /** What this turn appends. */
  #appended: Recorded[] = [];
  #turnAt = 0;
  #durableSeq: number;
  /** Attempts started by this engine that have not reported: the only ones whose reports count. */
  readonly #launched = new Set<string>();
  readonly #listeners = new Set<(recorded: Recorded) => void>();
  readonly #waiters = new Map<RunId, PromiseWithResolvers<RunFinished>>();
  /** Runs that have finished lately, for those who still show them. */
  readonly #finished = new Map<RunId, RunState>();
  readonly #checkpoints: CheckpointSchedule;
  /** When runs that were made here began, on the clock that is never set. */
  readonly #began = new Map<RunId, number>();
  readonly #timers: Timers;
  readonly #stopWatching: () => void;

  constructor(ports: Ports, { state, folded }: { state: State; folded: number }, options: TurnOptions) {
    this.#ports = ports;
    this.#state = state;
    this.#hooks = options.hooks;
    this.#checkpoints = new CheckpointSchedule({ every: options.checkpointEvery ?? 1000, since: folded });
    this.#history = runHistory((run) => ports.store.runEvents(run));
    this.#decide = options.decide ?? decide;
    this.#isNeverAhead = options.isNeverAhead === true;
    this.#durableSeq = state.seq;
    this.#timers = new Timers(ports.clock, () => this.#takeTurn());
    ports.runner.onEnded((ended) => this.#ended(ended));
    this.#stopWatching = ports.store.watch(() => this.#takeTurn());
  }

  /** The time of day of this turn: all that one write records has one. */
  get at(): number {
    return this.#turnAt;
  }

  get isRunning(): boolean {
    return this.#phase === "running";
  }

  /** Has it judged in the next turn; resolves when what it recorded is durable. */
  async ask<T>(act: () => T): Promise<T> {
    this.refuseUnlessRunning();
    const done = Promise.withResolvers<unknown>();
    this.#inputs.push({ act, outcome: undefined, done });
    this.#takeTurn();
    return (await done.promise) as T;
  }

  /** In a turn: it is folded at once, and appended with all that the turn comes to. */
  record(event: EngineEvent): void {
    const version = eventVersions[event.type];
    const recorded: Recorded = { seq: this.#state.seq + 1, at: this.#turnAt, version, event };
    this.#fold(recorded);
    this.#appended.push(recorded);
    for (const due of duesAfter(recorded)) this.#timers.add(due, this.#turnAt);
    if (event.type === "run.created") this.#began.set(event.run, this.#ports.clock.elapsed());
    // Whoever takes a run up waits for what its last owner waited for.
    if (event.type === "run.adopted") {
      for (const due of duesOf(this.#state.runs.get(event.run)!)) this.#timers.add(due, this.#turnAt);
    }
  }

  /** A run that goes on or has finished, now or long ago; undefined when there is none. To be read, never changed. */
  run(id: RunId): RunState | undefined {
    const known = this.#state.runs.get(id) ?? this.#finished.get(id);
    if (known !== undefined) return known;
    // Not what others have written since.
    const events = [...this.#history(id, this.#state.seq + 1)];
    return events.length === 0 ? undefined : rebuildRun(events);
  }

  /** Called with every event that is recorded from now on, here or by others, once it is durable. Returns what ends it. */
  subscribe(listener: (recorded: Recorded) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the run has finished (at once if it has); rejects when the engine stops or is closed before. */
  async settled(run: RunId): Promise<RunFinished> {
    this.refuseUnlessRunning();
    const { finished, finishedSeq } = requireRun(this.run(run), run, this.#state.runs.keys());
    if (finished !== undefined && finishedSeq! <= this.#durableSeq) return finished;
    let waiter = this.#waiters.get(run);
    if (waiter === undefined) {
      waiter = Promise.withResolvers();
      this.#waiters.set(run, waiter);
    }
    return waiter.promise;
  }

  /**
   * Decides nothing more, writes what was asked and reported and stops what runs. Its runs stay its own, just as those of a
   * process that was killed: there is one way of taking up what somebody left, and it is gone every time.
   */
  async close(): Promise<void> {
    if (this.#phase !== "running") return;
    this.#phase = "closed";
    if (this.#inputs.length > 0 || this.#checkpoints.isDueAtClose) this.#takeTurn();
    await this.#lastTurn;
    this.#letGo("the engine was closed", "graceful");
  }

  refuseUnlessRunning(): void {
    if (this.#reason !== undefined) throw this.#reason;
    if (this.#phase !== "running") {
      throw new EngineRefusal("closed", { subject: "engine", text: `the engine is ${this.#phase}, not running` });
    }
  }

  #takeTurn(): void {
    if (this.#turnIsDue || this.#phase === "stopped") return;
    this.#turnIsDue = true;
    let told: Recorded[] = [];
    let inputs: Input[] = [];
    let isAhead = false;
    const take = (others: readonly Recorded[]): Turn => {
      this.#turnIsDue = false;
      inputs = this.#inputs;
      this.#inputs = [];
      this.#turn(others, inputs);
      told = [...others, ...this.#appended];
      const appended = this.#appended;
      const events = appended.map(({ event }) => event);
      const checkpoint = this.#checkpoints.take(this.#state, { isClosing: this.#phase !== "running" });
      // Who is taken for gone has been cleared up after: what it began ahead of the journal, nobody would ever end.
      const isThere = this.#ports.lease.isAlive(this.#ports.lease.mine);
      const mayBe = this.#phase === "running" && isThere && !this.#isNeverAhead;
      isAhead = mayBe && events.every((event) => isRepeatable(this.#state, event));
      const ahead = isAhead && (() => this.#goAhead(appended));
      return { events, at: this.#turnAt, ...(checkpoint && { checkpoint }), ...(ahead && { ahead }) };
    };
    this.#lastTurn = this.#ports.store.turn(take).then(
      () => this.#durable(told, { inputs, isAhead }),
      (error: unknown) => this.#stop(reasonOf(error), error, inputs),
    );
    this.#lastTurn.catch(() => {});
  }

  /** Jobs that may begin before their start is durable do so. */
  #goAhead(appended: readonly Recorded[]): void {
    if (this.#phase !== "running") return;
    try {
      for (const { event } of appended) {
        for (const command of commandsAfter(this.#state, event)) if (command.kind === "start") this.#do(command);
      }
    } catch (error) {
      // Whoever asked in this turn or before it is told when it ends, see `#durable`.
      try {
        this.#stop(error instanceof Error ? error.message : "a job could not be started", error);
      } catch {}
    }
  }

  /** Folds what others wrote, judges what was asked, and decides until nothing is left to decide. */
  #turn(others: readonly Recorded[], inputs: readonly Input[]): void {
    const { clock, lease, ids } = this.#ports;
    this.#appended = [];
    this.#turnAt = clock.now();
    for (const recorded of others) this.#fold(recorded);
    for (const input of inputs) {
      try {
        input.outcome = { value: input.act() };
      } catch (error) {
        if (error instanceof EngineBug) throw error;
        input.outcome = { refusal: error };
      }
    }
    if (this.#phase !== "running") return;
    const context = { now: this.#turnAt, mine: lease.mine, token: () => ids.token() };
    do for (const event of this.#timers.due(this.#state, lease.mine, this.#turnAt)) this.record(event);
    while (this.#decided(context));
  }

  #decided(context: Parameters<typeof decide>[1]): boolean {
    const events = this.#decide(this.#state, context);
    for (const event of events) this.record(event.type === "run.finished" ? this.#timed(event) : event);
    return events.length > 0;
  }

  #timed(event: RunFinished): RunFinished {
    const began = this.#began.get(event.run);
    this.#began.delete(event.run);
    return began === undefined ? event : { ...event, durationMs: Math.round(this.#ports.clock.elapsed() - began) };
  }

  #fold(recorded: Recorded): void {
    const { run, type } = recorded.event;
    const ending = type === "run.finished" ? this.#state.runs.get(run) : undefined;
    this.#hooks.folds(recorded);
    fold(this.#state, recorded, this.#history);
    this.#checkpoints.noteEvent();
    if (ending === undefined) return;
    this.#finished.set(run, ending);
    for (const oldest of this.#finished.keys()) if (this.#finished.size > finishedKept) this.#finished.delete(oldest);
  }

  #durable(told: readonly Recorded[], { inputs, isAhead }: { inputs: readonly Input[]; isAhead: boolean }): void {
    // It stopped while this was being written; whoever asked learns of it here and nowhere else.
    if (this.#phase === "stopped") this.#stop(this.#reason!.message, undefined, inputs);
    const last = told.at(-1);
    if (last !== undefined) this.#durableSeq = last.seq;
    try {
      for (const recorded of told) {
        if (this.#phase === "running")
          for (const command of commandsAfter(this.#state, recorded.event))
            if (command.kind !== "start" || !isAhead) this.#do(command);
        for (const listener of this.#listeners) listener(recorded);
        if (recorded.event.type === "run.finished") this.#settle(recorded.event);
      }
    } catch (error) {
      // A bug in the engine or a listener stops everything, as a broken journal does.
      this.#stop(error instanceof Error ? error.message : "a listener failed", error, inputs);
    }
    for (const { outcome, done } of inputs) {
      if (outcome !== undefined && "refusal" in outcome) done.reject(outcome.refusal);
      else done.resolve(outcome?.value);
    }
    if (this.#phase !== "running") return;
    this.#timers.set(this.#state, this.#ports.lease.mine, this.#ports.clock.now());
    this.#hooks.rests();
  }

  /** What others' events ask for concerns them; what runs here is known by its token. */
  #do(command: Command): void {
    switch (command.kind) {
      case "start":
        if (this.#isMine(command.job.run) && !this.#launched.has(command.job.token!)) this.#start(command.job);
        break;
      case "stop":
        if (this.#launched.has(command.token)) this.#ports.runner.stop(command.token, command.mode);
        break;
      default:
        command satisfies never;
    }
  }

  #isMine(run: RunId): boolean {
    return this.#state.runs.get(run)?.owner === this.#ports.lease.mine;
  }

  #start(job: JobState): void {
    const prepared = prepareLaunch(this.#state.runs.get(job.run)!, job);
    this.#launched.add(job.token!);
    if (prepared.kind === "launch") this.#ports.runner.start(prepared.launch);
    else this.#ended({ token: job.token!, durationMs: 0, result: { kind: "failed", failure: prepared.failure } });
  }

  #ended(ended: Ended): void {
    if (this.#phase !== "running" || !this.#launched.delete(ended.token)) return;
    const act = () => {
      const event = eventOfReport(this.#state, ended, this.#turnAt);
      if (event !== undefined) this.record(event);
    };
    // Whoever reports has no use for an error, and whoever waits for a run is told by `#stop`.
    this.ask(act).catch(() => {});
  }

  #settle(finished: RunFinished): void {
    this.#waiters.get(finished.run)?.resolve(finished);
    this.#waiters.delete(finished.run);
  }

  #stop(message: string, cause: unknown, inputs: readonly Input[] = []): never {
    if (this.#reason === undefined) {
      this.#reason = new EngineStopped(message, { cause });
      this.#phase = "stopped";
      this.#letGo(message, "graceful");
    }
    for (const { done } of [...inputs, ...this.#inputs]) done.reject(this.#reason);
    this.#inputs = [];
    throw this.#reason;
  }

  #letGo(message: string, mode: "graceful" | "now"): void {
    this.#stopWatching();
    this.#timers.clear();
    this.#hooks.ends();
    for (const token of this.#launched) this.#ports.runner.leave(token, mode);
    this.#launched.clear();
    const reason = this.#reason ?? new EngineStopped(message);
    for (const waiter of this.#waiters.values()) waiter.reject(reason);
    this.#waiters.clear();
  }
}
