import type { Recorded } from "../../control/views/events.ts";
import type { RunView } from "../../control/views/run.ts";
import { duration } from "../terminal/duration.ts";
import { eventLine, timedLine } from "../terminal/event-line.ts";
import { ownColours } from "../terminal/gate.ts";
import { waitText } from "../terminal/wait-text.ts";
import type { Display, DisplayOptions } from "./display.ts";
import { failureLines } from "./failure-lines.ts";

/** So long nothing has to happen before a line says what goes on. */
const quietMs = 60_000;

const mostNamed = 3;

/** `still at it: web.test for 5m, web.lint for 2m and 4 more`, or what is waited for when nothing runs. */
export function stillLine({ jobs, waiting }: RunView, now: number): string | undefined {
  const running = jobs.filter(({ status }) => status === "running");
  const parts =
    running.length > 0
      ? running.map(({ id, startedAt }) => `${id} for ${duration(now - (startedAt ?? now))}`)
      : waiting.map((one) => `${one.subject} ${waitText(one, now)}`);
  if (parts.length === 0) return undefined;
  const more = parts.length > mostNamed ? ` and ${parts.length - mostNamed} more` : "";
  return `${running.length > 0 ? "still at it" : "still waiting"}: ${parts.slice(0, mostNamed).join(", ")}${more}`;
}

/** One line for each thing that happens, with the time; nothing is redrawn. For CI, pipes and simple terminals. */
export function plainDisplay({ terminal, underway, verbose }: DisplayOptions): Display {
  const style = terminal.err;
  const { stateFolder } = underway;
  const attemptsOf = (job: string) => underway.mostAttempts(job);
  let lines: string[] = [];
  let printedAt = Date.now();
  let flushing: NodeJS.Immediate | undefined;
  const flush = (): void => {
    clearImmediate(flushing);
    flushing = undefined;
    if (lines.length > 0) terminal.say(...lines);
    lines = [];
  };
  // What happens together is written together: a write for each line would take longer than many a job.
  const print = (...more: string[]): void => {
    printedAt = Date.now();
    lines.push(...more);
    flushing ??= setImmediate(flush);
  };
  process.on("exit", flush);
  // A log in which nothing comes for long looks as if it hung.
  const quiet = setInterval(() => {
    if (Date.now() - printedAt < quietMs) return;
    const view = underway.view();
    const line = view && stillLine(view, Date.now());
    if (line !== undefined) print(timedLine(Date.now(), line, style));
  }, quietMs / 12).unref();
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
      clearInterval(quiet);
      flush();
      process.off("exit", flush);
    },
  };
}
