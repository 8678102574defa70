import { asked } from "../../control/control.ts";
import { type FindingsAnswer, findingsIn } from "../../control/local/read-findings.ts";
import type { CommandModule } from "../command.ts";
import { exitCodes } from "../problem.ts";

/** Started by Baton itself where a server is asked; prints a `FindingsAnswer`. */
export const describe: CommandModule["describe"] = (command) => {
  command.argument("<FOLDER>", "a repository");
};

export const run: CommandModule["run"] = async ({ terminal, args }) => {
  const answer: FindingsAnswer = await asked(() => findingsIn(args[0]!));
  terminal.printJson(answer);
  return exitCodes.clean;
};
