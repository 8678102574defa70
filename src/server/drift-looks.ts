import { type Actor, answered, Refused } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import { RepeatedLooks } from "./repeated-looks.ts";

export interface DriftLooksOptions {
  host: Pick<Host, "board" | "drift">;
  /** How long after the last look at an environment there is another one, in milliseconds. */
  everyMs: number;
  secretsFile: string | undefined;
  report(error: unknown): void;
  /** Milliseconds since the epoch. */
  now(): number;
}

const lookEveryMs = 30_000;
/** An environment at which nobody could look, as something was deployed there, or that has nothing that looks. */
const againMs = 15 * 60_000;

const by: Actor = { name: "baton serve", via: "schedule" };

/**
 * Looks every so often whether each environment is still as it was deployed, one after the other. When that was last is what the journal
 * says, whoever looked: a restart looks at nothing twice. What is found is kept and told as with `baton drift`.
 */
export class DriftLooks {
  readonly #options: DriftLooksOptions;
  /** When nobody could look, and what was said of that. */
  readonly #tried = new Map<string, { at: number; said: string }>();
  readonly #looks = new RepeatedLooks({ look: () => this.look(), everyMs: lookEveryMs });

  constructor(options: DriftLooksOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#looks.begin();
  }

  /** Stops the command that looks just now. */
  async close(): Promise<void> {
    await this.#looks.close();
  }

  /** Looks at what is due. Never throws. */
  async look(): Promise<void> {
    const { host, report } = this.#options;
    try {
      const { environments, pipelines } = answered(await host.board({}));
      for (const { name, drift } of environments) {
        const isThere = pipelines.some((pipeline) => pipeline.in[name]?.deployed !== undefined);
        if (this.#looks.signal.aborted) return;
        if (isThere && this.#isDue(name, drift?.at)) await this.#lookAt(name);
      }
    } catch (error) {
      report(error);
    }
  }

  #isDue(environment: string, lookedAt: number | undefined): boolean {
    const { now, everyMs } = this.#options;
    const at = now();
    const tried = this.#tried.get(environment);
    // What lies ahead was written by a clock that went wrong.
    if (tried !== undefined && at >= tried.at && at - tried.at < Math.min(againMs, everyMs)) return false;
    return lookedAt === undefined || lookedAt > at || at - lookedAt >= everyMs;
  }

  async #lookAt(environment: string): Promise<void> {
    const { host, secretsFile, now, report } = this.#options;
    const before = this.#tried.get(environment)?.said;
    const { signal } = this.#looks;
    try {
      const { looks } = answered(await host.drift({ environment, secretsFile, signal }, by));
      const said = looks.flatMap(({ found, said: [first = ""] }) => (found === "unknown" ? [first] : []));
      this.#tried.set(environment, { at: now(), said: said.join("\n") });
    } catch (error) {
      const said = error instanceof Refused ? JSON.stringify(error.refusal) : String(error);
      this.#tried.set(environment, { at: now(), said });
      // Most environments have nothing that looks, and are none the worse for it.
      if (error instanceof Refused && error.refusal.code === "nothing-looks") return;
      if (said !== before) report(error);
    }
  }
}
