import type { JobId, Plan } from "../plan/plan.ts";
import { type Maker, Making } from "./being-made.ts";
import { EngineBug } from "./bug.ts";
import { restoreCheckpoint } from "./checkpoint.ts";
import { deployedTo } from "./deployed.ts";
import type { Freeze, Recorded, RunFinished, RunId } from "./events.ts";
import { fold, runHistory } from "./fold.ts";
import type { NewRun } from "./new-run.ts";
import { attemptsOf, type Interrupted, Orphans } from "./orphans.ts";
import { OwnerLook } from "./owner-look.ts";
import { type Answer, approvalBy, stillNeeded } from "./policies/approval.ts";
import type { Elsewhere, Ports } from "./ports.ts";
import { EngineRefusal } from "./refusal.ts";
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
import { eventOfCutOff } from "./runner-events.ts";
import { emptyState, type RunState, type State } from "./state.ts";
import { type EngineOptions, Turns } from "./turns.ts";

/**
 * The engine over its ports: what may be asked of it. Several of them, each a session of its own, share one journal, in turns
 * (see turns.ts).
 *
 * Every run has an owner, the session that made or adopted it. Only the owner starts, stops and reports its jobs. Whatever
 * else a person asks of a run (an answer, a cancel) anybody may append, and its owner sees it at its next turn. The run of
 * a session that is gone is left alone until somebody adopts it, or suspended when it stands in the way of another one.
 */
export class Engine {
  readonly #ports: Ports;
  readonly #state: State;
  readonly #turns: Turns;
  readonly #orphans: Orphans;
  readonly #making: Making;

