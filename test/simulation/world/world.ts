import type { decide } from "../../../src/engine/decide.ts";
import { type Engine, openEngine } from "../../../src/engine/drive.ts";
import type { Ports } from "../../../src/engine/ports.ts";
import { Chance } from "./chance.ts";
import { WallClock } from "./clock.ts";
import { Disk } from "./disk.ts";
import { Machine } from "./machine.ts";
import { People } from "./people.ts";
import { randomDelivery } from "./random-delivery.ts";
import type { Entry } from "./trace.ts";

/** Ways to break the world on purpose, to see whether anybody notices. */
export interface Sabotage {
  decide?: typeof decide;
  ports?: (ports: Ports) => Ports;
}

export interface WorldOptions {
  seed: number;
  record: (entry: Entry) => void;
  sabotage?: Sabotage;
  /** Instead of now and then: exactly here, counting flushes from 1. */
  crash?: { flush: number; when: "before" | "after" };
}

/**
 * One simulated life of a state folder: several runs, people who cancel, retry and approve, a clock that is set, a disk that
 * fills up, and a Baton that is killed at any moment. After a while the faults stop, and everything must come to its end.
 */
export class World {
  readonly #chance: Chance;
  readonly #clock = new WallClock();
  readonly #disk: Disk;
  readonly #machine: Machine;
  readonly #people: People;
  readonly #record: (entry: Entry) => void;
  readonly #sabotage: Sabotage;
  readonly #crashAt: WorldOptions["crash"];
  /** How often this world crashes, out of 100 steps; how long it is unkind. */
  readonly #crashPercent: number;
  readonly #faultySteps: number;
  #engine: Engine | undefined;
  #recovered = false;
  #ids = 0;
  #closing = false;
  #calm = false;
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
    this.#disk = new Disk((recorded) => record({ kind: "durable", recorded }));
    this.#machine = new Machine({
      chance,
      record,
      now: () => this.#clock.now,
      failPercent: chance.pick([0, 5, 15, 40]),
      hangPercent: chance.pick([0, 5]),
    });
    this.#crashPercent = crash === undefined ? chance.pick([0, 1, 3, 8]) : 0;
    this.#faultySteps = chance.between(15, 80);
    this.#people = new People({
      chance,
      delivery: randomDelivery(chance),
      told: (what) => record({ kind: "acknowledged", what }),
      follow: (promise, then) => this.#follow(promise, then),
    });
  }

  async live(): Promise<void> {
    for (let step = 0; step < this.#faultySteps; step += 1) await this.#step();
    this.#calm = true;
    for (let step = 0; step < 1500 && !this.#isOver(); step += 1) await this.#step();
    if (!this.#isOver()) this.#record({ kind: "stuck", state: this.#engine!.state });
    this.#noteQuiet();
  }

  #isOver(): boolean {
    if (this.#engine === undefined || !this.#recovered || this.#disk.waiting > 0 || this.#people.wantMore) return false;
    for (const run of this.#engine.state.runs.values()) if (run.finished === undefined) return false;
    return this.#machine.alive().length === 0 && this.#machine.untold().length === 0;
  }

  /** One thing happens, and all that follows from it at once. */
  async #step(): Promise<void> {
    if (this.#engine === undefined) this.#open();
    else this.#act(this.#engine);
    for (let i = 0; i < 8; i += 1) await null;
    if (this.#disk.waiting === 0 && this.#recovered && this.#chance.happens(20)) this.#noteQuiet();
  }

  #noteQuiet(): void {
    if (this.#engine === undefined || this.#disk.journal.length === this.#quietAt) return;
    this.#quietAt = this.#disk.journal.length;
    this.#record({ kind: "quiet", state: this.#engine.state });
  }

  #open(): void {
    const ports: Ports = {
      clock: this.#clock.port(),
      store: this.#disk.store(),
      runner: this.#machine.runner(),
      ids: { run: () => `run-${++this.#ids}`, token: () => `t${++this.#ids}` },
    };
    const { decide } = this.#sabotage;
    const engine = openEngine(this.#sabotage.ports?.(ports) ?? ports, decide === undefined ? {} : { decide });
    this.#engine = engine;
    this.#recovered = false;
    this.#quietAt = -1;
    this.#record({ kind: "reopened", state: engine.state });
    engine.subscribe((recorded) => this.#record({ kind: "notified", recorded }));
    this.#follow(engine.recover(), () => {
      this.#recovered = true;
      for (const run of engine.state.runs.keys()) this.#people.awaitEnd(engine, run);
    });
  }

  #act(engine: Engine): void {
    const chance = this.#chance;
    const { waiting } = this.#disk;
    if (!this.#calm && chance.happens(this.#crashPercent)) this.#crash();
    else if (this.#closing) this.#disk.flush(waiting, "tell");
    else if (!this.#calm && chance.happens(0.5)) this.#close(engine);
    else if (!this.#calm && waiting > 0 && chance.happens(0.6)) this.#disk.refuse();
    else if (waiting > 0 && chance.happens(60)) this.#flush(chance.between(1, waiting));
    else if (this.#machine.reaping && chance.happens(30)) this.#machine.finishReaping();
    else if (!this.#calm && chance.happens(2)) this.#repeatReport();
    else if (this.#recovered && chance.happens(12)) this.#people.act(engine, this.#calm ? "patient" : "hasty");
    else if (!(chance.happens(50) && this.#endSomething()) && !this.#tellSomething()) this.#passTime();
  }

  #flush(count: number): void {
    this.flushes += 1;
    const crash = this.#crashAt?.flush === this.flushes ? this.#crashAt.when : undefined;
    if (crash !== "before") this.#disk.flush(count, crash === "after" ? "crash" : "tell");
    if (crash !== undefined) this.#goDown("crashed");
  }

  /** Somebody ends Baton in good order. */
  #close(engine: Engine): void {
    this.#closing = true;
    this.#follow(engine.close(), () => this.#goDown("closed"));
  }

  #crash(): void {
    const { waiting } = this.#disk;
    if (waiting > 0 && this.#chance.happens(50)) this.#disk.flush(this.#chance.between(1, waiting), "crash");
    this.#goDown("crashed");
  }

  #goDown(kind: "crashed" | "stopped" | "closed"): void {
    this.#record({ kind });
    this.#closing = false;
    this.#disk.crash();
    this.#clock.crash();
    this.#machine.crash();
    this.#engine = undefined;
    this.#recovered = false;
  }

  #endSomething(): boolean {
    const alive = this.#machine
      .alive()
      .filter(({ fate, stopping }) => fate !== "hang" || stopping !== "no" || this.#calm || this.#chance.happens(10));
    if (alive.length === 0) return false;
    const process = this.#chance.pick(alive);
    this.#machine.end(process);
    if (process.baton === this.#machine.baton && this.#chance.happens(70)) this.#machine.tell(process);
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

  /** The same end is reported again, or that of an attempt of an earlier Baton. */
  #repeatReport(): void {
    const ended = this.#machine.processes.filter((process) => process.report !== undefined);
    if (ended.length > 0) this.#machine.tell(this.#chance.pick(ended));
  }

  #passTime(): void {
    const chance = this.#chance;
    const { now } = this.#clock;
    const next = this.#clock.next();
    if (!this.#calm && chance.happens(5)) this.#clock.set(now + chance.between(-3_600_000, 3_600_000));
    else if (next !== undefined && (this.#calm || chance.happens(40))) this.#clock.set(Math.max(now, next));
    else this.#clock.set(now + chance.between(0, 100));
  }

  /** What a Baton that has died promised is heard by nobody; one that stops because it cannot write is started again. */
  #follow<T>(promise: Promise<T>, then: (value: T) => void): void {
    const engine = this.#engine;
    promise.then(
      (value) => {
        if (this.#engine === engine) then(value);
      },
      (error: unknown) => {
        if (this.#engine !== engine) return;
        const cause = error instanceof Error ? error.cause : undefined;
        if (cause instanceof Error && cause.message.startsWith("no space")) this.#goDown("stopped");
        // Those who wait for the end of a run hear that it will be later.
        else if (this.#closing) return;
        else this.bug = error;
      },
    );
  }
}
