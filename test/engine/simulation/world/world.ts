import type { decide } from "../../../../src/engine/decide.ts";
import { type Engine, openEngine } from "../../../../src/engine/engine.ts";
import type { Ports } from "../../../../src/engine/ports.ts";
import { EngineRefusal } from "../../../../src/engine/refusal.ts";
import type { Plan } from "../../../../src/plan/plan.ts";
import type { ReleaseHistory } from "../../../../src/release/history.ts";
import type { Moving } from "../../../../src/release/moves.ts";
import { Chance } from "./chance.ts";
import { Clocks } from "./clock.ts";
import { Disk } from "./disk.ts";
import { Machine } from "./machine.ts";
import { People } from "./people.ts";
import {
  askingSeveral,
  goingBack,
  irreversible,
  randomDelivery,
  undoing,
  verifying,
  withWindows,
} from "./random-delivery.ts";
import type { Entry } from "./trace.ts";

/** Ways to break the world on purpose, to see whether anybody notices. */
export interface Sabotage {
  decide?: typeof decide;
  ports?: (ports: Ports) => Ports;
  /** What somebody makes of the judgement about a promotion or rollback. */
  moving?: (moving: Moving, history: ReleaseHistory) => Moving;
  /** What somebody makes of its plan. */
  planned?: (plan: Plan) => Plan;
}

export interface WorldOptions {
  seed: number;
  record: (entry: Entry) => void;
  sabotage?: Sabotage;
  /** Instead of now and then: exactly here, counting flushes from 1; the one whose turn it is dies. */
  crash?: { flush: number; when: "before" | "after" };
}

/** One process that writes to the journal. */
interface Baton {
  session: string;
  engine: Engine;
  closing: boolean;
}

/**
 * One simulated life of a state folder: up to three Batons at a time, several runs, people who cancel, retry, approve and
 * adopt through whichever of them they sit at, a clock that is set, a disk that fills up, Batons that are killed at any
 * moment, and leases that are lost. After a while the faults stop, and everything must come to its end.
 */
export class World {
  readonly #chance: Chance;
  readonly #clocks = new Clocks();
  readonly #disk: Disk;
  readonly #machine: Machine;
  readonly #people: People;
  readonly #record: (entry: Entry) => void;
  readonly #sabotage: Sabotage;
  readonly #crashAt: WorldOptions["crash"];
  /** How often this world crashes, out of 100 steps, and how often a write that may wait does; how long it is unkind; how many Batons there are at most. */
  readonly #crashPercent: number;
  readonly #waitPercent: number;
  readonly #faultySteps: number;
  readonly #mostBatons: number;
  readonly #checkpointEvery: number;
  readonly #batons = new Map<string, Baton>();
  /** Sessions that are there and that nobody believes to be. */
  readonly #lost = new Set<string>();
  /** Whose write the disk has just refused. */
  #refused: string | undefined;
  #opening = 0;
  #ids = 0;
  #mood: "faulty" | "calm" | "adopting" = "faulty";
  /** Length of the journal when it was last quiet. */
  #quietAt = -1;
  flushes = 0;
  /** Something was thrown that nobody expected. */
  bug: unknown;

