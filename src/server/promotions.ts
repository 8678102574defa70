import { type Actor, answered, Refused } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import type { RunId } from "../control/views/events.ts";
import type { StatusView } from "../control/views/status.ts";
import type { AccessLog } from "./access-log.ts";
import { refusalResponse } from "./problem.ts";
import { RepeatedLooks } from "./repeated-looks.ts";
import type { Underways } from "./underways.ts";
import type { AccessEntry } from "./wire/access-log.ts";

export interface PromotionsOptions {
  host: Pick<Host, "status" | "move" | "start">;
  underways: Pick<Underways, "take">;
  accessLog: Pick<AccessLog, "note">;
  secretsFile: string | undefined;
  /** Whose releases are promoted here: those of what is delivered here. */
  branches: readonly string[];
  report(error: unknown): void;
  /** Milliseconds since the epoch. */
  now(): number;
}

const lookEveryMs = 20_000;

const by: Actor = { name: "baton serve", via: "policy" };

type Due = NonNullable<StatusView["promotions"]>[number];

/**
 * Promotes what has soaked for long enough where the definition says so. What is due is what the journal says, also once more when it
 * begins, so that nothing is done twice after a restart, nor by two servers; and what was due while no server ran is done when one
 * does: it has only soaked for longer. What is not let in (a freeze, another run there) is tried again; a promotion that began
 * is not, whatever came of it.
 */
export class Promotions {
  readonly #options: PromotionsOptions;
  /** What was last told of each that could not begin. */
  readonly #refused = new Map<string, string>();
  readonly #looks = new RepeatedLooks({ look: () => this.look(), everyMs: lookEveryMs });

  constructor(options: PromotionsOptions) {
    this.#options = options;
  }

  /** `ready`: what is more urgent than the first look is done, or has failed, which is told by whoever did it. */
  begin(ready: Promise<void>): void {
    if (this.#options.branches.length > 0) this.#looks.begin(ready);
  }

  async close(): Promise<void> {
    await this.#looks.close();
  }

  /** Promotes what is due now. Never throws: what goes wrong is reported, and looked at again. */
  async look(): Promise<void> {
    const { host, branches, report, now } = this.#options;
    try {
      const { promotions = [], freezes } = answered(await host.status({ most: 0 }));
      const frozen = new Set(freezes.map(({ environment }) => environment));
      for (const one of promotions) {
        if (this.#looks.signal.aborted) return;
        if (one.at <= now() && branches.includes(one.branch) && !frozen.has(one.environment)) await this.#promote(one);
      }
    } catch (error) {
      report(error);
    }
  }

  async #promote(due: Due): Promise<void> {
    const { environment, release, branch } = due;
    const key = `${environment} ${release}`;
    const about = { branch, environment, release: String(release) };
    try {
      const run = await this.#start(due);
      this.#refused.delete(key);
      this.#note({ about: { ...about, run }, status: 200 });
    } catch (error) {
      // Somebody else was faster, or something else came: what is due then is looked at the next time.
      if (error instanceof Refused && error.refusal.code === "outdated-plan") return;
      const text = error instanceof Refused ? JSON.stringify(error.refusal) : String(error);
      if (this.#refused.get(key) === text) return;
      this.#refused.set(key, text);
      if (error instanceof Refused) {
        this.#note({ about, status: refusalResponse(error.refusal).status, code: error.refusal.code });
      }
      this.#options.report(error);
    }
  }

  /** Throws only where no run has begun. */
  async #start({ environment, release }: Due): Promise<RunId> {
    const { host, underways, secretsFile, report, now } = this.#options;
    const request = {
      kind: "promotion" as const,
      to: environment,
      release: String(release),
      byItself: { now },
      secretsFile,
    };
    const planned = answered(await host.move(request));
    const underway = answered(await host.start(planned, { secretsFile, isWatched: false }, by));
    try {
      return await underways.take(underway);
    } catch (error) {
      if (underway.view() === undefined) throw error;
      // It stands in the journal, and is taken up like any other.
      report(error);
      return underway.run;
    }
  }

  /** On a disk that is full, promotions go on without. */
  #note(entry: Pick<AccessEntry, "about" | "status" | "code">): void {
    const { accessLog, report, now } = this.#options;
    try {
      accessLog.note({ at: now(), asked: "promotion", by: by.name, from: "", ...entry });
    } catch (error) {
      report(error);
    }
  }
}
