import { type Actor, Refused } from "../../control/control.ts";
import type { Host, Underway } from "../../control/host.ts";
import type { OwedView } from "../../control/views/status.ts";
import { count } from "../../findings/count.ts";
import { type ExitCode, exitCodes } from "../problem.ts";
import { inWords } from "../refusals.ts";
import { moveLines } from "../release/move-text.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { openApprovalDesk } from "./approvals.ts";
import type { Display, DisplayOptions } from "./display.ts";
import { watchInterrupts } from "./interrupts.ts";
import { plainDisplay } from "./plain-display.ts";
import { summarise } from "./summary.ts";

export interface WatchOptions {
  terminal: Terminal;
  underway: Underway;
  /** Who sits here. */
  by: Actor;
  /** Said before anything happens. */
  heading: readonly string[];
  /** Said once it is certain that the run goes on here, before anything of it is shown. */
  taken?: string;
  /** Print what jobs print. */
  verbose: boolean;
  /** Approve everything that the run asks for. */
  yes: boolean;
  /** Summary as JSON on stdout, nothing redrawn. */
  json: boolean;
  /** Leave services running that a step started, also where nobody sits at the terminal. */
  keepServices: boolean;
  /** Told beside another run: nothing of it goes to stdout. */
  isBeside?: true;
  /** Where else it is asked, for what goes back by itself. */
  host: Host;
  secretsFile: string | undefined;
  /** The command that makes a new run of the same kind. */
  again?: string;
}

/**
 * Lets a run go on until it has ended or waits for a person, shows it, and says how it went. Ctrl-C cancels this run and
 * nothing else.
 */
export async function watchRun(options: WatchOptions): Promise<ExitCode> {
  const { underway, terminal, host } = options;
  let code: ExitCode;
  let owed: OwedView[];
  try {
    code = await watch(options);
    owed = underway.owed();
  } finally {
    await underway.close();
  }
  for (const one of owed) await takeBack(options, one);
  return code;

  /** What failed in an environment that says so goes back by itself. That it does changes nothing about what failed. */
  async function takeBack({ secretsFile }: WatchOptions, { environment, failed, job }: OwedView): Promise<void> {
    terminal.say("", `${environment} goes back by itself: ${job} failed`);
    const taken = await host.takeBack({ environment, failed, secretsFile }, { name: "baton", via: "policy" });
    if (!taken.ok) {
      terminal.say(`not here: ${inWords(taken.refusal).message}`);
      terminal.suggest(`baton rollback ${environment}`, "takes it back; until then nothing else is deployed there");
    } else if (taken.value.kind === "declined") {
      terminal.say(`not by itself: ${taken.value.because}`);
      terminal.suggest(`baton rollback ${environment} --dry-run`, "what going back would do");
    } else {
      const { move, underway: back } = taken.value;
      await watchRun({ ...options, underway: back, heading: moveLines(move, terminal.err), isBeside: true });
    }
  }
}

async function watch(options: WatchOptions): Promise<ExitCode> {
  const { terminal, underway, heading } = options;
  const left = Promise.withResolvers<string>();
  const interrupts = watchInterrupts({
    onGraceful: () => void cancel("graceful"),
    onNow: () => void cancel("now"),
    onLeave(signal) {
      left.resolve(signal);
      underway.giveUp();
    },
  });
  const display = await openDisplay(options, () => interrupts.press());
  const desk = openApprovalDesk({ underway, display, by: options.by, approveAll: options.yes });

  async function cancel(mode: "graceful" | "now"): Promise<void> {
    // There is nothing to stop before it has begun.
    if (underway.view() === undefined) return underway.giveUp();
    display.notice(
      mode === "graceful"
        ? "stopping: nothing new starts, running jobs end first. Ctrl-C again ends them at once."
        : "stopping now: running jobs are being ended.",
    );
    await underway.cancel(mode);
  }

  const told = new Set<string>();
  function tellQueues(): void {
    for (const { environment, run, pid } of underway.queuedBehind()) {
      if (told.has(`${environment} ${run}`)) continue;
      told.add(`${environment} ${run}`);
      const who = pid === undefined ? "" : ` (process ${pid})`;
      display.say(`${environment} is held by run ${run}${who}: waiting until it has left`);
    }
  }

  let hasSaidTaken = options.taken === undefined;
  function sayTaken(): void {
    if (!hasSaidTaken) display.say(options.taken!);
    hasSaidTaken = true;
  }

  async function untilDone(): Promise<void> {
    do {
      await underway.atRest();
      // An answer sets things in motion again.
      await desk.answered();
    } while (!underway.isAtRest);
  }

  try {
    if (heading.length > 0) display.say(...heading);
    const { interrupted, danger } = await underway.begin({
      event(recorded) {
        sayTaken();
        display.event(recorded);
        desk.event(recorded.event);
        tellQueues();
      },
      output: (line) => display.output(line),
      waitsFor({ run, jobs }) {
        display.say(`run ${run} is just making ${named(jobs)} of these files: waiting, to take what it makes`);
      },
    });
    sayTaken();
    if (danger !== undefined) display.say(danger);
    if (interrupted.length > 0) display.say(`run ${underway.run} was interrupted in ${interrupted.join(", ")}`);
    tellQueues();
    desk.askOpen();
    const signal = await Promise.race([untilDone().then(() => undefined), left.promise]);
    if (signal !== undefined) {
      display.close();
      return leave(terminal, { signal, run: underway.run });
    }
  } catch (error) {
    if (!(error instanceof Refused) || error.refusal.code !== "given-up") throw error;
    display.close();
    terminal.say("stopped; nothing was begun");
    return exitCodes.interrupted;
  } finally {
    interrupts.end();
    display.close();
  }
  await underway.tidyUp();
  return await summarise({ ...options, interrupted: interrupts.pressed > 0 });
}

function named(jobs: readonly string[]): string {
  const [first, ...others] = jobs;
  return others.length === 0 ? first! : `${first} and ${count(others.length, "other job")}`;
}

function leave(terminal: Terminal, { signal, run }: { signal: string; run: string }): ExitCode {
  terminal.say(`stopped by ${signal}; nothing that had finished is lost`);
  terminal.suggest(`baton resume ${run}`, "goes on with it");
  return exitCodes.interrupted;
}

async function openDisplay(
  { terminal, underway, verbose, json }: WatchOptions,
  onInterrupt: () => void,
): Promise<Display> {
  const options: DisplayOptions = { terminal, underway, verbose, onInterrupt };
  if (!terminal.redraws || json) return plainDisplay(options);
  const { liveDisplay } = await import("./live-display.ts");
  return liveDisplay(options);
}
