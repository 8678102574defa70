import type { Command } from "commander";
import type { CommandCall } from "../command.ts";
import type { DriveOptions } from "../drive/drive-run.ts";
import type { Baton } from "../drive/open-baton.ts";
import type { Place } from "../place.ts";
import type { ExitCode } from "../problem.ts";
import { readSecrets } from "../secrets.ts";
import { type ConfigOptions, configOption, type JsonOptions, jsonOption } from "./options.ts";

/** What every command that makes runs go on has in common. */
export interface DrivingOptions extends ConfigOptions, JsonOptions {
  yes?: true;
  secretsFile?: string;
  verbose?: true;
  keepServices?: true;
}

export function runtimeOptions(command: Command): Command {
  return command
    .option("--yes", "approve every environment that asks")
    .option("--secrets-file <FILE>", "NAME=value lines; other secrets come from environment variables")
    .option("--verbose", "print what jobs print as it comes")
    .option("--keep-services", "leave services running that jobs started, also without a terminal");
}

export function drivingOptions(command: Command): Command {
  return jsonOption(runtimeOptions(configOption(command)));
}

/** Opens the state folder, drives what `choose` names, and closes it again. */
export async function drive(
  { terminal, options: given }: CommandCall,
  place: Place,
  choose: (baton: Baton) => Pick<DriveOptions, "run" | "begin">,
): Promise<ExitCode> {
  const options = given as DrivingOptions;
  const { openBaton } = await import("../drive/open-baton.ts");
  const { driveRun } = await import("../drive/drive-run.ts");
  const baton = openBaton({ place, secrets: readSecrets(terminal, options.secretsFile) });
  try {
    return await driveRun({
      ...choose(baton),
      terminal,
      baton,
      verbose: options.verbose === true,
      yes: options.yes === true,
      json: options.json === true,
      keepServices: options.keepServices === true,
    });
  } finally {
    await baton.close();
  }
}
