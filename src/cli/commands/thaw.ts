import { answered } from "../../control/control.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  jsonOption(configOption(command))
    .description("End a freeze before its time: what waits goes on, first come first served.")
    .argument("[ENV]", "the environment")
    .option("--comment <TEXT>", "why, for the record");
  examples(command, [["baton thaw prod", ""]]);
};

interface Options extends ConfigOptions, JsonOptions {
  comment?: string;
}

export const run: CommandModule["run"] = async ({ terminal, args: [environment], options: given }) => {
  const { comment, config, json } = given as Options;
  if (environment === undefined) throw new UsageError("thaw: which environment?", { next: "baton thaw ENV" });
  const { host, by } = await connected(terminal, { config });
  const thawed = answered(await host.thaw({ environment, comment }, by));
  if (json) terminal.printJson(thawed);
  else terminal.print(`${environment} is not frozen any more`);
  terminal.suggest("baton status", "what goes on, and what nobody goes on with");
  return exitCodes.clean;
};