  constructor({ seed, record, sabotage = {}, crash }: WorldOptions) {
    const chance = new Chance(seed);
    this.#chance = chance;
    this.#record = record;
    this.#sabotage = sabotage;
    this.#crashAt = crash;
    this.#disk = new Disk({
      now: () => this.#clocks.elapsed,
      taken: (taken) => record({ kind: "taken", ...taken }),
      durable: (durable) => record({ kind: "durable", ...durable }),
      lost: (recorded) => record({ kind: "lost", recorded }),
    });
    this.#machine = new Machine({
      chance,
      record,
      now: () => this.#clocks.elapsed,
      isAlive: (session) => this.#batons.has(session) && !this.#lost.has(session),
      failPercent: chance.pick([0, 5, 15, 40]),
      hangPercent: chance.pick([0, 5]),
    });
    this.#crashPercent = crash === undefined ? chance.pick([0, 1, 3, 8]) : 0;
    this.#waitPercent = chance.pick([0, 50, 90]);
    this.#faultySteps = chance.between(15, 120);
    this.#mostBatons = chance.pick([1, 2, 2, 3]);
    this.#checkpointEvery = chance.pick([1, 7, 40]);
    this.#people = new People({
      chance,
      seed,
      now: () => this.#clocks.now,
      delivery: [verifying, goingBack, askingSeveral, withWindows, undoing, irreversible].reduce(
        (delivery, change) => change(delivery, seed),
        randomDelivery(chance),
      ),
      journal: () => this.#disk.journal,
      ...(sabotage.moving && { moving: sabotage.moving }),
      ...(sabotage.planned && { planned: sabotage.planned }),
      told: (what) => record({ kind: "acknowledged", what }),
      follow: (engine, promise, then) => this.#follow(engine, promise, then),
    });
  }

  async live(): Promise<void> {
    for (let step = 0; step < this.#faultySteps; step += 1) await this.#step();
    this.#mood = "calm";
    for (const session of this.#lost) this.#goDown("crashed", session);
    for (let step = 0; step < 1500 && !this.#isOver("mine"); step += 1) await this.#step();
    const alive = this.#alive();
    this.#record({ kind: "patient", state: this.#someEngine()!.state, alive });
    this.#mood = "adopting";
    for (let step = 0; step < 1500 && !this.#isOver("all"); step += 1) await this.#step();
    if (!this.#isOver("all")) this.#record({ kind: "stuck", state: this.#someEngine()!.state });
    this.#noteQuiet();
  }

  /** Whether all runs have finished, or at least those that somebody goes on with, and everybody knows. */
  #isOver(which: "mine" | "all"): boolean {
    const engine = this.#someEngine();
    if (engine === undefined || this.#people.wantMore || this.#opening > 0) return false;
    if (this.#disk.waiting().length > 0 || this.#disk.behind().length > 0 || this.#machine.reaping) return false;
    for (const run of engine.state.open) if (which === "all" || !engine.isOrphan(run)) return false;
    const alive = this.#machine.alive().filter((process) => which === "all" || this.#machine.isHeard(process));
    return alive.length === 0 && this.#machine.untold().length === 0;
  }

  #someEngine(): Engine | undefined {
    for (const { engine } of this.#batons.values()) return engine;
    return undefined;
  }

  #alive(): ReadonlySet<string> {
    return new Set([...this.#batons.keys()].filter((session) => !this.#lost.has(session)));
  }

  /** One thing happens, and all that follows from it at once. */
  async #step(): Promise<void> {
    const chance = this.#chance;
    const missing = this.#mostBatons - this.#batons.size - this.#opening;
    const none = this.#batons.size + this.#opening === 0;
    if (none || (missing > 0 && this.#mood === "faulty" && chance.happens(8))) this.#open();
    else this.#act();
    for (let i = 0; i < 12; i += 1) await null;
    // Also when nobody waited for anything of it.
    if (this.#refused !== undefined) this.#goDown("stopped", this.#refused);
    this.#refused = undefined;
    if (chance.happens(20)) this.#noteQuiet();
  }

  #noteQuiet(): void {
    if (this.#disk.waiting().length > 0 || this.#disk.behind().length > 0 || this.#opening > 0) return;
    if (this.#disk.journal.length === this.#quietAt) return;
    this.#quietAt = this.#disk.journal.length;
    const alive = this.#alive();
    for (const { session, engine } of this.#batons.values()) {
      this.#record({ kind: "quiet", session, state: engine.state, alive });
    }
  }

  #open(): void {
    const session = `s${++this.#ids}`;
    const ports: Ports = {
      clock: this.#clocks.port(session),
      store: this.#disk.store(session),
      runner: this.#machine.runner(session),
      ids: { run: () => `run-${++this.#ids}`, token: () => `t${++this.#ids}` },
      lease: { mine: session, isAlive: (other) => this.#batons.has(other) && !this.#lost.has(other) },
    };
    const { decide } = this.#sabotage;
    this.#opening += 1;
    const checkpointEvery = this.#checkpointEvery;
    openEngine(this.#sabotage.ports?.(ports) ?? ports, { checkpointEvery, ...(decide && { decide }) }).then(
      (engine) => {
        this.#opening -= 1;
        this.#batons.set(session, { session, engine, closing: false });
        this.#record({ kind: "opened", session, state: engine.state });
        this.#quietAt = -1;
        engine.subscribe((recorded) => this.#record({ kind: "notified", recorded, session }));
        for (const run of engine.state.runs.keys()) this.#people.awaitEnd(engine, run);
      },
      (error: unknown) => {
        this.bug = error;
      },
    );
  }

  #act(): void {
    const chance = this.#chance;
    const isFaulty = this.#mood === "faulty";
    const waiting = this.#disk.waiting();
    const behind = this.#disk.behind();
    const baton = chance.pick([...this.#batons.values()]);
    if (baton === undefined) return;
    if (isFaulty && chance.happens(this.#crashPercent)) this.#crash(baton.session);
    else if (isFaulty && this.#disk.open !== undefined && chance.happens(10 * this.#crashPercent))
      this.#goDown("crashed", this.#disk.open);
    else if (isFaulty && chance.happens(0.5)) this.#close(baton);
    else if (isFaulty && chance.happens(0.3)) this.#loseLease(baton.session);
    else if (isFaulty && waiting.length > 0 && chance.happens(0.6)) this.#refuse(chance.pick(waiting));
    else if (waiting.length > 0 && chance.happens(60)) this.#write(chance.pick(waiting));
    else if (behind.length > 0 && chance.happens(30)) this.#disk.look(chance.pick(behind));
    else if (this.#machine.reaping && chance.happens(30)) this.#machine.finishReaping();
    else if (isFaulty && chance.happens(2)) this.#repeatReport();
    else if (!baton.closing && chance.happens(18)) this.#peopleAct(baton.engine);
    else if (!(chance.happens(50) && this.#endSomething()) && !this.#tellSomething()) this.#passTime();
  }

  #peopleAct(engine: Engine): void {
    const orphans = [...engine.state.open].filter((run) => engine.isOrphan(run));
    if (this.#mood === "adopting" && orphans.length > 0) this.#people.adopt(engine, this.#chance.pick(orphans));
    else this.#people.act(engine, this.#mood === "faulty" ? "hasty" : "patient");
  }

  #write(session: string): void {
    if (this.#chance.happens(this.#waitPercent)) this.#disk.take(session);
    else this.#flush(session);
  }

  #flush(session: string): void {
    this.flushes += 1;
    const crash = this.#crashAt?.flush === this.flushes ? this.#crashAt.when : undefined;
    if (crash !== "before") this.#disk.flush(session, crash === "after" ? "crash" : "tell");
    if (crash !== undefined) this.#goDown("crashed", session);
  }

  #refuse(session: string): void {
    this.#refused = session;
    this.#disk.refuse(session);
  }

  /** Somebody ends a Baton in good order. */
  #close(baton: Baton): void {
    baton.closing = true;
    this.#follow(baton.engine, baton.engine.close(), () => this.#goDown("closed", baton.session));
  }

  #crash(session: string): void {
    if (this.#disk.waiting().includes(session) && this.#chance.happens(50)) this.#disk.flush(session, "crash");
    this.#goDown("crashed", session);
  }

  #loseLease(session: string): void {
    this.#lost.add(session);
    this.#record({ kind: "lease lost", session });
  }

  #goDown(kind: "crashed" | "stopped" | "closed", session: string): void {
    if (!this.#batons.delete(session)) return;
    this.#record({ kind, session });
    this.#lost.delete(session);
    this.#disk.crash(session);
    this.#clocks.crash(session);
    this.#machine.crash(session);
  }

  #endSomething(): boolean {
    const isKind = this.#mood !== "faulty";
    const alive = this.#machine
      .alive()
      .filter(({ fate, stopping }) => fate !== "hang" || stopping !== "no" || isKind || this.#chance.happens(10));
    if (alive.length === 0) return false;
    const process = this.#chance.pick(alive);
    this.#machine.end(process);
    if (this.#machine.isHeard(process) && this.#chance.happens(70)) this.#machine.tell(process);
    return true;
  }

  /** Several reports may arrive in one go. */
  #tellSomething(): boolean {
    const untold = this.#machine.untold();
    if (untold.length === 0) return false;
    const count = this.#chance.between(1, untold.length);
    for (const process of untold.slice(0, count)) this.#machine.tell(process);
    return true;
  }

  /** The same end is reported again. */
  #repeatReport(): void {
    const ended = this.#machine.processes.filter((process) => process.report !== undefined);
    if (ended.length > 0) this.#machine.tell(this.#chance.pick(ended));
  }

  #passTime(): void {
    const chance = this.#chance;
    const isFaulty = this.#mood === "faulty";
    const next = this.#clocks.untilNext();
    if (isFaulty && chance.happens(5)) this.#clocks.set(chance.between(-3_600_000, 3_600_000));
    else if (next !== undefined && (!isFaulty || chance.happens(40))) this.#clocks.pass(next);
    else this.#clocks.pass(chance.between(0, 100));
  }

  /**
   * What a Baton that has died promised is heard by nobody; one that stops because it cannot write is gone. People see what
   * was so a moment ago, so that now and then what they ask is refused.
   */
  #follow<T>(engine: Engine, promise: Promise<T>, then: (value: T) => void): void {
    const isThere = () => [...this.#batons.values()].find((baton) => baton.engine === engine);
    promise.then(
      (value) => {
        if (isThere()) then(value);
      },
      (error: unknown) => {
        const baton = isThere();
        if (baton === undefined) return;
        const cause = error instanceof Error ? error.cause : undefined;
        if (cause instanceof Error && cause.message.startsWith("no space")) this.#goDown("stopped", baton.session);
        // Those who wait for the end of a run hear that it will be later.
        else if (baton.closing) return;
        else if (!(error instanceof EngineRefusal && tooLate.has(error.code))) this.bug = error;
      },
    );
  }
}

const tooLate = new Set([
  "has-finished",
  "not-finished",
  "not-waiting",
  "expired",
  "runs-elsewhere",
  "nothing-to-retry",
  "not-frozen",
  "over-already",
]);
