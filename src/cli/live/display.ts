import type { Underway } from "../../control/host.ts";
import type { OutputLine, Recorded } from "../../control/views/events.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Shows a run while it goes on. */
export interface Display {
  event(recorded: Recorded): void;
  output(line: OutputLine): void;
  /** Lines for the person, now and to stay. */
  say(...lines: string[]): void;
  /** A line that stands below the live picture until it is replaced; printed once where nothing is redrawn. */
  notice(text: string): void;
  /** Asks y, n or l(ater) for an approval; undefined where nobody can answer. `answered` takes the question back. */
  ask(question: string, answered: AbortSignal): Promise<ApprovalKey> | undefined;
  close(): void;
}

export type ApprovalKey = "approve" | "reject" | "later";

export interface DisplayOptions {
  terminal: Terminal;
  underway: Underway;
  /** Print what jobs print. */
  verbose: boolean;
  /** Ctrl-C, where the terminal does not send a signal for it. */
  onInterrupt(): void;
}
