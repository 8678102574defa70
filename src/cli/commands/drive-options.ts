import type { Command } from "commander";
import type { WatchOptions } from "../live/watch-run.ts";
import { UsageError } from "../problem.ts";
import { type ConfigOptions, configOption, type JsonOptions, jsonOption } from "./options.ts";

/** What every command that makes a run go on has in common. */
export interface DrivingOptions extends ConfigOptions, JsonOptions {
  yes?: true;
  secretsFile?: string;
  verbose?: true;
  keepServices?: true;
}

/** Of commands that make a new run. */
export interface OverrideOptions {
  override?: string;
}

export function overrideOption(command: Command): Command {
  return command.option(
    "--override <REASON>",
    "go on into environments that are frozen, and outside of change windows; why is kept and told",
  );
}

/** @throws {UsageError} */
export function overrideOf({ override: why }: OverrideOptions): string | undefined {
  if (why === undefined || why.trim() !== "") return why;
  throw new UsageError("--override: why?", { next: '--override "WHY"' });
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
export function watching(
  options: DrivingOptions,
): Pick<WatchOptions, "verbose" | "yes" | "json" | "keepServices" | "secretsFile"> {
  return {
    verbose: options.verbose === true,
    yes: options.yes === true,
    json: options.json === true,
    secretsFile: options.secretsFile,
    keepServices: options.keepServices === true,
  };
}
