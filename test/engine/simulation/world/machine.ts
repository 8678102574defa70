import type { Elsewhere, Ended, Launch, Left, Runner } from "../../../../src/engine/ports.ts";
import type { Chance } from "./chance.ts";
import type { Entry } from "./trace.ts";

/** A process group on the simulated machine. It outlives a crash of Baton until it ends by itself or is reaped. */
export interface Process {
  readonly launch: Launch;
  readonly fate: "succeed" | "fail" | "hang";
  readonly startedAt: number;
  alive: boolean;
  stopping: "no" | "graceful" | "now";
  /** What is told about it, once it is gone; to the Baton that started it, in the normal case. */
  report: Ended | undefined;
  told: boolean;
  /** The session that started it. */
  readonly session: string;
}

export interface MachineOptions {
  chance: Chance;
  now: () => number;
  record: (entry: Entry) => void;
  /** What leases say. */
  isAlive: (session: string) => boolean;
  /** Of 100 jobs, how many fail and hang. */
  failPercent: number;
  hangPercent: number;
}

export class Machine {
  readonly processes: Process[] = [];
  readonly #options: MachineOptions;
  /** Who hears of ends, by session; those that are gone hear nothing and do nothing. */
  readonly #listeners = new Map<string, (ended: Ended) => void>();
  #reaping: { session: string; left: Left; done: PromiseWithResolvers<Elsewhere> }[] = [];

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  runner(session: string): Runner {
    this.#listeners.set(session, () => {});
    const stop: Runner["stop"] = (token, mode) => {
      if (!this.#listeners.has(session)) return;
      this.#options.record({ kind: "stop", token, mode });
      const process = this.processes.find((each) => each.launch.token === token);
      if (process?.alive === true) process.stopping = mode;
    };
    return {
      start: (launch) => {
        if (this.#listeners.has(session)) this.#start(launch, session);
      },
      stop,
      leave: stop,
      onEnded: (listener) => this.#listeners.set(session, listener),
      reap: (left) => {
        const reaping = { session, left, done: Promise.withResolvers<Elsewhere>() };
        this.#reaping.push(reaping);
        return reaping.done.promise;
      },
    };
  }

  get reaping(): boolean {
    return this.#reaping.length > 0;
  }

  finishReaping(): void {
    const { session: reaper, left, done } = this.#reaping.shift()!;
    const { isAlive } = this.#options;
    for (const process of this.processes) {
      const { token, run } = process.launch;
      const isLeft = left.runs.includes(run) && process.session !== reaper && !isAlive(process.session);
      if (process.alive && (isLeft || left.tokens.includes(token))) this.#gone(process);
    }
    done.resolve(new Map());
  }

  /** A Baton is gone. Some of its processes die with it, for their pipe is broken; others never notice. */
  crash(session: string): void {
    this.#listeners.delete(session);
    this.#reaping = this.#reaping.filter((each) => each.session !== session);
    for (const process of this.processes) {
      if (process.alive && process.session === session && this.#options.chance.happens(30)) this.#gone(process);
    }
  }

  alive(): Process[] {
    return this.processes.filter((process) => process.alive);
  }

  untold(): Process[] {
    return this.processes.filter(
      (each) => each.report !== undefined && !each.told && this.#listeners.has(each.session),
    );
  }

  /** Ends a process in the way it was born to, or as it was told to stop. */
  end(process: Process): void {
    const { chance, now } = this.#options;
    const durationMs = Math.max(0, now() - process.startedAt);
    const { token } = process.launch;
    const stops = process.stopping === "now" || (process.stopping === "graceful" && chance.happens(80));
    if (stops) process.report = { token, durationMs, result: { kind: "stopped" } };
    else if (process.fate === "succeed") process.report = { token, durationMs, result: this.#success(process.launch) };
    else {
      const failure =
        process.fate === "hang"
          ? ({ kind: "timeout", message: "took too long" } as const)
          : ({ kind: "exit", message: "exit status 1", exitCode: 1 } as const);
      process.report = { token, durationMs, result: { kind: "failed", failure } };
    }
    this.#gone(process);
  }

  isHeard(process: Process): boolean {
    return this.#listeners.has(process.session);
  }

  tell(process: Process): void {
    process.told = true;
    this.#listeners.get(process.session)?.(process.report!);
  }

  #start(launch: Launch, session: string): void {
    const { chance, record, now, failPercent, hangPercent } = this.#options;
    const draw = chance.below(100);
    const fate = draw < failPercent ? "fail" : draw < failPercent + hangPercent ? "hang" : "succeed";
    const process: Process = {
      launch,
      fate,
      startedAt: now(),
      alive: true,
      stopping: "no",
      report: undefined,
      told: false,
      session,
    };
    this.processes.push(process);
    record({ kind: "process", launch, session });
    // Some are over before whoever started them has returned.
    if (fate !== "hang" && chance.happens(4)) {
      this.end(process);
      this.tell(process);
    }
  }

  #success({ run, job, attempt, outputs, artifacts }: Launch): Ended["result"] {
    const made = `${run}/${job}/${attempt}`;
    const files = (name: string) => ({ digest: `sha256:${made}/${name}`, sizeBytes: 1 });
    return {
      kind: "succeeded",
      outputs: Object.fromEntries(Object.keys(outputs).map((name) => [name, `${made}/${name}`])),
      artifacts: Object.fromEntries(Object.keys(artifacts).map((name) => [name, files(name)])),
    };
  }

  #gone(process: Process): void {
    process.alive = false;
    this.#options.record({ kind: "gone", token: process.launch.token });
  }
}
