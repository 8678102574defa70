import type { JobId, Recorded } from "../../control/views/events.ts";
import { eventLine } from "../terminal/event-line.ts";
import { ownColours } from "../terminal/gate.ts";
import { type Doing, view } from "../terminal/view.ts";
import type { ApprovalKey, Display, DisplayOptions } from "./display.ts";
import { failureLines } from "./failure-lines.ts";

const frameMs = 100;
/** Working out the time left walks the whole plan. */
const timeLeftEveryMs = 1000;

/** What has happened scrolls by above; a picture of what runs and waits is redrawn below, at most ten times a second. */
export function liveDisplay(options: DisplayOptions): Display {
  const { terminal, underway } = options;
  const expected = underway.expected();
  const screen = terminal.openScreen();
  const doing = new Map<JobId, Doing>();
  const attemptsOf = (job: JobId) => underway.mostAttempts(job);
  const style = terminal.err;
  let notice: string | undefined;
  let question: string | undefined;
  let left: { at: number; ms: number | undefined } = { at: Number.NEGATIVE_INFINITY, ms: undefined };
  let dirty = true;
  let drawnAt = 0;

  function draw(): void {
    const run = underway.view();
    if (run === undefined) return;
    const now = Date.now();
    if (now - left.at >= timeLeftEveryMs) left = { at: now, ms: underway.leftMs(expected) };
    const frame = { columns: screen.columns, rows: screen.rows, style };
    screen.draw(view({ run, now, expected, leftMs: leftAt(now), doing, notice: question ?? notice }, frame));
    drawnAt = now;
    dirty = false;
  }

  const leftAt = (now: number) => (left.ms === undefined ? undefined : Math.max(0, left.ms - (now - left.at)));
  // Elapsed times change by themselves; between whole seconds nothing is worth a redraw unless something happened.
  const timer = setInterval(() => {
    if (dirty || Math.floor(Date.now() / 1000) !== Math.floor(drawnAt / 1000)) draw();
  }, frameMs);
  const onResize = (): void => {
    dirty = true;
  };
  terminal.stderr.on("resize", onResize);
  // However this process ends, the cursor comes back.
  const onExit = (): void => screen.close();
  process.on("exit", onExit);

  return {
    event({ at, event }: Recorded) {
      dirty = true;
      if (event.type === "job.started") {
        doing.delete(event.job);
        // Which of several steps it is at is known when it prints something.
        if (underway.stepName(event.job, 1) === "")
          doing.set(event.job, { step: underway.stepName(event.job, 0), line: "" });
        return;
      }
      const line = eventLine(event, { style, attemptsOf, at });
      if (line !== undefined) screen.print([line]);
      if (event.type === "job.failed") {
        screen.print(failureLines(event, { stateFolder: underway.stateFolder, cwd: terminal.cwd, style }));
      }
    },
    output({ job, step, text }) {
      const line = ownColours(text);
      if (options.verbose) screen.print([`${style.active(job)} ${line}`]);
      doing.set(job, { step: underway.stepName(job, step), line: line.trim() });
      dirty = true;
    },
    say: (...lines) => screen.print(lines),
    notice(text) {
      notice = text;
      dirty = true;
    },
    ask(text, answered) {
      if (!terminal.interactive) return undefined;
      question = `${text} [y]es, [n]o, [l]ater `;
      draw();
      return readKey(terminal.stdin, { onInterrupt: options.onInterrupt, answered }).finally(() => {
        question = undefined;
        dirty = true;
      });
    },
    close() {
      clearInterval(timer);
      terminal.stderr.off("resize", onResize);
      process.off("exit", onExit);
      screen.close();
    },
  };
}

const ctrlC = "\x03";
const keys: Record<string, ApprovalKey> = { y: "approve", n: "reject", l: "later" };

/** Waits for one of the keys. The terminal is in raw mode meanwhile, so Ctrl-C comes as a character. */
function readKey(
  stdin: NodeJS.ReadStream,
  { onInterrupt, answered }: { onInterrupt: () => void; answered: AbortSignal },
): Promise<ApprovalKey> {
  return new Promise((resolve) => {
    const end = (key: ApprovalKey): void => {
      stdin.off("data", onData);
      answered.removeEventListener("abort", onAnswered);
      stdin.setRawMode(false);
      stdin.pause();
      resolve(key);
    };
    const onAnswered = (): void => end("later");
    const onData = (data: Buffer): void => {
      // Keys that were pressed quickly arrive together.
      for (const key of data.toString().toLowerCase()) {
        if (key === ctrlC) onInterrupt();
        const answer = key === ctrlC ? "later" : keys[key];
        if (answer === undefined) continue;
        end(answer);
        break;
      }
    };
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on("data", onData);
    answered.addEventListener("abort", onAnswered);
  });
}
