import type { decide } from "../../../src/engine/decide.ts";
import { type Engine, openEngine } from "../../../src/engine/drive.ts";
import type { Ports } from "../../../src/engine/ports.ts";
import type { Delivery } from "../../../src/model/delivery.ts";
import { plan } from "../../../src/plan/make-plan.ts";
import type { PlanRequest } from "../../../src/plan/plan.ts";
import { Chance } from "./chance.ts";
import { WallClock } from "./clock.ts";
import { Disk } from "./disk.ts";
import { Machine } from "./machine.ts";
import { randomDelivery } from "./random-delivery.ts";
import type { Acknowledged, Entry } from "./trace.ts";

/** Ways to break the world on purpose, to see whether anybody notices. */
export interface Sabotage {
  decide?: typeof decide;
  ports?: (ports: Ports) => Ports;
}

export interface WorldOptions {
  seed: number;
  record: (entry: Entry) => void;
  sabotage?: Sabotage;
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
  readonly #record: (entry: Entry) => void;
  readonly #sabotage: Sabotage;
  readonly #delivery: Delivery;
  /** How often this world crashes, out of 100 steps; how long it is unkind. */
  readonly #crashPercent: number;
  readonly #faultySteps: number;
  readonly #runsWanted: number;
  #engine: Engine | undefined;
  #recovered = false;
  #ids = 0;
  #runs = 0;
  #retriesLeft = 3;
  #calm = false;
  #recordedQuiet = -1;

