import type { Engine } from "../../engine/engine.ts";
import { isHeldUp } from "../../engine/policies/freeze.ts";
import { standsBehind } from "../../engine/policies/take-back.ts";
import { opensFor } from "../../engine/policies/window.ts";
import type { JobState, RunState, State } from "../../engine/state.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { Service } from "../../runner/services.ts";
import { processOf } from "../../store/lease.ts";
import type { Actor } from "../control.ts";
import type { Begun, Underway, Watcher } from "../host.ts";
import type { JobId, RunId } from "../views/events.ts";
import { leftBy } from "../views/half-deployed.ts";
import { type ApprovalView, approvalsIn, mostAttemptsOf, type RunView, runView } from "../views/run.ts";
import { type OwedView, owedIn } from "../views/status.ts";
import { timeLeft } from "../views/time-left.ts";
import { asRefusal, type Session } from "./session.ts";
import { tidyUp } from "./tidy-up.ts";

/** What a verb does to the run once everybody listens. */
export type Begin = (beginning: Beginning) => Promise<Begun>;

export interface Beginning extends Required<Pick<Watcher, "waitsFor">> {
  /** A new run says what it is called before anything of it happens. */
  isCalled(run: RunId): void;
  /** Nobody wants it any more. */
  signal: AbortSignal;
}

export interface LocalUnderwayOptions {
  /** Of a new one it is not known yet. */
  run?: RunId;
  by: Actor;
  begin: Begin;
  /** Tells people what happens, until what it answers with is called. Undefined: nobody is to be told, or somebody else does. */
  tell(delivery: Delivery): Promise<(() => Promise<void>) | undefined>;
}

/** A run that this process makes go on. */
export class LocalUnderway implements Underway {
  #run: RunId | undefined;
  readonly stateFolder: string;
  readonly #session: Session;
  readonly #begin: Begin;
  readonly #by: Actor;
  readonly #givenUp = new AbortController();
  /** When the run was made and when it ended, by a clock that nobody sets; unknown for a run of an earlier process. */
  readonly #elapsed: { from?: number; to?: number } = {};

  readonly #tell: LocalUnderwayOptions["tell"];
  #stopTelling: (() => Promise<void>) | undefined;

  constructor(session: Session, { run, by, begin, tell }: LocalUnderwayOptions) {
    this.#run = run;
    this.stateFolder = session.project.stateFolder;
    this.#session = session;
    this.#begin = begin;
    this.#by = by;
    this.#tell = tell;
  }

