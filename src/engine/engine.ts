import type { JobId, Plan } from "../plan/plan.ts";
import { type Maker, Making } from "./being-made.ts";
import { blockersOf } from "./blockers.ts";
import { EngineBug, reasonOf } from "./bug.ts";
import { restoreCheckpoint } from "./checkpoint.ts";
import { CheckpointSchedule } from "./checkpoint-schedule.ts";
import { decide } from "./decide.ts";
import { deployedTo } from "./deployed.ts";
import { duesAfter, duesOf } from "./due.ts";
import type { EngineEvent, Freeze, Recorded, RunFinished, RunId } from "./events.ts";
import { fold, type RunHistory, runHistory } from "./fold.ts";
import { prepareLaunch } from "./launch.ts";
import type { NewRun } from "./new-run.ts";
import { attemptsOf, type Interrupted, Orphans } from "./orphans.ts";
import { type Answer, approvalBy, stillNeeded } from "./policies/approval.ts";
import type { Elsewhere, Ended, Ports, Turn } from "./ports.ts";
import { rebuildRun } from "./rebuild-run.ts";
import { EngineRefusal } from "./refusal.ts";
import { isRepeatable } from "./repeatable.ts";
import {
  type DriftFound,
  owedIn,
  refuseOwned,
  requireAlone,
  requireApprover,
  requireFrozen,
  requireOpen,
  requireOpenApproval,
  requireOwed,
  requireQuiet,
  requireRun,
  requireToCome,
  retryableJobs,
} from "./requests.ts";
import { type Command, commandsAfter, eventOfCutOff, eventOfReport } from "./runner-events.ts";
import { emptyState, type JobState, type RunState, type State } from "./state.ts";
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

/** How often somebody who is held up looks whether the one who holds it up is still there. */
const lookForOwnersMs = 1000;

/**
 * The engine over its ports; several of them, each a session of its own, share one journal. A turn begins with what the
 * others have appended, then come what was asked and reported here and all that is decided because of it: one append. What
 * was decided is done, and told, only when that append is durable; only jobs that deploy nothing begin before (see
 * repeatable.ts). Promises resolve when what was asked for is durable.
 *
 * Every run has an owner, the session that made or adopted it. Only the owner starts, stops and reports its jobs. Whatever
 * else a person asks of a run (an answer, a cancel) anybody may append, and its owner sees it at its next turn. The run of
 * a session that is gone is left alone until somebody adopts it, or suspended when it stands in the way of another one.
 *
 * ```text
 * running ── close() ──▶ closed
 *    └── a failed append or a bug ──▶ stopped   (then all is refused with the reason)
 * ```
 */
export class Engine {
  readonly #ports: Ports;
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
  /** What this turn appends, and its time: all that one write records has one. */
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
  readonly #orphans: Orphans;
  readonly #making: Making;
  #ownerLook: (() => void) | undefined;
  readonly #stopWatching: () => void;

