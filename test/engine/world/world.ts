import { type Engine, openEngine } from "../../../src/engine/engine.ts";
import type { EngineEvent, Recorded } from "../../../src/engine/events.ts";
import type { Ended, Launch, Ports, Store } from "../../../src/engine/ports.ts";

interface Held {
  events: readonly EngineEvent[];
  at: number;
  durable: PromiseWithResolvers<void>;
}

/** A journal in memory, a clock that stands still, and a runner whose jobs end when the test says so. */
export class World {
  /** On the wall, and since some moment. */
  now = 1_000_000;
  elapsed = 0;
  readonly journal: Recorded[] = [];
  readonly launches: Launch[] = [];
  readonly stops: { token: string; mode: "graceful" | "now" }[] = [];
  readonly reaped: string[] = [];
  /** Attempts that another machine runs: it goes on when the Baton that started them has gone. */
  readonly goOn = new Set<string>();
  /** Runs of which was reaped whatever the journal does not know of. */
  readonly reapedRuns: string[] = [];
  /** Set to keep turns that may wait from being durable, until one that may not comes, or `write` is called. */
  slow = false;
  #held: Held[] = [];
  /** How many events each write had. */
  writes: number[] = [];
  readonly watchers = new Map<string, () => void>();
  /** Set to make the next writes fail. */
  broken: Error | undefined;
  readonly #runners = new Map<string, (ended: Ended) => void>();
  #alarms: { session: string; at: number; wake: () => void }[] = [];
  #ids = 0;
  #sessions = 0;
  /** Sessions that are there. */
  readonly alive = new Set<string>();

  readonly ports: Ports = {
    clock: {
      now: () => this.now,
      elapsed: () => this.elapsed,
      wakeAfter: (ms, wake) => this.#wakeAfter("nobody", { ms, wake }),
    },
    store: this.store("nobody"),
    runner: {
      start: (launch) => this.launches.push(launch),
      stop: (token, mode) => this.stops.push({ token, mode }),
      leave: (token, mode) => this.stops.push({ token, mode }),
      onEnded: (listener) => this.#runners.set("nobody", listener),
      reap: async ({ tokens, runs, adopts }) => {
        const elsewhere = tokens.filter((token) => this.goOn.has(token));
        this.reaped.push(...tokens.filter((token) => !adopts || !elsewhere.includes(token)));
        this.reapedRuns.push(...runs);
        return new Map(elsewhere.map((token) => [token, adopts ? "goes-on" : "ended"]));
      },
    },
    ids: { run: () => `run-${++this.#ids}`, token: () => `token-${++this.#ids}` },
    lease: { mine: "nobody", isAlive: (session) => this.alive.has(session) },
  };

  /** A new Baton on the same journal, which takes up what is open; the one before is dead. */
  async open(): Promise<Engine> {
    this.die();
    const engine = await this.beside();
    await engine.adopt([...engine.state.open], { by: "ann" });
    return engine;
  }

  /** This Baton is gone, or all that were there. */
  die(session?: string): void {
    for (const gone of session === undefined ? [...this.alive] : [session]) {
      this.alive.delete(gone);
      this.watchers.delete(gone);
      this.#runners.delete(gone);
      this.#alarms = this.#alarms.filter((alarm) => alarm.session !== gone);
    }
  }

  /** The session that goes on with a run, as the journal has it. */
  owner(run: string): string {
    const last = this.journal.findLast(({ event }) => event.run === run && "owner" in event);
    return (last!.event as { owner: string }).owner;
  }

