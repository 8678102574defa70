import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { shortPath } from "../../control/definition/source-frame.ts";
import { isUnderway, requireJournal } from "../../control/local/journal.ts";
import { type AttemptName, type LogFollower, logPath, openLogFollower } from "../../control/local/log-follower.ts";
import { findProject, type Project } from "../../control/project.ts";
import { attemptsIn, whatIsMeant } from "../../control/views/logs.ts";
import type { CommandCall, CommandModule } from "../command.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import { clockTime } from "../terminal/duration.ts";
import { ownColours } from "../terminal/gate.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description("Print what the jobs of a run printed. Without RUN: the newest one. Without JOB: all of them.")
    .argument("[RUN]", "a run, or its release number")
    .argument("[JOB]", "a job, for example web.test or web.deploy@dev")
    .option("--attempt <N>", "an earlier attempt of the job (default: the last one)")
    .option("--follow", "keep printing until the run has ended");
  examples(command, [
    ["baton logs", "everything of the newest run"],
    ["baton logs web.deploy@dev", "one job of the newest run"],
    ["baton logs 7 web.test --attempt 1", "the first attempt in release 7"],
    ["baton logs --follow", "what runs in another terminal"],
  ]);
};

interface Options extends ConfigOptions, JsonOptions {
  attempt?: string;
  follow?: true;
}

const lookEveryMs = 150;

export const run: CommandModule["run"] = async (call) => {
  const { attempt, follow, json, config } = call.options as Options;
  const project = findProject(call.terminal, { config });
  using journal = requireJournal(project);
  const { run, job } = whatIsMeant(journal, call.args[0], call.args[1]);
  const wanted = attempt === undefined ? undefined : attemptNumber(attempt);
  const printer = new LogPrinter(call, project, { oneJob: job !== undefined, json: json === true });
  for (;;) {
    // Asked before the files are read: what a finished run printed is complete.
    const isLeft = follow === true && !isUnderway(journal, run);
    const ended = journal.run(run)?.conclusion !== undefined;
    const logs = attemptsIn(journal, run, { job, attempt: wanted });
    if (logs.length === 0 && !follow) return nothingToShow(call, { job, attempt: wanted });
    await printer.print(logs);
    if (isLeft && !ended) {
      printer.end();
      call.terminal.say(`nobody runs run ${run} now, and it has not ended`);
      call.terminal.suggest(`baton resume ${run}`, "goes on with it");
      return exitCodes.clean;
    }
    if (!follow || ended || call.terminal.isReaderGone) {
      printer.end();
      return ended && !logs.some((log) => existsSync(logPath(project.stateFolder, log)))
        ? nothingLeft(call, { run, logs, project })
        : exitCodes.clean;
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
};

function nothingToShow(call: CommandCall, what: { job: string | undefined; attempt: number | undefined }): ExitCode {
  if (what.attempt !== undefined) {
    throw new UsageError(`${what.job ?? "no job"} has no attempt ${what.attempt} in this run`);
  }
  call.terminal.say(`${what.job ?? "no job"} has not been started in this run`);
  call.terminal.suggest("baton status");
  return exitCodes.clean;
}

/** A job that prints nothing has no log, so nobody can tell the two apart. */
function nothingLeft(call: CommandCall, about: { run: string; logs: AttemptName[]; project: Project }): ExitCode {
  const { run, logs, project } = about;
  const names = logs.length === 1 ? `${logs[0]!.job} of run ${run}` : `run ${run}`;
  const folder = shortPath(dirname(logPath(project.stateFolder, logs[0]!)), call.terminal.cwd);
  call.terminal.say(`there is no log of ${names} in ${folder}: it printed nothing, or its logs were deleted`);
  call.terminal.suggest("baton status");
  return exitCodes.failed;
}

function attemptNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new UsageError(`--attempt ${text} is not a number from 1`);
}

class LogPrinter {
  readonly #followers = new Map<string, LogFollower>();
  readonly #lines: unknown[] = [];
  readonly #call: CommandCall;
  readonly #project: Project;
  readonly #how: { oneJob: boolean; json: boolean };

  constructor(call: CommandCall, project: Project, how: { oneJob: boolean; json: boolean }) {
    this.#call = call;
    this.#project = project;
    this.#how = how;
  }

  /** Prints what has come since the last call. */
  async print(logs: readonly AttemptName[]): Promise<void> {
    const { terminal } = this.#call;
    for (const log of logs) {
      const key = `${log.job} ${log.attempt}`;
      const follower = this.#followers.get(key) ?? openLogFollower(this.#project.stateFolder, log);
      this.#followers.set(key, follower);
      for (const { at, step, text } of follower.read()) {
        if (this.#how.json) this.#lines.push({ job: log.job, attempt: log.attempt, step, at, text });
        else {
          const name = this.#how.oneJob ? "" : `${terminal.out.active(log.job)} `;
          terminal.print(`${terminal.out.faint(clockTime(at))} ${name}${ownColours(text)}`);
        }
      }
    }
  }

  end(): void {
    if (this.#how.json) this.#call.terminal.printJson({ version: 1, lines: this.#lines });
  }
}
