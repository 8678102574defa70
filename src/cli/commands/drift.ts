import { answered } from "../../control/control.ts";
import { shortPath } from "../../control/definition/source-frame.ts";
import type { DriftLook } from "../../control/views/drift.ts";
import type { CommandModule } from "../command.ts";
import { commandLine } from "../command-line.ts";
import { connected } from "../host.ts";
import { watchInterrupts } from "../live/interrupts.ts";
import { exitCodes } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  jsonOption(configOption(command))
    .description(
      "Look whether environments are still as they were deployed: runs the `drift` of each job that deployed there, with the files, " +
        "values and secrets that it deployed with. Ends with 1 when something differs, or nobody can tell.",
    )
    .argument("[ENV]", "the environment; without it all of them")
    .option("--secrets-file <FILE>", "NAME=value lines; other secrets come from environment variables");
  examples(command, [["baton drift prod", "what somebody changed there by hand"]]);
};

interface Options extends ConfigOptions, JsonOptions {
  secretsFile?: string;
}

export const run: CommandModule["run"] = async ({ terminal, args: [environment], options: given }) => {
  const { config, json, secretsFile } = given as Options;
  const { host, by } = await connected(terminal, { config });
  const stop = new AbortController();
  const leave = () => stop.abort();
  const interrupts = watchInterrupts({ onGraceful: leave, onNow: leave, onLeave: leave });
  const asked = await host.drift({ environment, secretsFile, signal: stop.signal }, by).finally(() => interrupts.end());
  const view = answered(asked);
  if (json) terminal.printJson(view);
  else terminal.print(...view.looks.flatMap((look) => lines(look, terminal)));
  if (stop.signal.aborted) return exitCodes.interrupted;
  const isSame = view.looks.every(({ found }) => found === "same");
  for (const { environment, job, release } of view.looks.filter(({ found }) => found === "differs")) {
    const [pipeline = ""] = job.split(".");
    const again = commandLine("run", { env: environment, pipeline, force: true });
    terminal.suggest(again, `deploys it again, with the commit of release ${release} checked out`);
  }
  const unknown = new Set(view.looks.flatMap(({ found, environment }) => (found === "unknown" ? environment : [])));
  for (const one of unknown) terminal.suggest(`baton drift ${one}`, "again, once what it says is put right");
  return isSame ? exitCodes.clean : exitCodes.failed;
};

function lines({ job, release, found, said, log }: DriftLook, { out, cwd }: Pick<Terminal, "out" | "cwd">): string[] {
  const left = `release ${release} left it`;
  const rest = log === undefined ? [] : [`  log: ${shortPath(log, cwd)}`];
  switch (found) {
    case "same":
      return [`${out.good("✔")} ${job} is as ${left}`];
    case "differs":
      return [`${out.bad("✖")} ${job} is not as ${left}`, ...said.map((line) => `  ${line}`), ...rest];
    case "unknown":
      return [
        `${out.warning("?")} ${job}: nobody can tell whether it is as ${left}`,
        ...said.map((line) => `  ${line}`),
        ...rest,
      ];
    default:
      return found satisfies never;
  }
}