  /** One more Baton on the same journal, beside those that are there. */
  async beside(): Promise<Engine> {
    const mine = `session-${++this.#sessions}`;
    this.alive.add(mine);
    const lease = { mine, isAlive: this.ports.lease.isAlive };
    const { clock, runner } = this.ports;
    const ports: Ports = {
      ...this.ports,
      lease,
      store: this.store(mine),
      clock: { ...clock, wakeAfter: (ms, wake) => this.#wakeAfter(mine, { ms, wake }) },
      runner: {
        ...runner,
        start: (launch) => runner.start(launch),
        onEnded: (listener) => this.#runners.set(mine, listener),
      },
    };
    return await openEngine(ports);
  }

  /** What one of them sees of the journal. `watch` calls back as soon as others have written. */
  store(session: string): Store {
    const world = this;
    let seen = 0;
    let turns: Promise<unknown> = Promise.resolve();
    return {
      checkpoint: () => undefined,
      async *events(behind) {
        seen = world.journal.length;
        yield structuredClone(world.journal.slice(behind));
      },
      runEvents: (run) => structuredClone(world.journal.filter(({ event }) => event.run === run)),
      turn(take) {
        const durable = Promise.withResolvers<void>();
        turns = turns.then(() => {
          if (world.broken !== undefined) return durable.reject(world.broken);
          const { events, at, ahead } = take(structuredClone(world.journal.slice(seen)));
          world.#held.push({ events: structuredClone(events), at, durable });
          ahead?.();
          if (!world.slow || ahead === undefined) world.write();
          seen = world.journal.length;
        });
        turns.catch(durable.reject);
        return durable.promise;
      },
      watch(changed) {
        const look = () => {
          if (seen < world.journal.length) changed();
        };
        world.watchers.set(session, look);
        return () => world.watchers.delete(session);
      },
    };
  }

  /** Makes durable what was kept from it. */
  write(): void {
    for (const { events, at, durable } of this.#held.splice(0)) {
      for (const event of events) this.journal.push({ seq: this.journal.length + 1, at, version: 1, event });
      if (events.length > 0) this.writes.push(events.length);
      durable.resolve();
    }
    for (const changed of [...this.watchers.values()]) changed();
  }

  /** Loses it, as a crash does. */
  lose(): void {
    this.#held = [];
  }

  #wakeAfter(session: string, { ms, wake }: { ms: number; wake: () => void }): () => void {
    const alarm = { session, at: this.elapsed + ms, wake };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((each) => each !== alarm);
    };
  }

  async advanceClock(byMs: number): Promise<void> {
    this.now += byMs;
    this.elapsed += byMs;
    const due = this.#alarms.filter((alarm) => alarm.at <= this.elapsed);
    this.#alarms = this.#alarms.filter((alarm) => alarm.at > this.elapsed);
    for (const alarm of due) alarm.wake();
    await settle();
  }

  /** Ends the running attempt of a job. */
  async end(jobId: string, result: Ended["result"] | "ok" | "failed" | "stopped" = "ok"): Promise<void> {
    const launch = this.launches.findLast((each) => each.job === jobId);
    if (launch === undefined) throw new Error(`${jobId} was not started`);
    this.report(launch.token, result);
    await settle();
  }

  report(token: string, result: Ended["result"] | "ok" | "failed" | "stopped"): void {
    const results: Record<string, Ended["result"]> = {
      ok: { kind: "succeeded", outputs: {}, artifacts: {} },
      failed: { kind: "failed", failure: { kind: "exit", message: "exit status 1", exitCode: 1 } },
      stopped: { kind: "stopped" },
    };
    const ended = { token, durationMs: 5, result: typeof result === "string" ? results[result]! : result };
    for (const listener of this.#runners.values()) listener(ended);
  }

  get started(): string[] {
    return this.launches.map((launch) => launch.job);
  }

  events<T extends EngineEvent["type"]>(type: T): Extract<EngineEvent, { type: T }>[] {
    return this.journal.map((each) => each.event).filter((event) => event.type === type) as Extract<
      EngineEvent,
      { type: T }
    >[];
  }

  /** The journal as one line per event, without runs and tokens: `job.started web.build`. */
  get story(): string[] {
    return this.journal.map(({ event }) => {
      const what = "job" in event ? event.job : "environment" in event ? event.environment : "";
      const how =
        "code" in event ? event.code : "answer" in event ? event.answer : "conclusion" in event ? event.conclusion : "";
      return [event.type, what, how].filter((part) => part !== "").join(" ");
    });
  }
}

/** Lets everything that is ready to go on go on: promises only, no time passes. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await null;
}