  constructor(ports: Ports, { state, folded }: { state: State; folded: number }, options: EngineOptions) {
    this.#ports = ports;
    this.#state = state;
    const owners = new OwnerLook({
      ports,
      state,
      isRunning: () => this.#turns.isRunning,
      isOrphan: (run) => this.isOrphan(run),
      suspend: (run, because) => this.suspend(run, { by: "baton", because }),
    });
    const hooks = {
      folds: (recorded: Recorded) => this.#making.note(recorded),
      rests: () => owners.look(0),
      ends: () => owners.end(),
    };
    this.#turns = new Turns(ports, { state, folded }, { ...options, hooks });
    this.#orphans = new Orphans({
      state,
      lease: ports.lease,
      runner: ports.runner,
      ask: (act) => this.#turns.ask(act),
      refuseUnlessRunning: () => this.#turns.refuseUnlessRunning(),
    });
    this.#making = new Making(state, this.#orphans);
  }

  /** To be read, never changed. May be ahead of the journal by what is being written just now. */
  get state(): State {
    return this.#state;
  }

  async createRun({ delivery, plan, parallel, plannedAt, sharing, onNumbered, ...asked }: NewRun) {
    const { moves, override, by, comment, takesBack } = asked;
    return await this.#turns.ask(() => {
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
        this.#turns.record({ type: "run.created", run, release, delivery, plan, parallel, ...told, owner });
      } catch (error) {
        if (!(error instanceof EngineBug)) throw error;
        throw new EngineRefusal("wrong-plan", {
          subject: run,
          text: `this plan cannot be run: ${error.message}`,
          cause: error,
        });
      }
      return { run, release };
    });
  }

  /**
   * Takes up runs that nobody goes on with, for good: what their last owner left running on this machine is ended first, what
   * runs on others goes on. Those that are this session's own already stay so. `override`: why they wait for no freeze and no
   * change window any more. Returns what was cut off.
   */
  async adopt(
    runs: readonly RunId[],
    { by, override }: { by: string; override?: string | undefined },
  ): Promise<Interrupted[]> {
    const act = (orphans: ReadonlySet<RunId>, elsewhere: Elsewhere) => {
      const states = runs.map((id) => this.#openRun(id));
      const mine = this.#ports.lease.mine;
      for (const run of states) if (run.owner !== mine && !orphans.has(run.id)) refuseOwned(run);
      return states
        .filter((run) => run.owner !== mine)
        .flatMap((run) => this.#takeUp(run, { by, elsewhere, override }));
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
        this.#turns.record({ type: "lock.released", run, environment, deployed: deployedTo(state, environment) });
      }
      this.#turns.record({ type: "run.suspended", run, by, because });
    });
  }

  /**
   * The owner of the run does it. When nobody goes on with the run, this session adopts it, so that what is left of it ends
   * and no job of it ever starts again.
   */
  async cancel(run: RunId, { mode, by }: { mode: "graceful" | "now"; by: string }): Promise<void> {
    await this.#orphans.afterReaping([run], (orphans) => {
      const state = this.#openRun(run);
      this.#turns.record({ type: "run.cancel-requested", run, mode, by });
      if (orphans.has(run)) this.#takeUp(state, { by });
    });
  }

  /** Runs what failed, was skipped or cancelled again, as a run of this session; returns these jobs. */
  async retry(run: RunId, { by }: { by: string }): Promise<JobId[]> {
    return await this.#turns.ask(() => {
      const jobs = retryableJobs(this.#run(run));
      this.#turns.record({ type: "run.retry-requested", run, jobs });
      this.#turns.record({ type: "run.adopted", run, owner: this.#ports.lease.mine, by });
      return jobs;
    });
  }

  /** Anybody may answer, whoever owns the run; one without an owner goes on when somebody adopts it. Returns how many more must approve. */
  async answer(run: RunId, environment: string, { answer, by, ...more }: Answer): Promise<number> {
    return await this.#turns.ask(() => {
      const state = this.#run(run);
      requireOpenApproval(state, environment, { now: this.#turns.at, isOrphan: this.isOrphan(run) });
      const said = { run, environment, by, ...more };
      if (answer === "rejected") this.#turns.record({ type: "approval.answered", answer, ...said });
      else this.#turns.record(approvalBy(requireApprover(state, environment, by), said));
      return stillNeeded(state.environments.get(environment)!.approval);
    });
  }

  /** Keeps every run without an override from beginning to deploy there until that time, whoever owns it. */
  async freeze(environment: string, freeze: Pick<Freeze, "until" | "by" | "reason">): Promise<void> {
    await this.#turns.ask(() => {
      requireToCome(environment, freeze.until, this.#turns.at);
      this.#turns.record({ type: "environment.frozen", run: "", environment, ...freeze });
    });
  }

  /** Ends a freeze before its time. */
  async thaw(environment: string, thawed: { by: string; comment?: string }): Promise<void> {
    await this.#turns.ask(() => {
      requireFrozen(this.#state, environment, this.#turns.at);
      this.#turns.record({ type: "environment.thawed", run: "", environment, ...thawed });
    });
  }

  /** What failed there is not taken back: that is not possible, or not safe. */
  async declineRollback(environment: string, told: { failed: RunId; because: string }): Promise<void> {
    await this.#turns.ask(() => {
      requireOwed(this.#state, environment, told.failed);
      this.#turns.record({ type: "rollback.declined", run: "", environment, ...told });
    });
  }

  /** Refused when something is or was deployed there since that event: nobody can look for drift. */
  requireQuiet = (environment: string, since: number): Promise<void> =>
    this.#turns.ask(() => requireQuiet(this.#state, environment, since));

  /** What somebody found who looked for drift since that event; refused when something is or was deployed there meanwhile. */
  async noteDrift({ since, before, ...looked }: DriftFound): Promise<void> {
    await this.#turns.ask(() => {
      requireQuiet(this.#state, looked.environment, since);
      this.#turns.record({ type: "drift.looked", run: "", ...looked, ...before() });
    });
  }

  /** Whether nobody goes on with this run though it has not finished. */
  isOrphan(id: RunId): boolean {
    return this.#orphans.has(id);
  }

  /** Who is just making, of the same files, what this plan would make. */
  maker(plan: Plan): Maker | undefined {
    return this.#making.maker(plan);
  }

  #takeUp(
    run: RunState,
    { by, elsewhere, override }: { by: string; elsewhere?: Elsewhere; override?: string | undefined },
  ): Interrupted[] {
    const cutOff = this.#recordInterrupted(run, elsewhere);
    const goesOn = attemptsOf(this.#state, new Set([run])).map(({ token }) => token!);
    const told = {
      owner: this.#ports.lease.mine,
      by,
      ...(goesOn.length > 0 && { goesOn }),
      ...(override !== undefined && { override }),
    };
    this.#turns.record({ type: "run.adopted", run: run.id, ...told });
    return cutOff;
  }

  #recordInterrupted(run: RunState, elsewhere?: Elsewhere): Interrupted[] {
    const cutOff = attemptsOf(this.#state, new Set([run])).filter(({ token }) => elsewhere?.get(token!) !== "goes-on");
    for (const job of cutOff)
      this.#turns.record(eventOfCutOff(run, job, elsewhere?.get(job.token!) === "ended" ? "agent" : "here"));
    return cutOff.map(({ run: id, id: job }) => ({ run: id, job }));
  }

  #run(id: RunId): RunState {
    return requireRun(this.#turns.run(id), id, this.#state.runs.keys());
  }

  #openRun(id: RunId): RunState {
    return requireOpen(this.#run(id));
  }

  /** Called with every event that is recorded from now on, here or by others, once it is durable. Returns what ends it. */
  subscribe(listener: (recorded: Recorded) => void): () => void {
    return this.#turns.subscribe(listener);
  }

  /** Resolves when the run has finished (at once if it has); rejects when the engine stops or is closed before. */
  settled(run: RunId): Promise<RunFinished> {
    return this.#turns.settled(run);
  }

  /** See `Turns.close`. */
  close(): Promise<void> {
    return this.#turns.close();
  }

  /** A run that goes on or has finished, now or long ago; undefined when there is none. To be read, never changed. */
  run(id: RunId): RunState | undefined {
    return this.#turns.run(id);
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
