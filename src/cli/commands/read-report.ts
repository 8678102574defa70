import { asked } from "../../control/control.ts";
import type { ReportAnswer } from "../../control/local/read-report.ts";
import { findProject } from "../../control/project.ts";
import { readReport } from "../../control/verbs/report.ts";
import type { CommandModule } from "../command.ts";
import { exitCodes } from "../problem.ts";

/** Started by Baton itself where a server is asked; prints a `ReportAnswer`. */
export const describe: CommandModule["describe"] = (command) => {
  command
    .argument("<FILE>", "a definition")
    .argument("<SINCE>", "milliseconds since the epoch")
    .argument("<UNTIL>", "the same");
};

export const run: CommandModule["run"] = async ({ terminal, args }) => {
  const [config, since, until] = args;
  const { cwd, env, entry, say } = terminal;
  const answer: ReportAnswer = await asked(() => {
    const project = findProject(terminal, { config });
    const place = { project, caller: { cwd, env, entry, say } };
    return readReport(place, { since: Number(since), until: Number(until) });
  });
  terminal.printJson(answer);
  return exitCodes.clean;
};