  get run(): RunId {
    if (this.#run === undefined) throw new Error("the run has not begun");
    return this.#run;
  }

  async begin(watcher: Watcher): Promise<Begun> {
    const { engine, runner } = this.#session;
    engine.subscribe((recorded) => {
      if (recorded.event.run !== this.#run) return;
      if (recorded.event.type === "run.created") this.#elapsed.from = performance.now();
      if (recorded.event.type === "run.finished") this.#elapsed.to = performance.now();
      watcher.event(recorded);
    });
    runner.onOutput((line) => watcher.output(line));
    try {
      const begun = await this.#begin({
        isCalled: (run) => {
          this.#run = run;
        },
        waitsFor: (maker) => watcher.waitsFor?.(maker),
        signal: this.#givenUp.signal,
      });
      if (this.#state !== undefined) this.#stopTelling = await this.#tell(this.#state.delivery);
      return begun;
    } catch (error) {
      throw asRefusal(error);
    }
  }

  left(): string[] {
    const state = this.#state;
    return state === undefined ? [] : leftBy(this.#engine.state, state);
  }

  view(): RunView | undefined {
    const state = this.#state;
    if (state === undefined) return undefined;
    // What is shown is durable: the state may be ahead of the journal.
    this.#session.store.flush();
    const view = runView(this.#engine.state, state, Date.now());
    const { from, to = performance.now() } = this.#elapsed;
    return from === undefined ? view : { ...view, durationMs: Math.round(to - from) };
  }

  approvals(): ApprovalView[] {
    return this.#state === undefined ? [] : approvalsIn(this.#state);
  }

  expected(): ReadonlyMap<JobId, number> {
    return this.#session.store.durations();
  }

  leftMs(expected: ReadonlyMap<JobId, number>): number | undefined {
    return this.#state && timeLeft(this.#state, expected, Date.now());
  }

  mostAttempts(job: JobId): number {
    const known = this.#state?.jobs.get(job);
    return known === undefined ? 1 : mostAttemptsOf(known);
  }

  stepName(job: JobId, step: number): string {
    return this.#state?.jobs.get(job)?.definition.steps[step]?.name ?? "";
  }

  async answer(environment: string, answer: "approved" | "rejected"): Promise<void> {
    try {
      await this.#engine.answer(this.run, environment, {
        answer,
        by: this.#by.name,
        ...(this.#by.isVerified && { verified: true }),
      });
    } catch (error) {
      throw asRefusal(error);
    }
  }

  owed(): OwedView[] {
    return owedIn(this.#engine.state).filter(({ failed }) => failed === this.#run);
  }

  giveUp(): void {
    this.#givenUp.abort();
  }

  async cancel(mode: "graceful" | "now"): Promise<void> {
    if (this.#run === undefined) return this.giveUp();
    if (this.#state?.finished !== undefined) return;
    await this.#engine.cancel(this.run, { mode, by: this.#by.name }).catch(() => {});
  }

  queuedBehind(): { environment: string; run: RunId; pid: number | undefined }[] {
    const { runs, environments } = this.#engine.state;
    return [...(this.#state?.environments.values() ?? [])].flatMap(({ name, lock }) => {
      const holder = lock === "waiting" ? environments.get(name)?.holder : undefined;
      // What somebody who is gone holds is taken from them at once.
      if (holder === undefined || this.#engine.isOrphan(holder)) return [];
      const owner = runs.get(holder)?.owner;
      return [{ environment: name, run: holder, pid: owner === undefined ? undefined : processOf(owner) }];
    });
  }

  async atRest(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.#state !== undefined && rests(this.#engine.state, this.#state)) resolve();
    };
    const stop = this.#engine.subscribe(look);
    const failed = Promise.withResolvers<never>();
    this.#engine.settled(this.run).catch(failed.reject);
    look();
    try {
      await Promise.race([promise, failed.promise]);
    } catch (error) {
      throw asRefusal(error);
    } finally {
      stop();
    }
  }

  get isAtRest(): boolean {
    return this.#state !== undefined && rests(this.#engine.state, this.#state);
  }

  async ended(): Promise<void> {
    try {
      await this.#engine.settled(this.run);
    } catch (error) {
      throw asRefusal(error);
    }
  }

  services(): Service[] {
    return this.#session.runner.listServices();
  }

  async stopService(service: Service): Promise<void> {
    await this.#session.runner.stopService(service);
  }

  async tidyUp(): Promise<void> {
    await tidyUp(this.#session, this.run);
  }

  async close(): Promise<void> {
    await this.#session.close();
    await this.#stopTelling?.();
  }

  get #engine(): Engine {
    return this.#session.engine;
  }

  get #state(): RunState | undefined {
    return this.#run === undefined ? undefined : this.#engine.run(this.#run);
  }
}

/** Whether nothing happens until a person does something, a freeze is over or a window opens. Whoever waits for another run does not rest. */
function rests({ environments }: State, run: RunState): boolean {
  if (run.finished !== undefined) return true;
  const pending = run.ready.size + run.toSkip.size + run.toAsk.size + run.toRelease.size;
  if (run.running > 0 || run.backingOff > 0 || pending > 0 || run.open === 0) return false;
  const isKeptOut = ({ planned }: JobState) => {
    const there = environments.get(planned.environment ?? "");
    if (there === undefined || there.holder !== undefined) return false;
    const now = Date.now();
    const isOutside = opensFor(run, there.name, now) !== undefined;
    return isOutside || isHeldUp(run, there.freeze, now) || standsBehind(run, there.owed);
  };
  return !run.list.some((job) => job.stage === "group" || (job.stage === "lock" && !isKeptOut(job)));
}
