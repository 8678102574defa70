import type { Delivery } from "../model/delivery.ts";
import type { JobId, Plan } from "../plan/plan.ts";
import { EngineBug } from "./bug.ts";
import { decide } from "./decide.ts";
import type { ApprovalAnswered, EngineEvent, Recorded, RunFinished, RunId } from "./events.ts";
import { fold } from "./fold.ts";
import { prepareLaunch } from "./launch.ts";
import { jobsToRetry } from "./policies/retry.ts";
import type { Ended, Ports } from "./ports.ts";
import { type Command, commandsAfter, eventOfReport } from "./reports.ts";
import { emptyState, type JobState, type RunState, type State } from "./state.ts";
import { eventVersions } from "./upcast.ts";

export interface NewRun {
  delivery: Delivery;
  plan: Plan;
  /** At most this many jobs at a time, at least 1. */
  parallel: number;
  /** Set on a rollback: the release that is deployed again. */
  rollbackTo?: number;
}

export interface EngineOptions {
  /** Another judgement in place of Baton's own: the simulation proves with wrong ones that its checkers see them. */
  decide?: typeof decide;
}

export interface Answer {
  answer: "approved" | "rejected";
  by: string;
  comment?: string;
}

export interface Recovered {
  /** Runs that go on. */
  runs: RunId[];
  /** Attempts that were cut off; each of these jobs starts again. */
  interrupted: { run: RunId; job: JobId }[];
}

/** What was asked cannot be done: no such run, already finished. The message says what to do instead. */
export class EngineRefusal extends Error {
  override name = "EngineRefusal";
}

/** The journal could not be written, so nothing more is started. `cause` is the store's error. */
export class EngineStopped extends Error {
  override name = "EngineStopped";
}

/**
 * The engine over its ports. Each turn (something happened, and all that is decided because of it) is one append; what it
 * decided is done, and told, only when that append is durable. Promises resolve when what was asked for is durable.
 *
 * ```text
 * opened ── recover() ──▶ recovering ──▶ running ── close() ──▶ closed
 *                                           └── a failed append or a bug ──▶ stopped   (then all is refused with the reason)
 * ```
 */
export class Engine {
  readonly #ports: Ports;
  readonly #decide: typeof decide;
  readonly #state: State = emptyState();
  #phase: "opened" | "recovering" | "running" | "closed" | "stopped" = "opened";
  #reason: EngineStopped | undefined;
  /** Folded, not yet given to the store. */
  #turn: Recorded[] = [];
  /** All that one write records has one time. */
  #turnAt = 0;
  #turnIsDue = false;
  #lastWrite: Promise<void> = Promise.resolve();
  #durableSeq = 0;
  /** Attempts started by this engine that have not reported: the only ones whose reports count. */
  readonly #launched = new Set<string>();
  readonly #listeners = new Set<(recorded: Recorded) => void>();
  readonly #waiters = new Map<RunId, PromiseWithResolvers<RunFinished>>();
  #wake: { at: number; cancel: () => void } | undefined;

