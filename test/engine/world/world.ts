import { openEngine } from "../../../src/engine/drive.ts";
import type { EngineEvent, Recorded } from "../../../src/engine/events.ts";
import type { Ended, Launch, Ports } from "../../../src/engine/ports.ts";

/** A journal in memory, a clock that stands still, and a runner whose jobs end when the test says so. */
export class World {
  now = 1_000_000;
  readonly journal: Recorded[] = [];
  readonly launches: Launch[] = [];
  readonly stops: { token: string; mode: "graceful" | "now" }[] = [];
  readonly reaped: string[] = [];
  /** Set to make the next writes fail. */
  broken: Error | undefined;
  #listener: (ended: Ended) => void = () => {};
  #alarms: { at: number; wake: () => void }[] = [];
  #ids = 0;

  readonly ports: Ports = {
    clock: {
      now: () => this.now,
      wakeAt: (at, wake) => {
        const alarm = { at, wake };
        this.#alarms.push(alarm);
        return () => {
          this.#alarms = this.#alarms.filter((each) => each !== alarm);
        };
      },
    },
    store: {
      load: () => structuredClone(this.journal),
      append: async (events, at) => {
        if (this.broken !== undefined) throw this.broken;
        for (const event of structuredClone(events)) {
          this.journal.push({ seq: this.journal.length + 1, at, version: 1, event });
        }
      },
    },
    runner: {
      start: (launch) => this.launches.push(launch),
      stop: (token, mode) => this.stops.push({ token, mode }),
      onEnded: (listener) => {
        this.#listener = listener;
      },
      reap: async (tokens) => {
        this.reaped.push(...tokens);
      },
    },
    ids: { run: () => `run-${++this.#ids}`, token: () => `token-${++this.#ids}` },
  };

  /** A new Baton on the same journal; the one before is dead. */
  async open() {
    this.#alarms = [];
    const engine = openEngine(this.ports);
    await engine.recover();
    return engine;
  }

  async advanceClock(byMs: number): Promise<void> {
    this.now += byMs;
    const due = this.#alarms.filter((alarm) => alarm.at <= this.now);
    this.#alarms = this.#alarms.filter((alarm) => alarm.at > this.now);
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
    this.#listener({ token, durationMs: 5, result: typeof result === "string" ? results[result]! : result });
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
