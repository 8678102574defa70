import { join } from "node:path";
import { findProject } from "../../control/project.ts";
import { nearestName } from "../../findings/nearest-name.ts";
import { createServiceRegistry, type Service } from "../../runner/services.ts";
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

/** Between asking a process to end and ending it. */
const graceMs = 10_000;

export const run: CommandModule["run"] = async ({ terminal, args: [action = "list", name], options }) => {
  const { config, json } = options as ConfigOptions & JsonOptions;
  const project = findProject(terminal, { config });
  const registry = createServiceRegistry({
    file: join(project.stateFolder, "services.json"),
    graceMs,
    env: definedOf(terminal.env),
  });
  const services = registry.list();
  if (action === "stop") {
    for (const service of meant(services, name)) {
      await registry.stop(service);
      terminal.say(`stopped ${service.name} (process ${service.pid})`);
    }
    return exitCodes.clean;
  }
  if (action !== "list") throw new UsageError(`services ${action}: there is list and stop`);
  return list(terminal, services, json === true ? "json" : "text");
};

function list(terminal: Terminal, services: readonly Service[], form: "json" | "text"): ExitCode {
  if (form === "json") {
    terminal.printJson({ version: 1, services: services.map(({ token: _, ...shown }) => shown) });
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

function meant(services: readonly Service[], name: string | undefined): readonly Service[] {
  if (name === undefined) return services;
  const found = services.filter((service) => service.name === name);
  if (found.length > 0) return found;
  const names = services.map((service) => service.name);
  const near = nearestName(name, names);
  throw new UsageError(`no service "${name}" is running${near ? `; did you mean ${near}?` : ""}`, {
    next: names.length > 0 ? `running: ${names.join(", ")}` : "baton services lists them",
  });
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
