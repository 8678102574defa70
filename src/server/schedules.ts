import { type Actor, answered, Refused } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import type { RunId } from "../control/views/events.ts";
import { dueOf, type SchedulesView } from "../control/views/schedules.ts";
import type { AccessLog } from "./access-log.ts";
import { refusalResponse } from "./problem.ts";
import { RepeatedLooks } from "./repeated-looks.ts";
import type { Due, ScheduledTimes } from "./scheduled-times.ts";
import type { Underways } from "./underways.ts";
import type { AccessEntry } from "./wire/access-log.ts";

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
/** A clock that is set right goes back by less; what is noted of a time later than that was noted by a wrong one. */
const aheadMs = 60 * 60_000;

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
  readonly #looks = new RepeatedLooks({ look: () => this.look(), everyMs: lookEveryMs });

  constructor(options: SchedulesOptions) {
    this.#options = options;
  }

  /** `ready`: what is more urgent than the first look is done, or has failed, which is told by whoever did it. */
  begin(ready: Promise<void>): void {
    if (this.#options.branches.length > 0) this.#looks.begin(ready);
  }

  async close(): Promise<void> {
    await this.#looks.close();
  }

  /** Looks what is due now. Never throws: what goes wrong is reported, and looked at again. */
  async look(): Promise<void> {
    for (const branch of this.#options.branches) {
      if (this.#looks.signal.aborted) return;
      try {
        await this.#lookAt(branch);
        this.#refused.delete(branch);
      } catch (error) {
        this.#tell(branch, error);
      }
    }
    try {
      this.#lookBack();
    } catch (error) {
      this.#options.report(error);
    }
  }

  /** What was taken, and not done by whoever took it. */
  #lookBack(): void {
    const { times, now } = this.#options;
    for (const { name, at, due } of times.abandoned(now() - graceMs)) {
      times.settle(name);
      this.#missed(due?.branch ?? "a branch", due?.pipeline ?? "a pipeline (what was noted of it cannot be read)", [
        at,
      ]);
    }
    times.forgetOld(now());
  }

  async #lookAt(branch: string): Promise<void> {
    const { host, times, now, report } = this.#options;
    const until = now();
    // Who has never looked has missed nothing.
    let lookedAt = times.lookedAt(branch) ?? until;
    if (lookedAt > until + aheadMs) {
      report(
        new Told(
          `schedules of ${branch} were looked at until ${isoOf(lookedAt)}, which is not yet: the clock was wrong`,
        ),
      );
      lookedAt = until;
      times.looked(branch, until, { back: true });
    }
    const after = Math.max(lookedAt, until - backMs);
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
    try {
      for (const { pipeline, times: minutes } of due) {
        const one = { branch, pipeline, at: minutes.at(-1)! };
        if (!times.take(one)) continue;
        const isLate = one.at < now - graceMs;
        const missed = isLate ? minutes : minutes.slice(0, -1);
        if (missed.length > 0) this.#missed(branch, pipeline, missed);
        if (isLate) times.done(one);
        else taken.push(one);
      }
      if (taken.length > 0) await this.#start(branch, taken);
    } catch (error) {
      if (taken.length === 0) throw error;
      for (const one of taken) times.giveBack(one);
      // What was missed before is told already; this is tried again until it is too late.
      times.looked(branch, Math.min(...taken.map(({ at }) => at)) - 1);
      throw error;
    }
  }

  /** Throws only where no run has begun: what runs is not due any more, whatever cannot be noted of it. */
  async #start(branch: string, taken: readonly Due[]): Promise<void> {
    const { host, underways, secretsFile, report } = this.#options;
    const pipelines = taken.map(({ pipeline }) => pipeline);
    const planned = answered(await host.planScheduled({ branch, pipelines, secretsFile }));
    if (!planned.plan.jobs.some(({ decision }) => decision === "run")) {
      this.#done(taken);
      return;
    }
    const underway = answered(await host.start(planned, { secretsFile, isWatched: false }, by));
    let run: RunId;
    try {
      run = await underways.take(underway);
    } catch (error) {
      if (underway.view() === undefined) throw error;
      // It stands in the journal, and is taken up like any other.
      report(error);
      run = underway.run;
    }
    this.#done(taken);
    this.#note({ about: { branch, pipelines: pipelines.join(", "), due: isoOf(taken[0]!.at), run }, status: 200 });
  }

  #done(taken: readonly Due[]): void {
    const { times, report } = this.#options;
    for (const one of taken) {
      try {
        times.done(one);
      } catch (error) {
        report(error);
      }
    }
  }

  #missed(branch: string, pipeline: string, minutes: readonly number[]): void {
    const [first, last] = [isoOf(minutes[0]!), isoOf(minutes.at(-1)!)];
    const span = minutes.length === 1 ? first : `${minutes.length} times from ${first} to ${last}`;
    this.#note({ about: { branch, pipelines: pipeline, due: span }, status: 409, code: "missed" });
    this.#options.report(new Told(`${pipeline} of ${branch} was due by its schedule and was not run: ${span}`));
  }

  /** On a disk that is full, schedules go on without. */
  #note(entry: Pick<AccessEntry, "about" | "status" | "code">): void {
    const { accessLog, report, now } = this.#options;
    try {
      accessLog.note({ at: now(), asked: "schedule", by: by.name, from: "", ...entry });
    } catch (error) {
      report(error);
    }
  }

  #tell(branch: string, error: unknown): void {
    const { report } = this.#options;
    if (!(error instanceof Refused)) {
      report(error);
      return;
    }
    const { refusal } = error;
    const text = JSON.stringify(refusal);
    if (this.#refused.get(branch) === text) return;
    this.#refused.set(branch, text);
    const { status } = refusalResponse(refusal);
    this.#note({ about: { branch }, status, code: refusal.code });
    report(error);
  }
}

/** Nobody's mistake in Baton: it is told without where it was found out. */
class Told extends Error {
  override readonly name = "Told";

  constructor(message: string) {
    super(message);
    this.stack = message;
  }
}

const isoOf = (at: number) => `${new Date(at).toISOString().slice(0, 16)}Z`;
