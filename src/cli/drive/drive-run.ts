import { EngineStopped } from "../../engine/drive.ts";
import type { RunId } from "../../engine/events.ts";
import { type ExitCode, exitCodes, Failure } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { openApprovalDesk } from "./approvals.ts";
import type { Display, DisplayOptions } from "./display.ts";
import { watchInterrupts } from "./interrupts.ts";
import { answerRequests, type Baton, whoAmI } from "./open-baton.ts";
import { plainDisplay } from "./plain-display.ts";
import { isMoving, isQuiet } from "./quiet.ts";
import { type Outcome, summarise } from "./summary.ts";

export interface DriveOptions {
  terminal: Terminal;
  baton: Baton;
  /** The run that is shown; others of the state folder that go on are told by their lines. */
  run: RunId;
  /** Begins what is to be watched, once everybody listens. */
  begin(display: Display): Promise<void>;
  /** Print what jobs print. */
  verbose: boolean;
  /** Approve everything that asks. */
  yes: boolean;
  /** Summary as JSON on stdout, nothing redrawn. */
  json: boolean;
  /** Leave services running that a step started, also where nobody sits at the terminal. */
  keepServices: boolean;
}

/**
 * Goes on with the runs of a state folder until all have ended or wait for a person, shows it, and says how it went.
 * Ctrl-C cancels the shown run and everything else that moves.
 */
export async function driveRun(options: DriveOptions): Promise<ExitCode> {
  const { terminal, baton, run } = options;
  const { engine, runner } = baton;
  const who = whoAmI(terminal.env);
  const left = Promise.withResolvers<string>();
  const interrupts = watchInterrupts({
    onGraceful: () => void cancelMoving("graceful"),
    onNow: () => void cancelMoving("now"),
    onLeave: (signal) => left.resolve(signal),
  });
  const display = await openDisplay(options, () => interrupts.press());
  const desk = openApprovalDesk({ baton, display, approveAll: options.yes, who });
  const unsubscribe = engine.subscribe((recorded) => {
    display.event(recorded);
    desk.event(recorded.event);
  });
  runner.onOutput((line) => display.output(line));

  async function cancelMoving(mode: "graceful" | "now"): Promise<void> {
    display.notice(
      mode === "graceful"
        ? "stopping: nothing new starts, running jobs end first. Ctrl-C again ends them at once."
        : "stopping now: running jobs are being ended.",
    );
    for (const state of engine.state.runs.values()) {
      if (state.id !== run && !isMoving(state)) continue;
      if (state.finished === undefined) await engine.cancel(state.id, { mode, by: who }).catch(() => {});
    }
  }

  async function untilDone(): Promise<void> {
    do {
      await quiet();
      // An answer sets things in motion again.
      await desk.answered();
    } while (!isQuiet(engine.state));
  }

  function quiet(): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isQuiet(engine.state)) return;
        stop();
        resolve();
      };
      const stop = engine.subscribe(look);
      look();
    });
  }

  try {
    await options.begin(display);
    answerRequests(baton);
    desk.askOpen(run);
    const stopped = engine.settled(run).then(
      () => new Promise<never>(() => {}),
      (error: unknown) => Promise.reject(error as Error),
    );
    const signal = await Promise.race([untilDone().then(() => undefined), left.promise, stopped]);
    if (signal !== undefined) {
      display.close();
      return leave(terminal, { signal, run });
    }
  } catch (error) {
    throw inWords(error);
  } finally {
    unsubscribe();
    interrupts.end();
    display.close();
  }
  await tidyUp(baton, run);
  const outcome: Outcome = { baton, run, terminal, interrupted: interrupts.pressed > 0, json: options.json };
  return await summarise(outcome, { keepServices: options.keepServices || terminal.interactive });
}

/** The newest runs whose artifacts are kept, beside those of what is deployed. */
const keptRuns = 50;

/** Checkouts of runs that passed go; those of failed runs stay to be looked at until the next run. */
async function tidyUp({ engine, runner, checkouts, artifacts, store, place }: Baton, run: RunId): Promise<void> {
  const { state } = engine;
  const keep = new Set(runner.listServices().map((service) => service.run));
  for (const { id, finished } of state.runs.values()) {
    if (finished === undefined || (id === run && finished.conclusion !== "succeeded")) keep.add(id);
  }
  const deployed = Object.values(state.deployed).flatMap((there) => Object.values(there));
  const commits = deployed.map(({ commit }) => commit);
  await checkouts.tidy({ keep, commits, root: place.repository });
  if (state.runs.size > keptRuns) await artifacts.clear({ keep: store.artifactsInUse({ runs: keptRuns }) });
}

function leave(terminal: Terminal, { signal, run }: { signal: string; run: RunId }): ExitCode {
  terminal.say(`stopped by ${signal}; nothing that had finished is lost`);
  terminal.suggest("baton resume", `goes on with run ${run}`);
  return exitCodes.interrupted;
}

async function openDisplay(
  { terminal, baton, run, verbose, json }: DriveOptions,
  onInterrupt: () => void,
): Promise<Display> {
  const { engine, store, place } = baton;
  const options: DisplayOptions = {
    terminal,
    state: engine.state,
    stateFolder: place.stateFolder,
    expected: terminal.redraws ? store.durations() : new Map(),
    verbose,
    onInterrupt,
  };
  if (!terminal.redraws || json) return plainDisplay(options);
  const { liveDisplay } = await import("./live-display.ts");
  return liveDisplay({ ...options, run });
}

/** The engine stops when the journal cannot be written; the store's own words say why and what to do. */
function inWords(error: unknown): unknown {
  if (error instanceof EngineStopped && error.cause instanceof Error && error.cause.name === "StoreError") {
    return new Failure(error.cause.message);
  }
  if (error instanceof EngineStopped && error.cause !== undefined) return error.cause;
  return error;
}
