import { setTimeout as wait } from "node:timers/promises";
import type { AttemptLog, Lines } from "./attempt-log.ts";
import type { Masking } from "./masking.ts";
import type { PipeSupply } from "./pipes.ts";
import { openStepOutput, type StepOutput } from "./step-output.ts";
import type { StepExit } from "./step-process.ts";

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

/** How long to wait for the end of an output that somebody outside the attempt's processes still holds. */
const FOREIGN_OUTPUT_MS = 500;

/** Everything an attempt prints: from the pipes of its steps to its log and to whoever watches. */
export class AttemptOutput {
  readonly #options: AttemptOutputOptions;
  /** Of steps whose pipe is not at its end yet. */
  readonly #open = new Set<OpenOutput>();
  #logIsBroken = false;

  constructor(options: AttemptOutputOptions) {
    this.#options = options;
  }

  open(step: number): OpenOutput {
    const { pipes, masking } = this.#options;
    const pipe = pipes.take();
    const onLines = (texts: string[]) => this.#write({ step, at: Date.now(), texts });
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

  /** A line of Baton's own. */
  note(step: number, text: string): void {
    this.#write({ step, at: Date.now(), texts: [`[baton: ${text}]`] });
  }

  /** To be called when every process of the attempt is gone: the pipes are at their end, unless a stranger was given one. */
  async end(): Promise<void> {
    for (const open of this.#open) {
      const { step, output } = open;
      output.drain();
      if (!output.isEnded()) await Promise.race([output.ended, wait(FOREIGN_OUTPUT_MS, undefined, { ref: false })]);
      if (!output.isEnded()) {
        output.abandon();
        this.note(step, "a process that was left running still holds this step's output; send its output to a file");
      }
      this.#close(open);
    }
    try {
      this.#options.log.close();
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
