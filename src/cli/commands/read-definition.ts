import type { CommandModule } from "../command.ts";
import { deliveryOf } from "../definition/load.ts";
import { loadCodeThatAwaits } from "../definition/load-code.ts";
import type { ChildAnswer } from "../definition/load-in-child.ts";
import { exitCodes, UsageError } from "../problem.ts";

/** Started by Baton itself for a definition that awaits; prints a `ChildAnswer`. */
export const describe: CommandModule["describe"] = (command) => {
  command.argument("<FILE>", "a definition written as code");
};

export const run: CommandModule["run"] = async ({ terminal, args }) => {
  const file = args[0]!;
  let answer: ChildAnswer;
  try {
    const exported = await loadCodeThatAwaits({ file, cwd: terminal.cwd, limitMs: 0 });
    answer = { ok: true, delivery: deliveryOf(exported, file, terminal.cwd) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    answer = { ok: false, message: error.message, ...(error.next !== undefined && { next: error.next }) };
  }
  terminal.printJson(answer);
  return exitCodes.clean;
};
