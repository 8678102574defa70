import type { CommandModule } from "../command.ts";
import { inPromotionOrder, openJournal } from "../journal.ts";
import { findPlace } from "../place.ts";
import { exitCodes, UsageError } from "../problem.ts";
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
  using journal = openJournal(findPlace(terminal, { config }));
  const { deployed } = journal?.deployed() ?? { deployed: {} };
  if (env !== undefined && journal && !(env in deployed)) {
    const known = Object.keys(deployed).join(", ") || "no environment";
    throw new UsageError(`nothing is deployed in "${env}"; something is in ${known}`, {
      next: `baton run --env ${env}`,
    });
  }
  const shown = env === undefined ? deployed : { [env]: deployed[env] ?? {} };
  if (json) {
    terminal.printJson({ version: 1, environments: shown });
    return exitCodes.clean;
  }
  const { out } = terminal;
  for (const environment of journal ? inPromotionOrder(journal, Object.keys(shown)) : []) {
    const pipelines = shown[environment]!;
    terminal.print(out.strong(environment));
    for (const [pipeline, { outputs, release, artifacts }] of Object.entries(pipelines)) {
      terminal.print(`  ${pipeline} ${out.faint(`release ${release}`)}`);
      for (const [name, value] of Object.entries(outputs)) terminal.print(`    ${name} = ${shownValue(value)}`);
      for (const [name, { digest }] of Object.entries(artifacts)) {
        terminal.print(`    ${name} ${out.faint(`artifact ${digest.slice(0, 19)}`)}`);
      }
    }
  }
  if (Object.keys(shown).length === 0) terminal.say("nothing is deployed yet");
  terminal.suggest("baton status", "what is deployed and what runs");
  return exitCodes.clean;
};