  constructor(ports: Ports, { state, folded }: { state: State; folded: number }, options: EngineOptions) {
    this.#ports = ports;
    this.#state = state;
    this.#checkpoints = new CheckpointSchedule({ every: options.checkpointEvery ?? 1000, since: folded });
    this.#history = runHistory((run) => ports.store.runEvents(run));
    this.#decide = options.decide ?? decide;
    this.#isNeverAhead = options.isNeverAhead === true;
    this.#durableSeq = state.seq;
    this.#timers = new Timers(ports.clock, () => this.#takeTurn());
    this.#orphans = new Orphans({
      state,
      lease: ports.lease,
      runner: ports.runner,
      ask: (act) => this.#ask(act),
      refuseUnlessRunning: () => this.#refuseUnlessRunning(),
    });
    this.#making = new Making(state, this.#orphans);
    ports.runner.onEnded((ended) => this.#ended(ended));
    this.#stopWatching = ports.store.watch(() => this.#takeTurn());
  }

  /** To be read, never changed. May be ahead of the journal by what is being written just now. */
  get state(): State {
    return this.#state;
  }

  async createRun({ delivery, plan, parallel, plannedAt, sharing, onNumbered, ...asked }: NewRun) {
    const { moves, override, by, comment, takesBack } = asked;
    return await this.#ask(() => {
      const run = this.#ports.ids.run();
      const release = this.#state.nextRelease;
      const madeSeq = sharing ? this.#making.lastSeq(plan) : 0;
      if (plannedAt !== undefined && Math.max(this.#state.deployedSeq, madeSeq) > plannedAt) {
        throw new EngineRefusal("outdated-plan", {
          subject: run,
          text: "something was deployed or made since the plan was made",
        });
      }
      if (takesBack !== undefined) requireOwed(this.#state, takesBack.environment, takesBack.failed);
      if (moves !== undefined) {
        requireAlone(this.#state, plan, {
          plannedAt: plannedAt ?? this.#state.seq,
          override,
          isGone: (id) => this.#orphans.has(id),
        });
      }
      const undoes = plan.change.event === "rollback" ? owedIn(this.#state, plan.environments) : undefined;
      onNumbered?.({ run, release });
      const told = {
        ...(moves !== undefined && { moves }),
        ...(undoes !== undefined && { undoes }),
        ...(takesBack !== undefined && { unasked: true as const }),
        ...(override !== undefined && { override }),
        ...(by && { by }),
        ...(comment && { comment }),
      };
      const owner = this.#ports.lease.mine;
      try {
        this.#record({ type: "run.created", run, release, delivery, plan, parallel, ...told, owner });
      } catch (error) {
        if (!(error instanceof EngineBug)) throw error;
        throw new EngineRefusal("wrong-plan", {
          subject: run,
          text: `this plan cannot be run: ${error.message}`,
          cause: error,
        });
      }
      this.#began.set(run, this.#ports.clock.elapsed());
      return { run, release };
    });
  }

  /**
   * Takes up runs that nobody goes on with, for good: what their last owner left running on this machine is ended first, what
   * runs on others goes on. Those that are this session's own already stay so. Returns what was cut off.
   */
  async adopt(runs: readonly RunId[], { by }: { by: string }): Promise<Interrupted[]> {
    const act = (orphans: ReadonlySet<RunId>, elsewhere: Elsewhere) => {
      const states = runs.map((id) => this.#openRun(id));
      const mine = this.#ports.lease.mine;
      for (const run of states) if (run.owner !== mine && !orphans.has(run.id)) refuseOwned(run);
      return states.filter((run) => run.owner !== mine).flatMap((run) => this.#takeUp(run, { by, elsewhere }));
    };
    return await this.#orphans.afterReaping(runs, act, { adopts: true });
  }

  /** Makes a run that nobody goes on with give back all it holds. It stays open for somebody to adopt. */
  async suspend(run: RunId, { by, because }: { by: string; because: string }): Promise<void> {
    await this.#orphans.afterReaping([run], (orphans, elsewhere) => {
      const state = this.#openRun(run);
      if (!orphans.has(run)) refuseOwned(state);
      if (state.suspended !== undefined) return;
      this.#recordInterrupted(state, elsewhere);
      // What has ended there counts.
      for (const environment of state.toRelease) {
        this.#record({ type: "lock.released", run, environment, deployed: deployedTo(state, environment) });
      }
      this.#record({ type: "run.suspended", run, by, because });
    });
  }

  /**
   * The owner of the run does it. When nobody goes on with the run, this session adopts it, so that what is left of it ends
   * and no job of it ever starts again.
   */
  async cancel(run: RunId, { mode, by }: { mode: "graceful" | "now"; by: string }): Promise<void> {
    await this.#orphans.afterReaping([run], (orphans) => {
      const state = this.#openRun(run);
      this.#record({ type: "run.cancel-requested", run, mode, by });
      if (orphans.has(run)) this.#takeUp(state, { by });
    });
  }

  /** Runs what failed, was skipped or cancelled again, as a run of this session; returns these jobs. */
  async retry(run: RunId, { by }: { by: string }): Promise<JobId[]> {
    return await this.#ask(() => {
      const jobs = retryableJobs(this.#run(run));
      this.#record({ type: "run.retry-requested", run, jobs });
      this.#record({ type: "run.adopted", run, owner: this.#ports.lease.mine, by });
      return jobs;
    });
  }

  /** Anybody may answer, whoever owns the run; one without an owner goes on when somebody adopts it. Returns how many more must approve. */
  async answer(run: RunId, environment: string, { answer, by, comment }: Answer): Promise<number> {
    return await this.#ask(() => {
      const state = this.#run(run);
      requireOpenApproval(state, environment, { now: this.#turnAt, isOrphan: this.isOrphan(run) });
      const said = { run, environment, by, ...(comment !== undefined && { comment }) };
      if (answer === "rejected") this.#record({ type: "approval.answered", answer, ...said });
      else this.#record(approvalBy(requireApprover(state, environment, by), said));
      return stillNeeded(state.environments.get(environment)!.approval);
    });
  }

  /** Keeps every run without an override from beginning to deploy there until that time, whoever owns it. */
  async freeze(environment: string, freeze: Pick<Freeze, "until" | "by" | "reason">): Promise<void> {
    await this.#ask(() => {
      requireToCome(environment, freeze.until, this.#turnAt);
      this.#record({ type: "environment.frozen", run: "", environment, ...freeze });
    });
  }

  /** Ends a freeze before its time. */
  async thaw(environment: string, thawed: { by: string; comment?: string }): Promise<void> {
    await this.#ask(() => {
      requireFrozen(this.#state, environment, this.#turnAt);
      this.#record({ type: "environment.thawed", run: "", environment, ...thawed });
    });
  }

  /** What failed there is not taken back: that is not possible, or not safe. */
  async declineRollback(environment: string, told: { failed: RunId; because: string }): Promise<void> {
    await this.#ask(() => {
      requireOwed(this.#state, environment, told.failed);
      this.#record({ type: "rollback.declined", run: "", environment, ...told });
    });
  }

  /** Refused when something is or was deployed there since that event: nobody can look for drift. */
  requireQuiet = (environment: string, since: number): Promise<void> =>
    this.#ask(() => requireQuiet(this.#state, environment, since));

  /** What somebody found who looked for drift since that event; refused when something is or was deployed there meanwhile. */
  async noteDrift({ since, before, ...looked }: DriftFound): Promise<void> {
    await this.#ask(() => {
      requireQuiet(this.#state, looked.environment, since);
      this.#record({ type: "drift.looked", run: "", ...looked, ...before() });
    });
  }

  /** Called with every event that is recorded from now on, here or by others, once it is durable. Returns what ends it. */
  subscribe(listener: (recorded: Recorded) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the run has finished (at once if it has); rejects when the engine stops or is closed before. */
  async settled(run: RunId): Promise<RunFinished> {
    this.#refuseUnlessRunning();
    const { finished, finishedSeq } = this.#run(run);
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

  /** Whether nobody goes on with this run though it has not finished. */
  isOrphan(id: RunId): boolean {
    return this.#orphans.has(id);
  }

  /** Who is just making, of the same files, what this plan would make. */
  maker(plan: Plan): Maker | undefined {
    return this.#making.maker(plan);
  }

  #ended(ended: Ended): void {
    if (this.#phase !== "running" || !this.#launched.delete(ended.token)) return;
    const act = () => {
      const event = eventOfReport(this.#state, ended, this.#turnAt);
      if (event !== undefined) this.#record(event);
    };
    // Whoever reports has no use for an error, and whoever waits for a run is told by `#stop`.
    this.#ask(act).catch(() => {});
  }

  /** Has it judged in the next turn; resolves when what it recorded is durable. */
  async #ask<T>(act: () => T): Promise<T> {
    this.#refuseUnlessRunning();
    const done = Promise.withResolvers<unknown>();
    this.#inputs.push({ act, outcome: undefined, done });
    this.#takeTurn();
    return (await done.promise) as T;
  }

  #takeUp(run: RunState, { by, elsewhere }: { by: string; elsewhere?: Elsewhere }): Interrupted[] {
    const cutOff = this.#recordInterrupted(run, elsewhere);
    const goesOn = attemptsOf(this.#state, new Set([run])).map(({ token }) => token!);
    const told = { owner: this.#ports.lease.mine, by, ...(goesOn.length > 0 && { goesOn }) };
    this.#record({ type: "run.adopted", run: run.id, ...told });
    for (const due of duesOf(run)) this.#timers.add(due, this.#turnAt);
    return cutOff;
  }

  #recordInterrupted(run: RunState, elsewhere?: Elsewhere): Interrupted[] {
    const cutOff = attemptsOf(this.#state, new Set([run])).filter(({ token }) => elsewhere?.get(token!) !== "goes-on");
    for (const job of cutOff)
      this.#record(eventOfCutOff(run, job, elsewhere?.get(job.token!) === "ended" ? "agent" : "here"));
    return cutOff.map(({ run: id, id: job }) => ({ run: id, job }));
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
    do for (const event of this.#timers.due(this.#state, lease.mine, this.#turnAt)) this.#record(event);
    while (this.#decided(context));
  }

  #decided(context: Parameters<typeof decide>[1]): boolean {
    const events = this.#decide(this.#state, context);
    for (const event of events) this.#record(event.type === "run.finished" ? this.#timed(event) : event);
    return events.length > 0;
  }

  #timed(event: RunFinished): RunFinished {
    const began = this.#began.get(event.run);
    this.#began.delete(event.run);
    return began === undefined ? event : { ...event, durationMs: Math.round(this.#ports.clock.elapsed() - began) };
  }

  #record(event: EngineEvent): void {
    const version = eventVersions[event.type];
    const recorded: Recorded = { seq: this.#state.seq + 1, at: this.#turnAt, version, event };
    this.#fold(recorded);
    this.#appended.push(recorded);
    for (const due of duesAfter(recorded)) this.#timers.add(due, this.#turnAt);
  }

  #fold(recorded: Recorded): void {
    const { run, type } = recorded.event;
    const ending = type === "run.finished" ? this.#state.runs.get(run) : undefined;
    this.#making.note(recorded);
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
    this.#lookForOwners(0);
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

  #settle(finished: RunFinished): void {
    this.#waiters.get(finished.run)?.resolve(finished);
    this.#waiters.delete(finished.run);
  }

  /** Nobody tells when a session has gone, so whoever is held up by another one looks, at once and then now and then. */
  #lookForOwners(afterMs: number): void {
    if (this.#ownerLook !== undefined || this.#isAlone() || blockersOf(this.#state, this.#ports.lease.mine).size === 0)
      return;
    this.#ownerLook = this.#ports.clock.wakeAfter(afterMs, () => {
      void this.#suspendBlockers().finally(() => {
        this.#ownerLook = undefined;
        if (this.#phase === "running") this.#lookForOwners(lookForOwnersMs);
      });
    });
  }

  #isAlone(): boolean {
    for (const run of this.#state.open) if (!this.#isMine(run)) return false;
    return true;
  }

  async #suspendBlockers(): Promise<void> {
    for (const [run, held] of blockersOf(this.#state, this.#ports.lease.mine)) {
      if (!this.isOrphan(run)) continue;
      const because = `its Baton is gone, and ${held}`;
      // Somebody else was faster, or what it left cannot be ended: then it is looked at again.
      await this.suspend(run, { by: "baton", because }).catch(() => {});
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

  #run(id: RunId): RunState {
    return requireRun(this.run(id), id, this.#state.runs.keys());
  }

  #openRun(id: RunId): RunState {
    return requireOpen(this.#run(id));
  }

  #refuseUnlessRunning(): void {
    if (this.#reason !== undefined) throw this.#reason;
    if (this.#phase !== "running") {
      throw new EngineRefusal("closed", { subject: "engine", text: `the engine is ${this.#phase}, not running` });
    }
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
    this.#ownerLook?.();
    this.#ownerLook = undefined;
    for (const token of this.#launched) this.#ports.runner.leave(token, mode);
    this.#launched.clear();
    const reason = this.#reason ?? new EngineStopped(message);
    for (const waiter of this.#waiters.values()) waiter.reject(reason);
    this.#waiters.clear();
  }
}

/** Reads the journal from its last checkpoint on; rejects with an `EngineBug` when it does not understand it. */
export async function openEngine(ports: Ports, options: EngineOptions = {}): Promise<Engine> {
  const runEvents = (run: RunId) => ports.store.runEvents(run);
  const state = restoreCheckpoint(ports.store.checkpoint(), runEvents) ?? emptyState();
  const history = runHistory(runEvents);
  let folded = 0;
  for await (const batch of ports.store.events(state.seq)) {
    for (const recorded of batch) fold(state, recorded, history);
    folded += batch.length;
  }
  return new Engine(ports, { state, folded }, options);
}
