import type { Command } from "commander";
import type { PlanOptions } from "../../control/request/run-request.ts";
import { commandLine } from "../command-line.ts";
import { type ConfigOptions, collect, configOption, type JsonOptions, jsonOption } from "./options.ts";

/** What `plan` and `run` have in common. */
export interface PlanningOptions extends PlanOptions, ConfigOptions, JsonOptions {
  inPlace?: true;
}

export function planningOptions(command: Command): Command {
  configOption(command)
    .option("--env <ENV>", "this environment alone")
    .option("--to <ENV>", "this environment and everything that comes before it")
    .option("--pipeline <PIPELINE>", "only this pipeline (may be given several times)", collect)
    .option("--since <COMMIT>", "as if this commit were what is deployed")
    .option("--branch <BRANCH>", "as if on this branch")
    .option("--event <EVENT>", "manual (default), push, pull-request or schedule")
    .option("--param <NAME=VALUE>", "a parameter of the delivery (may be given several times)", collect)
    .option("--force", "run even what has not changed")
    .option("--in-place", "use the working tree itself instead of a checkout");
  return jsonOption(command);
}

/** What a plan does not need and its run does. */
export interface RunMeaning {
  env?: string;
  anyBranch?: true;
  allowDirty?: true;
  missingParameters?: readonly string[];
}

/** The `baton run` that does what was planned: with all options that the plan was asked with. */
export function runCommand(options: PlanningOptions & RunMeaning): string {
  const { config, env, to, pipeline, since, branch, event, force, inPlace, anyBranch, allowDirty } = options;
  const param = [...(options.param ?? []), ...(options.missingParameters ?? []).map((name) => `${name}=…`)];
  const given = { config, env, to, pipeline, since, branch, event, param, force, inPlace, anyBranch, allowDirty };
  return commandLine("run", given);
}
