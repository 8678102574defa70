import { answered } from "../../control/control.ts";
import { originOf } from "../../control/views/deployed.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { exitCodes } from "../problem.ts";
import { shownValue } from "../terminal/value.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description("Print the outputs of what is deployed, by environment and pipeline.")
    .option("--env <ENV>", "only this environment");
  examples(command, [
    ["baton outputs", "everything that is deployed"],
    ["baton outputs --env dev --json", "one environment, for a program"],
  ]);
};

interface Options extends ConfigOptions, JsonOptions {
  env?: string;
}

export const run: CommandModule["run"] = async ({ terminal, options }) => {
  const { json, env, config } = options as Options;
  const { host } = await connected(terminal, { config });
  const view = answered(await host.outputs(env));
  if (json) {
    terminal.printJson(view);
    return exitCodes.clean;
  }
  const { out } = terminal;
  const environments = Object.entries(view.environments);
  for (const [environment, pipelines] of environments) {
    terminal.print(out.strong(environment));
    for (const [pipeline, deployed] of Object.entries(pipelines)) {
      const { outputs, artifacts } = deployed;
      terminal.print(`  ${pipeline} ${out.faint(`release ${originOf(deployed)}`)}`);
      for (const [name, value] of Object.entries(outputs)) terminal.print(`    ${name} = ${shownValue(value)}`);
      for (const [name, { digest }] of Object.entries(artifacts)) {
        terminal.print(`    ${name} ${out.faint(`artifact ${digest.slice(0, 19)}`)}`);
      }
    }
  }
  if (environments.length === 0) terminal.say("nothing is deployed yet");
  terminal.suggest("baton status", "what is deployed and what runs");
  return exitCodes.clean;
};
