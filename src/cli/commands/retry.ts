import { answered } from "../../control/control.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { type DrivingOptions, drivingOptions, watching } from "./drive-options.ts";
import { examples } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  drivingOptions(command)
    .description(
      "Run the jobs of a run again that failed, were cancelled or skipped; what passed stays. It works on the same files " +
        "as before. Without RUN: the newest run.",
    )
    .argument("[RUN]", "a run, or its release number");
  examples(command, [
    ["baton retry", "what failed in the newest run"],
    ["baton retry 7", "what failed in release 7"],
  ]);
};

export const run: CommandModule["run"] = async ({ terminal, args, options: given }) => {
  const options = given as DrivingOptions;
  const { watchRun } = await import("../live/watch-run.ts");
  const { host, by } = await connected(terminal, { config: options.config });
  const underway = answered(await host.retry({ run: args[0], secretsFile: options.secretsFile }, by));
  const taken = `retrying run ${underway.run}`;
  return await watchRun({ ...watching(options), terminal, host, by, underway, heading: [], taken });
};
