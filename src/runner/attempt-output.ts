import { setTimeout as wait } from "node:timers/promises";
import type { AttemptLog, Lines } from "./attempt-log.ts";
import type { Writers } from "./attempt-processes.ts";
import { clean } from "./clean-text.ts";
import type { Masking } from "./masking.ts";
import type { PipeSupply } from "./pipes.ts";
import { openStepOutput, type StepOutput } from "./step-output.ts";
import type { StepExit } from "./step-process.ts";
import type { NamedProcess } from "./terminate.ts";

export interface AttemptOutputOptions {
  log: AttemptLog;
  pipes: PipeSupply;
  masking: Masking;
  publish(lines: Lines): void;
}

export interface OpenOutput {
  readonly step: number;
  /** Path of the named pipe. */
  readonly pipe: string;
  readonly output: StepOutput;
}

/** How long to wait for the end of an output that is still held although all known processes of the attempt are gone. */
const HELD_OUTPUT_MS = 500;

/** Everything an attempt prints: from the pipes of its steps to its log and to whoever watches. */
export class AttemptOutput {
  readonly #options: AttemptOutputOptions;
  /** Of steps whose pipe is not at its end yet. */
  readonly #open = new Set<OpenOutput>();
  #logIsBroken = false;
  /** The lines that came together last, and those before them. */
  #last: [readonly string[], readonly string[]] = [[], []];

  constructor(options: AttemptOutputOptions) {
    this.#options = options;
  }

  open(step: number): OpenOutput {
    const { pipes, masking } = this.#options;
    const pipe = pipes.take();
    this.#last = [[], []];
    const onLines = (texts: string[]) => {
      this.#last = [this.#last[1], texts];
      this.#write({ step, at: Date.now(), texts });
    };
    const open = { step, pipe, output: openStepOutput({ pipe, masking, onLines }) };
    this.#open.add(open);
    return open;
  }

  /** A step's main process ended: what it printed comes before the output of the next step. */
  settle(open: OpenOutput, exit: StepExit): void {
    if (exit.kind !== "exited") {
      // Perhaps nobody has opened the other end, and perhaps somebody still will.
      open.output.abandon();
      return;
    }
    open.output.drain();
    if (open.output.isAtEnd()) this.#close(open);
  }

  /** What the step that was opened last printed last: a few lines, or many. */
  lastLines(): readonly string[] {
    return this.#last.flat();
  }

  /** A line of Baton's own. What it quotes may come from anywhere. */
  note(step: number, text: string): void {
    const line = this.#options.masking.mask(clean(text)).replaceAll("\n", " ");
    this.#write({ step, at: Date.now(), texts: [`[baton: ${line}]`] });
  }

  /**
   * To be called when every process of the attempt that could be told is gone: the pipes are at their end, unless one is
   * held by a process that hid. `release` ends those.
   */
  async end(release: (pipe: string) => Promise<Writers>): Promise<void> {
    for (const open of this.#open) {
      const { step, output } = open;
      output.drain();
      const atEnd = () => Promise.race([output.ended, wait(HELD_OUTPUT_MS, undefined, { ref: false })]);
      if (!output.isEnded()) await atEnd();
      if (!output.isEnded()) {
        const { ended, strangers } = await release(open.pipe);
        if (ended.length > 0) {
          await atEnd();
          this.note(
            step,
            `${named(ended)}, left running by this step under an environment of its own, held its output and had to be ended; what is to run on is a service, see $BATON_SERVICE`,
          );
        }
        if (strangers.length > 0) {
          this.note(
            step,
            `${named(strangers)}, there before the job and no part of it, can still write to this step's output; send its output to a file`,
          );
        } else if (!output.isEnded()) {
          this.note(step, "a process that was left running still holds this step's output; send its output to a file");
        }
        if (!output.isEnded()) output.abandon();
      }
      this.#close(open);
    }
  }

  /** `apart`: in a file of its own, for somebody will look at it. */
  closeLog(how: { apart: boolean }): void {
    try {
      this.#options.log.close(how);
    } catch (error) {
      this.#reportLog(error);
    }
  }

  #close(open: OpenOutput): void {
    this.#open.delete(open);
    open.output.close();
    if (open.output.isAtEnd()) this.#options.pipes.giveBack(open.pipe);
  }

  #write(lines: Lines): void {
    this.#options.publish(lines);
    if (this.#logIsBroken) return;
    try {
      this.#options.log.write(lines);
    } catch (error) {
      this.#reportLog(error, lines.step);
    }
  }

  /** A full disk does not undo what a job did: its output is still shown, and the journal decides whether to go on. */
  #reportLog(error: unknown, step = 0): void {
    this.#logIsBroken = true;
    const reason = error instanceof Error ? error.message : String(error);
    const texts = [`[baton: the log of this attempt is incomplete: ${reason}]`];
    this.#options.publish({ step, at: Date.now(), texts });
  }
}

/** `process 7 (sleep) and process 8 (node)`; of many the first few. */
export function named(processes: readonly NamedProcess[]): string {
  const all = processes.map(({ pid, program }) => `process ${pid}${program === "" ? "" : ` (${program})`}`);
  const shown = all.slice(0, MOST_NAMED);
  const rest = all.length - shown.length;
  return shown.join(" and ") + (rest > 0 ? ` and ${rest} more` : "");
}

const MOST_NAMED = 3;
