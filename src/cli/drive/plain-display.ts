import type { Recorded } from "../../engine/events.ts";
import { eventLine, timedLine } from "../terminal/event-line.ts";
import type { Display, DisplayOptions } from "./display.ts";
import { failureLines } from "./failure-lines.ts";

/** One line for each thing that happens, with the time; nothing is redrawn. For CI, pipes and simple terminals. */
export function plainDisplay({ terminal, state, stateFolder, verbose }: DisplayOptions): Display {
  const style = terminal.err;
  const attemptsOf = attemptsIn(state);
  return {
    event({ at, event }: Recorded) {
      const line = eventLine(event, { style, attemptsOf: attemptsOf(event.run), at });
      if (line !== undefined) terminal.say(timedLine(at, line, style));
      if (event.type === "job.failed") {
        const lines = failureLines(event, { stateFolder, cwd: terminal.cwd, style });
        if (lines.length > 0) terminal.say(...lines);
      }
    },
    output({ job, at, text }) {
      if (verbose) terminal.say(timedLine(at, `${style.active(job)} ${text}`, style));
    },
    say: (...lines) => terminal.say(...lines),
    notice: (text) => terminal.say(text),
    ask: () => undefined,
    close() {},
  };
}

export function attemptsIn(state: DisplayOptions["state"]): (run: string) => (job: string) => number {
  return (run) => (job) => state.runs.get(run)?.jobs.get(job)?.definition.retry.attempts ?? 1;
}
