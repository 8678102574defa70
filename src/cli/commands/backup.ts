import { resolve } from "node:path";
import { findProject } from "../../control/project.ts";
import { count } from "../../findings/count.ts";
import type { CommandModule } from "../command.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  jsonOption(configOption(command))
    .description(
      "Copy the state folder (journal, logs, artifacts, tokens) into a new folder, as it is at one moment; runs and a server may " +
        "go on meanwhile. To restore it, put it in the place of .baton while nothing runs.",
    )
    .argument("[FOLDER]", "new or empty");
  examples(command, [["baton backup /backups/shop-2026-11-30", "before an upgrade, or every night"]]);
};

type Options = ConfigOptions & JsonOptions;

export const run: CommandModule["run"] = async ({ terminal, args: [given], options }) => {
  const { config, json } = options as Options;
  if (given === undefined) throw new UsageError("backup: where to?", { next: "baton backup FOLDER" });
  const { stateFolder } = findProject(terminal, { config });
  const { backUp } = await import("../../control/local/back-up.ts");
  const view = await backUp(stateFolder, resolve(terminal.cwd, given));
  if (json) terminal.printJson(view);
  else {
    terminal.print(
      `${given}: up to event ${view.seq}, ${count(view.artifacts, "artifact")}, ${count(view.files, "file")}`,
    );
    if (view.incomplete > 0) {
      terminal.say(`${count(view.incomplete, "artifact")} left out that cannot be used`, "  next: baton doctor");
    }
  }
  return exitCodes.clean;
};
