import { Refused } from "../../control/control.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { exitCodes } from "../problem.ts";
import {
  type DrivingOptions,
  drivingOptions,
  type OverrideOptions,
  overrideOf,
  overrideOption,
  watching,
} from "./drive-options.ts";
import { examples } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  overrideOption(drivingOptions(command))
    .description(
      "Go on with a run that has not ended: after a crash, a kill, or while it waited for an approval. " +
        "What had finished does not run again; a job that was cut off starts a new attempt once its old processes are gone. " +
        "Without RUN: the only one that has not ended.",
    )
    .argument("[RUN]", "a run, or its release number");
  examples(command, [
    ["baton resume", "goes on where it stopped"],
    ["baton resume 7", "release 7, when several have not ended"],
    ['baton resume 7 --override "The shop is down"', "goes past a freeze and outside of change windows"],
  ]);
};

export const run: CommandModule["run"] = async ({ terminal, args, options: given }) => {
  const options = given as DrivingOptions & OverrideOptions;
  const { watchRun } = await import("../live/watch-run.ts");
  const { host, by } = await connected(terminal, { config: options.config });
  const answer = await host.resume(
    { run: args[0], secretsFile: options.secretsFile, override: overrideOf(options) },
    by,
  );
  if (!answer.ok) {
    if (answer.refusal.code !== "none-open") throw new Refused(answer.refusal);
    if (options.json) terminal.printJson({ version: 1, conclusion: "nothing-to-do" });
    terminal.say("every run has ended: there is nothing to resume");
    terminal.suggest("baton status", "how they ended");
    return exitCodes.clean;
  }
  const underway = answer.value;
  const taken = `going on with run ${underway.run}`;
  return await watchRun({ ...watching(options), terminal, host, by, underway, heading: [], taken });
};
