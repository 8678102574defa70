import type { Recorded } from "../../control/views/events.ts";
import { eventLine, timedLine } from "../terminal/event-line.ts";
import { ownColours } from "../terminal/gate.ts";
import type { Display, DisplayOptions } from "./display.ts";
import { failureLines } from "./failure-lines.ts";

/** One line for each thing that happens, with the time; nothing is redrawn. For CI, pipes and simple terminals. */
export function plainDisplay({ terminal, underway, verbose }: DisplayOptions): Display {
  const style = terminal.err;
  const { stateFolder } = underway;
  const attemptsOf = (job: string) => underway.mostAttempts(job);
  let lines: string[] = [];
  let flushing: NodeJS.Immediate | undefined;
  const flush = (): void => {
    clearImmediate(flushing);
    flushing = undefined;
    if (lines.length > 0) terminal.say(...lines);
    lines = [];
  };
  // What happens together is written together: a write for each line would take longer than many a job.
  const print = (...more: string[]): void => {
    lines.push(...more);
    flushing ??= setImmediate(flush);
  };
  process.on("exit", flush);
  return {
    event({ at, event }: Recorded) {
      const line = eventLine(event, { style, attemptsOf, at });
      if (line !== undefined) print(timedLine(at, line, style));
      if (event.type === "job.failed") print(...failureLines(event, { stateFolder, cwd: terminal.cwd, style }));
    },
    output({ job, at, text }) {
      if (verbose) print(timedLine(at, `${style.active(job)} ${ownColours(text)}`, style));
    },
    say: print,
    notice: print,
    ask: () => undefined,
    close() {
      flush();
      process.off("exit", flush);
    },
  };
}
