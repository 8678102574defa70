import { setTimeout as pause } from "node:timers/promises";
import { type Actor, answered, Refused } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import type { Planned } from "../control/verbs/plan.ts";
import type { AccessLog } from "./access-log.ts";
import { refusalResponse, Turned } from "./problem.ts";
import type { Underways } from "./underways.ts";

export interface PushesOptions {
  host: Host;
  underways: Underways;
  accessLog: AccessLog;
  secretsFile: string | undefined;
  /** Whose pushes are delivered: whoever starts the server says so, and nobody else. */
  branches: readonly string[];
  report(error: unknown): void;
}

/** Who said that something was pushed. */
export interface Teller {
  by: Actor;
  /** An address; empty where it is the server itself. */
  from: string;
}

/** A delivery may be lost; then this is how late it is. */
const lookEveryMs = 5 * 60_000;

const graceMs = 5_000;

const itself: Teller = { by: { name: "baton serve", via: "policy" }, from: "" };

/**
 * Starts runs of what is pushed to some branches. It is never believed what was pushed, only looked at the branch: at the
 * start, whenever somebody says that it has moved, and every few minutes. So a delivery that is lost, comes twice, late or in
 * another order changes nothing, and what was pushed while no server ran is not forgotten.
 */
export class Pushes {
  readonly #options: PushesOptions;
  /** Branches to look at, with who said so first. */
  readonly #told = new Map<string, Teller>();
  /** What was last told of each branch that could not be run: not every few minutes anew. */
  readonly #refused = new Map<string, string>();
  /** The newest of each branch. */
  readonly #started = new Map<string, { commit: string; run: Promise<string> }>();
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;

  constructor(options: PushesOptions) {
    this.#options = options;
  }

  /** Looks at every branch now, and again from time to time. */
  begin(): void {
    if (this.#options.branches.length > 0) this.#waiting = this.#again();
  }

  /** Resolves when every look that was asked for is over. */
  async settled(): Promise<void> {
    await this.#working;
  }

  /** Whether pushes to this branch are delivered here. */
  takes(branch: string): boolean {
    return this.#options.branches.includes(branch);
  }

  /** Looks at the branch soon. Told again before that, it looks once. */
  look(branch: string, teller: Teller): void {
    if (!this.takes(branch) || this.#stop.signal.aborted) return;
    if (!this.#told.has(branch)) this.#told.set(branch, teller);
    this.#working ??= this.#work();
  }

  /** What the branch has now, planned; undefined when its run was made already or there is nothing to do. @throws {Refused} */
  async plan(branch: string): Promise<{ planned?: Planned; run?: string }> {
    if (!this.takes(branch)) {
      throw new Turned({
        code: "not-delivered",
        status: 404,
        title: `Pushes to ${branch} are not delivered by this server`,
        next: `Start it with --deliver ${branch}`,
      });
    }
    const { host, secretsFile } = this.#options;
    const { planned, run } = answered(await host.push({ branch, secretsFile }));
    if (run !== undefined) return { run };
    return planned?.plan.jobs.some(({ decision }) => decision === "run") ? { planned } : {};
  }

  /** Whoever asks for the same at the same time gets the same run. @throws {Refused} */
  start(branch: string, planned: Planned, by: Actor): Promise<string> {
    const { commit } = planned.plan.change;
    const last = this.#started.get(branch);
    if (last?.commit === commit) return last.run;
    const started = { commit, run: this.#begun(planned, by) };
    this.#started.set(branch, started);
    started.run.catch(() => {
      if (this.#started.get(branch) === started) this.#started.delete(branch);
    });
    return started.run;
  }

  async #begun(planned: Planned, by: Actor): Promise<string> {
    const { host, underways, secretsFile } = this.#options;
    return await underways.take(answered(await host.start(planned, { secretsFile, isWatched: false }, by)));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    // A remote that does not answer is not waited for.
    await Promise.race([Promise.all([this.#waiting, this.#working]), pause(graceMs, undefined, { ref: false })]);
  }

  async #again(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const branch of this.#options.branches) this.look(branch, itself);
      await pause(lookEveryMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** One after the other, so that no two looks start the same. */
  async #work(): Promise<void> {
    for (const [branch, teller] of this.#told) {
      this.#told.delete(branch);
      if (!this.#stop.signal.aborted) await this.#deliver(branch, teller);
    }
    this.#working = undefined;
  }

  async #deliver(branch: string, { by, from }: Teller): Promise<void> {
    const { accessLog, report } = this.#options;
    const about = { branch };
    try {
      const { planned } = await this.plan(branch);
      const run = planned && (await this.start(branch, planned, by));
      this.#refused.delete(branch);
      if (run === undefined) return;
      accessLog.note({ at: Date.now(), asked: "push", by: by.name, from, about: { ...about, run }, status: 200 });
    } catch (error) {
      if (!(error instanceof Refused)) return report(error);
      const text = JSON.stringify(error.refusal);
      if (by === itself.by && this.#refused.get(branch) === text) return;
      this.#refused.set(branch, text);
      const { code } = error.refusal;
      const { status } = refusalResponse(error.refusal);
      accessLog.note({ at: Date.now(), asked: "push", by: by.name, from, about, status, code });
      report(error);
    }
  }
}