  constructor(ports: Ports, options: EngineOptions) {
    this.#ports = ports;
    this.#decide = options.decide ?? decide;
    for (const recorded of ports.store.load()) fold(this.#state, recorded);
    this.#durableSeq = this.#state.seq;
    ports.runner.onEnded((ended) => this.#ended(ended));
  }

  /** To be read, never changed. May be ahead of the journal by what is being written just now. */
  get state(): State {
    return this.#state;
  }

  /** Ends what an earlier Baton left running, records it as interrupted and goes on. Called once, before anything else. */
  async recover(): Promise<Recovered> {
    if (this.#phase !== "opened") throw this.#reason ?? new EngineRefusal(`the engine is ${this.#phase} already`);
    this.#phase = "recovering";
    const cutOff = [...this.#state.attempts.values()];
    const interrupted = cutOff.map(({ run, id }) => ({ run, job: id }));
    const runs = [...this.#state.runs.values()].filter((run) => run.finished === undefined).map((run) => run.id);
    if (cutOff.length > 0) await this.#ports.runner.reap(cutOff.map((job) => job.token!));
    if (this.#phase !== "recovering") throw this.#reason ?? new EngineRefusal(`the engine was ${this.#phase}`);
    this.#phase = "running";
    for (const { run, id, attempt, token } of cutOff) {
      this.#record({ type: "job.interrupted", run, job: id, attempt, token: token! });
    }
    await this.#endTurn();
    return { runs, interrupted };
  }

  async createRun({ delivery, plan, parallel, rollbackTo }: NewRun): Promise<{ run: RunId; release: number }> {
    this.#refuseUnlessRunning();
    const run = this.#ports.ids.run();
    const release = this.#state.nextRelease;
    const back = rollbackTo === undefined ? {} : { rollbackTo };
    try {
      this.#take({ type: "run.created", run, release, delivery, plan, parallel, ...back });
    } catch (error) {
      if (!(error instanceof EngineBug)) throw error;
      throw new EngineRefusal(`this plan cannot be run: ${error.message}`, { cause: error });
    }
    await this.#endTurn();
    return { run, release };
  }

  async cancel(run: RunId, { mode, by }: { mode: "graceful" | "now"; by: string }): Promise<void> {
    const { finished } = this.#run(run);
    if (finished !== undefined) throw new EngineRefusal(`run ${run} has ${finished.conclusion} already`);
    this.#record({ type: "run.cancel-requested", run, mode, by });
    await this.#endTurn();
  }

  /** Runs what failed, was skipped or cancelled again; returns these jobs. */
  async retry(run: RunId): Promise<JobId[]> {
    const state = this.#run(run);
    if (state.finished === undefined) throw new EngineRefusal(`run ${run} has not finished: cancel it first, or wait`);
    const jobs = jobsToRetry(state);
    if (jobs.length === 0) throw new EngineRefusal(`every job of run ${run} succeeded: there is nothing to retry`);
    this.#record({ type: "run.retry-requested", run, jobs });
    await this.#endTurn();
    return jobs;
  }

  async answer(run: RunId, environment: string, { answer, by, comment }: Answer): Promise<void> {
    const approval = this.#run(run).environments.get(environment)?.approval;
    if (approval?.status !== "requested") {
      const asked = [...this.#run(run).environments.values()].filter((each) => each.approval.status === "requested");
      const open = asked.map((each) => each.name).join(", ") || "none";
      throw new EngineRefusal(`run ${run} does not wait for an approval of ${environment} (waiting: ${open})`);
    }
    const event: ApprovalAnswered = { type: "approval.answered", run, environment, answer, by };
    this.#record(comment === undefined ? event : { ...event, comment });
    await this.#endTurn();
  }

  /** Called with every event recorded from now on, once it is durable. Returns a function that ends it. */
  subscribe(listener: (recorded: Recorded) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the run has finished (at once if it has); rejects when the engine stops or is closed before. */
  async settled(run: RunId): Promise<RunFinished> {
    const { finished, finishedSeq } = this.#run(run);
    if (finished !== undefined && finishedSeq! <= this.#durableSeq) return finished;
    let waiter = this.#waiters.get(run);
    if (waiter === undefined) {
      waiter = Promise.withResolvers();
      this.#waiters.set(run, waiter);
    }
    return waiter.promise;
  }

  /** Decides nothing more, writes what was reported and stops what runs; a later `recover` takes it up again. */
  async close(): Promise<void> {
    if (this.#phase === "closed" || this.#phase === "stopped") return;
    this.#phase = "closed";
    await this.#write();
    this.#letGo("the engine was closed", "graceful");
  }

  #ended(ended: Ended): void {
    if (this.#phase !== "running" || !this.#launched.delete(ended.token)) return;
    const event = eventOfReport(this.#state, ended, this.#ports.clock.now());
    if (event === undefined) return;
    this.#quietly(() => this.#record(event));
    if (this.#turnIsDue) return;
    // Reports that arrive together share a turn.
    this.#turnIsDue = true;
    queueMicrotask(() => this.#quietly(() => this.#endTurn()));
  }

  /** For what the world starts: it has no use for an error, and whoever waits for a run is told by `#stop`. */
  #quietly(work: () => undefined | void | Promise<void>): void {
    if (this.#phase !== "running") return;
    try {
      work()?.catch(() => {});
    } catch (error) {
      if (error !== this.#reason) throw error;
    }
  }

  #record(event: EngineEvent): void {
    this.#guard(() => this.#take(event));
  }

  #take(event: EngineEvent): void {
    if (this.#turn.length === 0) this.#turnAt = this.#ports.clock.now();
    const recorded: Recorded = {
      seq: this.#state.seq + 1,
      at: this.#turnAt,
      version: eventVersions[event.type],
      event,
    };
    fold(this.#state, recorded);
    this.#turn.push(recorded);
  }

  /** Decides until nothing is left to decide, and writes all of it at once. */
  #endTurn(): Promise<void> {
    this.#turnIsDue = false;
    const moment = { now: this.#ports.clock.now(), token: () => this.#ports.ids.token() };
    this.#guard(() => {
      for (;;) {
        const events = this.#decide(this.#state, moment);
        if (events.length === 0) break;
        for (const event of events) this.#record(event);
      }
    });
    this.#setWake();
    return this.#write();
  }

  #write(): Promise<void> {
    const turn = this.#turn;
    if (turn.length === 0) return this.#lastWrite;
    this.#turn = [];
    const events = turn.map((recorded) => recorded.event);
    this.#lastWrite = this.#ports.store.append(events, this.#turnAt).then(
      () => this.#durable(turn),
      (error: unknown) => this.#stop("the journal could not be written", error),
    );
    return this.#lastWrite;
  }

  #durable(turn: readonly Recorded[]): void {
    if (this.#phase === "stopped") throw this.#reason;
    this.#durableSeq = turn[turn.length - 1]!.seq;
    this.#guard(() => {
      for (const recorded of turn) {
        if (this.#phase === "running")
          for (const command of commandsAfter(this.#state, recorded.event)) this.#do(command);
        for (const listener of this.#listeners) listener(recorded);
        if (recorded.event.type === "run.finished") this.#settle(recorded.event);
      }
    });
  }

  #do(command: Command): void {
    switch (command.kind) {
      case "start":
        this.#start(command.job);
        break;
      case "stop":
        this.#ports.runner.stop(command.token, command.mode);
        break;
      default:
        command satisfies never;
    }
  }

  #start(job: JobState): void {
    const prepared = prepareLaunch(this.#state.runs.get(job.run)!, job);
    this.#launched.add(job.token!);
    if (prepared.kind === "launch") this.#ports.runner.start(prepared.launch);
    else this.#ended({ token: job.token!, durationMs: 0, result: { kind: "failed", failure: prepared.failure } });
  }

  #settle(finished: RunFinished): void {
    this.#waiters.get(finished.run)?.resolve(finished);
    this.#waiters.delete(finished.run);
  }

  #setWake(): void {
    const at = this.#state.due.earliest()?.at;
    if (this.#wake?.at === at) return;
    this.#wake?.cancel();
    if (at === undefined) {
      this.#wake = undefined;
      return;
    }
    const cancel = this.#ports.clock.wakeAt(at, () => {
      this.#wake = undefined;
      this.#quietly(() => this.#endTurn());
    });
    this.#wake = { at, cancel };
  }

  #run(id: RunId): RunState {
    this.#refuseUnlessRunning();
    const run = this.#state.runs.get(id);
    if (run === undefined) throw new EngineRefusal(`there is no run ${id} in this state folder`);
    return run;
  }

  #refuseUnlessRunning(): void {
    if (this.#reason !== undefined) throw this.#reason;
    if (this.#phase !== "running") throw new EngineRefusal(`the engine is ${this.#phase}, not running`);
  }

  /** A bug in the engine or a listener stops everything, as a broken journal does. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#stop(error instanceof Error ? error.message : "a listener failed", error);
    }
  }

  #stop(message: string, cause: unknown): never {
    if (this.#reason === undefined) {
      this.#reason = new EngineStopped(message, { cause });
      this.#phase = "stopped";
      this.#letGo(message, "graceful");
    }
    throw this.#reason;
  }

  #letGo(message: string, mode: "graceful" | "now"): void {
    this.#wake?.cancel();
    this.#wake = undefined;
    for (const token of this.#launched) this.#ports.runner.stop(token, mode);
    this.#launched.clear();
    const reason = this.#reason ?? new EngineStopped(message);
    for (const waiter of this.#waiters.values()) waiter.reject(reason);
    this.#waiters.clear();
  }
}

/** Reads the whole journal; throws an `EngineBug` when it does not understand it. */
export function openEngine(ports: Ports, options: EngineOptions = {}): Engine {
  return new Engine(ports, options);
}
