import { answered } from "../../control/control.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { exitCodes } from "../problem.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  jsonOption(configOption(command))
    .description(
      "Cancel a run, also one that runs in another terminal: nothing new starts, running jobs end first. " +
        "Without RUN: the only one that has not ended.",
    )
    .argument("[RUN]", "a run, or its release number")
    .option("--now", "end running jobs as well");
  examples(command, [
    ["baton cancel", "lets running jobs end"],
    ["baton cancel 7 --now", "ends them"],
  ]);
};

export const run: CommandModule["run"] = async ({ terminal, args, options: given }) => {
  const options = given as ConfigOptions & JsonOptions & { now?: true };
  const mode = options.now ? "now" : "graceful";
  const { host, by } = await connected(terminal, { config: options.config });
  const cancelled = answered(await host.cancel({ mode, run: args[0] }, by));
  const { run } = cancelled;
  if (cancelled.isElsewhere)
    terminal.say(`asked the Baton that runs ${run} to stop${mode === "now" ? " at once" : ""}`);
  const conclusion = await cancelled.ended();
  if (options.json) terminal.printJson({ version: 1, run, conclusion: conclusion ?? "left" });
  terminal.say(conclusion ? `run ${run} has ended: ${conclusion}` : `run ${run} was left; it can be resumed`);
  terminal.suggest("baton status");
  return exitCodes.clean;
};
