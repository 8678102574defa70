import type { Command } from "commander";
import type { WatchOptions } from "../live/watch-run.ts";
import { type ConfigOptions, configOption, type JsonOptions, jsonOption } from "./options.ts";

/** What every command that makes a run go on has in common. */
export interface DrivingOptions extends ConfigOptions, JsonOptions {
  yes?: true;
  secretsFile?: string;
  verbose?: true;
  keepServices?: true;
}

export function runtimeOptions(command: Command): Command {
  return command
    .option("--yes", "approve every environment that this run asks for")
    .option("--secrets-file <FILE>", "NAME=value lines; other secrets come from environment variables")
    .option("--verbose", "print what jobs print as it comes")
    .option("--keep-services", "leave services running that jobs started, also without a terminal");
}

export function drivingOptions(command: Command): Command {
  return jsonOption(runtimeOptions(configOption(command)));
}

/** How a run is watched, by these options. */
export function watching(options: DrivingOptions): Pick<WatchOptions, "verbose" | "yes" | "json" | "keepServices"> {
  return {
    verbose: options.verbose === true,
    yes: options.yes === true,
    json: options.json === true,
    keepServices: options.keepServices === true,
  };
}
