import { findProject } from "../../control/project.ts";
import { servicesOf } from "../../control/verbs/services.ts";
import type { ServiceView } from "../../control/views/services.ts";
import type { CommandModule } from "../command.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description("List the services that jobs left running (a started API, a database), or stop them.")
    .argument("[ACTION]", "list (default) or stop")
    .argument("[NAME]", "which to stop (default: all)");
  examples(command, [
    ["baton services", "names, addresses and processes"],
    ["baton services stop api", "stops one"],
    ["baton services stop", "stops all"],
  ]);
};

export const run: CommandModule["run"] = async ({ terminal, args: [action = "list", name], options }) => {
  const { config, json } = options as ConfigOptions & JsonOptions;
  const services = servicesOf(findProject(terminal, { config }), terminal);
  if (action === "stop") {
    await services.stop(name, (service) => terminal.say(`stopped ${service.name} (process ${service.pid})`));
    return exitCodes.clean;
  }
  if (action !== "list") throw new UsageError(`services ${action}: there is list and stop`);
  return list(terminal, services.list(), json === true ? "json" : "text");
};

function list(terminal: Terminal, services: readonly ServiceView[], form: "json" | "text"): ExitCode {
  if (form === "json") {
    terminal.printJson({ version: 1, services });
    return exitCodes.clean;
  }
  if (services.length === 0) {
    terminal.say("no service that a job started is running");
    terminal.suggest("baton status");
    return exitCodes.clean;
  }
  const rows = services.map(({ name, url, pid, job, run }) => [name, url ?? "", `process ${pid}`, `${job} in ${run}`]);
  terminal.print(...table(rows));
  terminal.suggest(`baton services stop ${services[0]!.name}`, "ends it; without a name all of them");
  return exitCodes.clean;
}
