import { setTimeout as pause } from "node:timers/promises";
import { type Actor, answered, Refused } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import { dueOf, type SchedulesView } from "../control/views/schedules.ts";
import type { AccessLog } from "./access-log.ts";
import { refusalResponse } from "./problem.ts";
import type { Due, ScheduledTimes } from "./scheduled-times.ts";
import type { Underways } from "./underways.ts";

export interface SchedulesOptions {
  host: Pick<Host, "schedules" | "planScheduled" | "start">;
  underways: Pick<Underways, "take">;
  accessLog: Pick<AccessLog, "note">;
  times: ScheduledTimes;
  secretsFile: string | undefined;
  /** Whose schedules are kept here: those of what is delivered here. */
  branches: readonly string[];
  report(error: unknown): void;
  /** Milliseconds since the epoch. */
  now(): number;
}

const lookEveryMs = 20_000;
/** Lines that somebody pushed are known this late at most; a fetch every minute would be asked for nothing. */
const readEveryMs = 5 * 60_000;
/** What is later than this is not done any more, but told. */
const graceMs = 15 * 60_000;
/** So far back it is looked what was missed. */
const backMs = 7 * 24 * 60 * 60_000;
const closeMs = 5_000;

const by: Actor = { name: "baton serve", via: "schedule" };

interface Known {
  lines: SchedulesView["lines"];
  readAt: number;
}

/**
 * Runs what is due by the cron lines of a branch's newest definition, with its newest files. What was due while nobody looked is
 * done when it is hardly late, else told: nobody expects Sunday's job on Monday noon. Nothing is done twice: see `ScheduledTimes`.
 */
export class Schedules {
  readonly #options: SchedulesOptions;
  readonly #known = new Map<string, Known>();
  /** What was last told of each branch that could not be run. */
  readonly #refused = new Map<string, string>();
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;

  constructor(options: SchedulesOptions) {
    this.#options = options;
  }

  /** `ready`: what is more urgent than the first look is done. */
  begin(ready: Promise<void>): void {
    if (this.#options.branches.length > 0) this.#working = ready.then(() => this.#again());
  }

  async close(): Promise<void> {
    this.#stop.abort();
    // A remote that does not answer is not waited for.
    await Promise.race([this.#working, pause(closeMs, undefined, { ref: false })]);
  }

  /** Looks what is due now. */
  async look(): Promise<void> {
    for (const branch of this.#options.branches) {
      if (this.#stop.signal.aborted) return;
      try {
        await this.#lookAt(branch);
        this.#refused.delete(branch);
      } catch (error) {
        this.#tell(branch, error);
      }
    }
    const { times, now } = this.#options;
    for (const due of times.abandoned(now() - graceMs)) {
      times.done(due);
      this.#missed(due.branch, due.pipeline, [due.at]);
    }
    times.forgetOld(now());
  }

  async #again(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.look();
      await pause(lookEveryMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #lookAt(branch: string): Promise<void> {
    const { host, times, now } = this.#options;
    const until = now();
    // Who has never looked has missed nothing.
    const after = Math.max(times.lookedAt(branch) ?? until, until - backMs);
    let known = this.#known.get(branch);
    const isOld = known === undefined || until - known.readAt >= readEveryMs || until < known.readAt;
    if (isOld || dueOf(known!.lines, { after, until }).length > 0) {
      const { lines } = answered(await host.schedules({ branch }));
      known = { lines, readAt: until };
      this.#known.set(branch, known);
    }
    await this.#run(branch, dueOf(known!.lines, { after, until }), until);
    times.looked(branch, until);
  }

  async #run(branch: string, due: ReturnType<typeof dueOf>, now: number): Promise<void> {
    const { times } = this.#options;
    const taken: Due[] = [];
    for (const { pipeline, times: minutes } of due) {
      const one = { branch, pipeline, at: minutes.at(-1)! };
      if (!times.take(one)) continue;
      const isLate = one.at < now - graceMs;
      const missed = isLate ? minutes : minutes.slice(0, -1);
      if (missed.length > 0) this.#missed(branch, pipeline, missed);
      if (isLate) times.done(one);
      else taken.push(one);
    }
    if (taken.length === 0) return;
    try {
      await this.#start(branch, taken);
    } catch (error) {
      for (const one of taken) times.giveBack(one);
      // What was missed before is told already; this is tried again until it is too late.
      times.looked(branch, Math.min(...taken.map(({ at }) => at)) - 1);
      throw error;
    }
    for (const one of taken) times.done(one);
  }

  async #start(branch: string, taken: readonly Due[]): Promise<void> {
    const { host, underways, accessLog, secretsFile, now } = this.#options;
    const pipelines = taken.map(({ pipeline }) => pipeline);
    const planned = answered(await host.planScheduled({ branch, pipelines, secretsFile }));
    if (!planned.plan.jobs.some(({ decision }) => decision === "run")) return;
    const run = await underways.take(answered(await host.start(planned, { secretsFile, isWatched: false }, by)));
    const about = { branch, pipelines: pipelines.join(", "), due: isoOf(taken[0]!.at), run };
    accessLog.note({ at: now(), asked: "schedule", by: by.name, from: "", about, status: 200 });
  }

  #missed(branch: string, pipeline: string, minutes: readonly number[]): void {
    const { accessLog, report, now } = this.#options;
    const [first, last] = [isoOf(minutes[0]!), isoOf(minutes.at(-1)!)];
    const span = minutes.length === 1 ? first : `${minutes.length} times from ${first} to ${last}`;
    const about = { branch, pipelines: pipeline, due: span };
    accessLog.note({ at: now(), asked: "schedule", by: by.name, from: "", about, status: 409, code: "missed" });
    report(new Missed(`${pipeline} of ${branch} was due by its schedule and was not run: ${span}`));
  }

  #tell(branch: string, error: unknown): void {
    const { accessLog, report, now } = this.#options;
    if (!(error instanceof Refused)) {
      report(error);
      return;
    }
    const { refusal } = error;
    const text = JSON.stringify(refusal);
    if (this.#refused.get(branch) === text) return;
    this.#refused.set(branch, text);
    const { status } = refusalResponse(refusal);
    const about = { branch };
    accessLog.note({ at: now(), asked: "schedule", by: by.name, from: "", about, status, code: refusal.code });
    report(error);
  }
}

/** Nobody's mistake in Baton: it is told without where it was found out. */
class Missed extends Error {
  override readonly name = "Missed";

  constructor(message: string) {
    super(message);
    this.stack = message;
  }
}

const isoOf = (at: number) => `${new Date(at).toISOString().slice(0, 16)}Z`;
