import { answered } from "../../control/control.ts";
import { shortPath } from "../../control/definition/source-frame.ts";
import type { LogsEnd, LogsView } from "../../control/host.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import { clockTime } from "../terminal/duration.ts";
import { ownColours } from "../terminal/gate.ts";
import type { Terminal } from "../terminal/terminal.ts";
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

export const run: CommandModule["run"] = async ({ terminal, args, options }) => {
  const { attempt, follow, json, config } = options as Options;
  const { host } = await connected(terminal, { config });
  const wanted = attempt === undefined ? undefined : attemptNumber(attempt);
  const logs = answered(await host.logs({ words: args, attempt: wanted, follow: follow === true }));
  const lines: unknown[] = [];
  for await (const { job, attempt, step, at, text } of logs.lines) {
    if (terminal.isReaderGone) return exitCodes.clean;
    if (json) lines.push({ job, attempt, step, at, text });
    else {
      const name = logs.job === undefined ? `${terminal.out.active(job)} ` : "";
      terminal.print(`${terminal.out.faint(clockTime(at))} ${name}${ownColours(text)}`);
    }
  }
  const end = logs.end();
  if (json && end.kind !== "not-started") terminal.printJson({ version: 1, lines });
  return conclude(end, { logs, wanted, terminal });
};

function conclude(
  end: LogsEnd,
  { logs: { run, job }, wanted, terminal }: { logs: LogsView; wanted: number | undefined; terminal: Terminal },
): ExitCode {
  switch (end.kind) {
    case "complete":
      return exitCodes.clean;
    case "left":
      terminal.say(`nobody runs run ${run} now, and it has not ended`);
      terminal.suggest(`baton resume ${run}`, "goes on with it");
      return exitCodes.clean;
    case "not-started":
      if (wanted !== undefined) throw new UsageError(`${job ?? "no job"} has no attempt ${wanted} in this run`);
      terminal.say(`${job ?? "no job"} has not been started in this run`);
      terminal.suggest("baton status");
      return exitCodes.clean;
    case "nowhere": {
      const names = end.jobs.length === 1 ? `${end.jobs[0]} of run ${run}` : `run ${run}`;
      const folder = shortPath(end.folder, terminal.cwd);
      terminal.say(
        end.isKnownSilent
          ? `${names} printed nothing`
          : `there is no log of ${names} in ${folder}: it printed nothing, or its logs were deleted`,
      );
      terminal.suggest("baton status");
      return exitCodes.clean;
    }
    default:
      return end satisfies never;
  }
}

function attemptNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new UsageError(`--attempt ${text} is not a number from 1`);
}
