import type { Launch } from "../../../engine/ports.ts";
import { type AttemptLog, createAttemptLog } from "../../../runner/attempt-log.ts";
import { clean } from "../../../runner/clean-text.ts";
import type { Masking } from "../../../runner/masking.ts";
import type { RunLogs } from "../../../runner/run-logs.ts";
import type { OutputLine } from "../../../runner/runner.ts";
import type { AgentLine } from "./exchange.ts";

const limitBytes = 16 * 1024 * 1024;

/** What an attempt prints elsewhere, written here as if it ran here. Lines have numbers, so none is written twice. */
export class AgentLog {
  readonly #launch: Launch;
  readonly #log: AttemptLog;
  readonly #masking: Masking;
  readonly #publish: (line: OutputLine) => void;
  #has: number;

  constructor(launch: Launch, to: { logs: RunLogs; masking: Masking; publish(line: OutputLine): void }) {
    this.#launch = launch;
    this.#masking = to.masking;
    this.#publish = to.publish;
    const place = to.logs.open(launch, { goesOn: true });
    this.#has = (place.earlier?.text.split("\n").length ?? 1) - 1;
    this.#log = createAttemptLog(place, limitBytes);
  }

  /** How many lines there are then. */
  write(from: number, lines: readonly AgentLine[]): number {
    if (from > this.#has) {
      this.#put({ step: lines[0]?.step ?? 0, at: Date.now(), text: `[baton: ${from - this.#has} lines were lost]` });
      this.#has = from;
    }
    for (const line of lines.slice(this.#has - from)) {
      // The agent has done both already; whoever has taken it over has not.
      this.#put({ ...line, text: this.#masking.mask(clean(line.text)).replaceAll("\n", " ") });
      this.#has += 1;
    }
    return this.#has;
  }

  close(how: { apart: boolean }): void {
    this.#log.close(how);
  }

  #put({ step, at, text }: AgentLine): void {
    this.#log.write({ step, at, texts: [text] });
    const { token, job } = this.#launch;
    this.#publish({ token, job, step, at, text });
  }
}
