import { asked } from "../../control/control.ts";
import { deliveryOf } from "../../control/definition/load.ts";
import { loadCodeThatAwaits } from "../../control/definition/load-code.ts";
import type { ChildAnswer } from "../../control/definition/load-in-child.ts";
import type { CommandModule } from "../command.ts";
import { exitCodes } from "../problem.ts";

/** Started by Baton itself for a definition that awaits; prints a `ChildAnswer`. */
export const describe: CommandModule["describe"] = (command) => {
  command.argument("<FILE>", "a definition written as code");
};

export const run: CommandModule["run"] = async ({ terminal, args }) => {
  const file = args[0]!;
  const answer: ChildAnswer = await asked(async () => {
    const exported = await loadCodeThatAwaits({ file, cwd: terminal.cwd, limitMs: 0, say: terminal.say });
    return deliveryOf(exported, file, terminal.cwd);
  });
  terminal.printJson(answer);
  return exitCodes.clean;
};
