import type { CommandModule } from "../command.ts";
import { UsageError } from "../problem.ts";
import { carryOut, type MoveOptions, moveCommand } from "../release/move.ts";
import { drivingOptions, overrideOption } from "./drive-options.ts";
import { collect, examples } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  overrideOption(drivingOptions(command))
    .description(
      "Take an environment back to a release that was there as a whole: its files and values are deployed again as a set, in order.",
    )
    .argument("[ENV]", "the environment")
    .option("--to <RELEASE>", "the release to go back to (default: the last good one)")
    .option("--pipeline <PIPELINE>", "only this pipeline (may be given several times)", collect)
    .option("--dry-run", "show what would change and what stays, and change nothing")
    .option("--comment <TEXT>", "why, for the record");
  examples(command, [
    ["baton rollback prod --dry-run", "where prod would go back to"],
    ["baton rollback prod", "to the last good release"],
    ["baton rollback prod --to 12 --yes", "to this one, without being asked"],
  ]);
};

export const run: CommandModule["run"] = async ({ terminal, args: [env], options: given }) => {
  const options = given as unknown as MoveOptions & { to?: string };
  const { to: release, pipeline } = options;
  if (env === undefined) throw new UsageError("rollback: which environment?", { next: "baton rollback ENV" });
  const again = moveCommand("rollback", [env], options);
  return await carryOut(terminal, {
    request: { kind: "rollback", to: env, release, pipelines: pipeline },
    options,
    again,
  });
};
