import type { CommandModule } from "../command.ts";
import { UsageError } from "../problem.ts";
import { carryOut, type MoveOptions, moveCommand } from "../release/move.ts";
import { drivingOptions, overrideOption } from "./drive-options.ts";
import { collect, examples } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  overrideOption(drivingOptions(command))
    .description(
      "Bring a release on to the environment of --to: the same files, from the release's own commit and definition, whatever is checked out.",
    )
    .argument("[RELEASE]", "its number (default: the newest that is proven in what comes before)")
    .option("--to <ENV>", "the environment that gets it (required)")
    .option("--pipeline <PIPELINE>", "only this pipeline (may be given several times)", collect)
    .option("--dry-run", "show what would change and what stays, and change nothing")
    .option("--comment <TEXT>", "why, for the record");
  examples(command, [
    ["baton promote --to prod --dry-run", "what prod would get"],
    ["baton promote --to prod", "the newest release that is proven in what comes before"],
    ["baton promote 12 --to prod --yes", "this release, without being asked"],
  ]);
};

export const run: CommandModule["run"] = async ({ terminal, args: [release], options: given }) => {
  const options = given as unknown as MoveOptions & { to?: string };
  const { to, pipeline } = options;
  if (to === undefined) throw new UsageError("promote: where to?", { next: "give --to and an environment" });
  const again = moveCommand("promote", release === undefined ? [] : [release], options);
  return await carryOut(terminal, { request: { kind: "promotion", to, release, pipelines: pipeline }, options, again });
};