  constructor({ seed, record, sabotage = {} }: WorldOptions) {
    const chance = new Chance(seed);
    this.#chance = chance;
    this.#record = record;
    this.#sabotage = sabotage;
    this.#disk = new Disk((recorded) => record({ kind: "durable", recorded }));
    this.#machine = new Machine({
      chance,
      record,
      now: () => this.#clock.now,
      failPercent: chance.pick([0, 5, 15, 40]),
      hangPercent: chance.pick([0, 5]),
    });
    this.#delivery = randomDelivery(chance);
    this.#crashPercent = chance.pick([0, 1, 3, 8]);
    this.#faultySteps = chance.between(20, 120);
    this.#runsWanted = chance.between(1, 3);
  }

  async live(): Promise<void> {
    for (let step = 0; step < this.#faultySteps; step += 1) await this.#step();
    this.#calm = true;
    for (let step = 0; step < 1500; step += 1) {
      if (this.#isOver()) break;
      await this.#step();
    }
    const state = this.#engine!.state;
    if (!this.#isOver()) this.#record({ kind: "stuck", state });
    this.#noteQuiet();
  }

  #isOver(): boolean {
    if (this.#engine === undefined || !this.#recovered || this.#disk.waiting > 0) return false;
    if (this.#runs < this.#runsWanted) return false;
    for (const run of this.#engine.state.runs.values()) if (run.finished === undefined) return false;
    return this.#machine.alive().length === 0 && this.#machine.untold().length === 0;
  }

  /** One thing happens, and all that follows from it at once. */
  async #step(): Promise<void> {
    if (this.#engine === undefined) await this.#open();
    else this.#act();
    for (let i = 0; i < 8; i += 1) await null;
    if (this.#disk.waiting === 0 && this.#recovered && this.#engine !== undefined && this.#chance.happens(20))
      this.#noteQuiet();
  }

  #noteQuiet(): void {
    if (this.#engine === undefined || this.#disk.journal.length === this.#recordedQuiet) return;
    this.#recordedQuiet = this.#disk.journal.length;
    this.#record({ kind: "quiet", state: this.#engine.state });
  }

  async #open(): Promise<void> {
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
    this.#recordedQuiet = -1;
    this.#record({ kind: "reopened", state: engine.state });
    engine.subscribe((recorded) => this.#record({ kind: "notified", recorded }));
    this.#follow(engine.recover(), engine, () => {
      this.#recovered = true;
      for (const run of engine.state.runs.keys())
        this.#follow(engine.settled(run), engine, (event) =>
          this.#told({ what: "finished", run, conclusion: event.conclusion }),
        );
    });
  }

  #act(): void {
    const chance = this.#chance;
    if (!this.#calm && chance.happens(this.#crashPercent)) return this.#crash();
    if (!this.#calm && chance.happens(0.5) && this.#disk.waiting > 0) return this.#disk.refuse();
    if (this.#disk.waiting > 0 && chance.happens(60))
      return this.#disk.flush(chance.between(1, this.#disk.waiting), "tell");
    if (this.#machine.reaping && chance.happens(30)) return this.#machine.finishReaping();
    if (!this.#calm && chance.happens(2)) return this.#repeatReport();
    if (chance.happens(this.#calm ? 8 : 12)) return this.#person();
    if (chance.happens(50) && this.#endSomething()) return;
    if (this.#tellSomething()) return;
    this.#passTime();
  }

  #crash(): void {
    const chance = this.#chance;
    if (chance.happens(50) && this.#disk.waiting > 0) this.#disk.flush(chance.between(1, this.#disk.waiting), "crash");
    this.#record({ kind: "crashed" });
    this.#goDown();
  }

  #goDown(): void {
    this.#disk.crash();
    this.#clock.crash();
    this.#machine.crash();
    this.#engine = undefined;
    this.#recovered = false;
  }

  #endSomething(): boolean {
    const alive = this.#machine
      .alive()
      .filter(
        (process) => process.fate !== "hang" || process.stopping !== "no" || this.#calm || this.#chance.happens(10),
      );
    if (alive.length === 0) return false;
    const process = this.#chance.pick(alive);
    this.#machine.end(process);
    if (process.baton === this.#machine.baton && this.#chance.happens(70)) this.#machine.tell(process);
    return true;
  }

  #tellSomething(): boolean {
    const untold = this.#machine.untold();
    if (untold.length === 0) return false;
    // Several reports may arrive in one go.
    const count = this.#chance.between(1, untold.length);
    for (let i = 0; i < count; i += 1) this.#machine.tell(untold[i]!);
    return true;
  }

  /** The same end is reported again, or that of an attempt of an earlier Baton. */
  #repeatReport(): void {
    const ended = this.#machine.processes.filter((process) => process.report !== undefined);
    if (ended.length > 0) this.#machine.tell(this.#chance.pick(ended));
  }

  #passTime(): void {
    const chance = this.#chance;
    const next = this.#clock.next();
    if (!this.#calm && chance.happens(5)) this.#clock.set(this.#clock.now + chance.between(-3_600_000, 3_600_000));
    else if (next !== undefined && (this.#calm || chance.happens(40))) this.#clock.set(Math.max(this.#clock.now, next));
    else this.#clock.set(this.#clock.now + chance.between(0, 100));
  }

  #person(): void {
    const engine = this.#engine!;
    if (!this.#recovered) return;
    const chance = this.#chance;
    if (this.#runs < this.#runsWanted && chance.happens(50)) return this.#createRun(engine);
    const runs = [...engine.state.runs.values()];
    if (runs.length === 0) return;
    const run = chance.pick(runs);
    if (run.finished !== undefined) {
      if (this.#retriesLeft === 0 || run.finished.conclusion === "succeeded") return;
      this.#retriesLeft -= 1;
      this.#follow(engine.retry(run.id), engine, (jobs) => {
        this.#told({ what: "retried", run: run.id, jobs });
        this.#follow(engine.settled(run.id), engine, (event) =>
          this.#told({ what: "finished", run: run.id, conclusion: event.conclusion }),
        );
      });
      return;
    }
    for (const { name, approval } of run.environments.values()) {
      if (approval.status !== "requested" || chance.happens(30)) continue;
      const answer = chance.happens(80) ? "approved" : "rejected";
      this.#follow(engine.answer(run.id, name, { answer, by: "ann" }), engine, () =>
        this.#told({ what: "answered", run: run.id, environment: name, answer }),
      );
      return;
    }
    if (!chance.happens(this.#calm ? 2 : 10)) return;
    const mode = chance.pick(["graceful", "now"] as const);
    this.#follow(engine.cancel(run.id, { mode, by: "bob" }), engine, () =>
      this.#told({ what: "cancelled", run: run.id, mode }),
    );
  }

  #createRun(engine: Engine): void {
    const chance = this.#chance;
    this.#runs += 1;
    const request: PlanRequest = {
      change: {
        event: chance.happens(5) ? "pull-request" : "push",
        commit: `c${this.#runs}`,
        branch: "main",
        changedSince: Object.fromEntries(
          ["c1", "c2", "c3"].filter(() => chance.happens(85)).map((commit) => [commit, this.#changedPaths()]),
        ),
        uncommitted: [],
      },
      environments: this.#delivery.environments.map((each) => each.name),
      pipelines: chance.happens(15) ? [chance.pick(this.#delivery.pipelines).name] : [],
      parameters: {},
      force: chance.happens(10) ? "all" : "none",
      history: { deployed: structuredClone(engine.state.deployed) },
    };
    const options = { delivery: this.#delivery, plan: plan(this.#delivery, request), parallel: chance.between(1, 3) };
    const rollback = chance.happens(8) ? { rollbackTo: 1 } : {};
    this.#follow(engine.createRun({ ...options, ...rollback }), engine, ({ run, release }) => {
      this.#told({ what: "created", run, release });
      this.#follow(engine.settled(run), engine, (event) =>
        this.#told({ what: "finished", run, conclusion: event.conclusion }),
      );
    });
  }

  #changedPaths(): string[] {
    return this.#delivery.pipelines.filter(() => this.#chance.happens(50)).map(({ name }) => `${name}/file`);
  }

  /** What a Baton that has died promised is heard by nobody; a Baton that stops because it cannot write is started again. */
  #follow<T>(promise: Promise<T>, engine: Engine, then: (value: T) => void): void {
    promise.then(
      (value) => {
        if (this.#engine === engine) then(value);
      },
      (error: unknown) => this.#failed(error, engine),
    );
  }

  #failed(error: unknown, engine: Engine): void {
    if (this.#engine !== engine) return;
    const cause = error instanceof Error ? error.cause : undefined;
    const isDiskFull = cause instanceof Error && cause.message.startsWith("no space");
    const wasClosed = error instanceof Error && error.message === "the engine was closed";
    if (!isDiskFull && !wasClosed) {
      this.#bug = error;
      return;
    }
    this.#record({ kind: "stopped" });
    this.#goDown();
  }

  #told(what: Acknowledged): void {
    this.#record({ kind: "acknowledged", what });
  }

  /** Something was thrown that nobody expected. */
  #bug: unknown;

  get bug(): unknown {
    return this.#bug;
  }
}
