import type { Command } from "commander";
import { answered } from "../../control/control.ts";
import type { CommandCall, CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { type ExitCode, exitCodes } from "../problem.ts";
import { type DrivingOptions, drivingOptions, watching } from "./drive-options.ts";
import { examples } from "./options.ts";

type Answer = "approved" | "rejected";

/** `baton approve` and `baton reject` differ in one word. */
export function answerCommand(answer: Answer): CommandModule {
  return {
    describe: (command) => describeAnswer(command, answer),
    run: (call) => giveAnswer(call, answer),
  };
}

function describeAnswer(command: Command, answer: Answer): void {
  const verb = answer === "approved" ? "Approve" : "Reject";
  drivingOptions(command)
    .description(
      `${verb} a release for an environment that waits for it. A Baton that runs takes the answer and goes on; ` +
        "otherwise this command goes on with the run itself. What is left out is meant when only one thing waits.",
    )
    .argument("[RUN]", "a run, or its release number")
    .argument("[ENV]", "the environment that waits")
    .option("--comment <TEXT>", "kept with the answer");
  const word = verb.toLowerCase();
  examples(command, [
    [`baton ${word}`, "the one thing that waits"],
    [`baton ${word} prod`, "the one run that waits to go to prod"],
    [`baton ${word} 7 prod`, `${word}s release 7 for prod`],
    [
      `baton ${word} r0007 prod --comment "${answer === "approved" ? "looks fine" : "not on a Friday"}"`,
      "with a reason",
    ],
  ]);
}

async function giveAnswer({ terminal, args, options: given }: CommandCall, answer: Answer): Promise<ExitCode> {
  const options = given as DrivingOptions & { comment?: string };
  const [run, environment] = args;
  const { host, by } = await connected(terminal, { config: options.config });
  const request = {
    answer,
    secretsFile: options.secretsFile,
    ...(options.comment !== undefined && { comment: options.comment }),
    ...(run !== undefined && { run }),
    ...(environment !== undefined && { environment }),
  };
  const taken = answered(await host.answer(request, by));
  if (taken.kind === "told") {
    const { run, environment, moreNeeded } = taken;
    if (options.json) terminal.printJson({ version: 1, run, environment, answer, moreNeeded });
    if (moreNeeded > 0) {
      const people = moreNeeded === 1 ? "one more person" : `${moreNeeded} more people`;
      terminal.say(`your approval of ${environment} for run ${run} is kept; ${people} must approve before it goes on`);
      terminal.suggest(`baton approve ${run} ${environment}`, "somebody else");
    } else {
      terminal.say(`${environment} ${answer} for run ${run}; the Baton that runs it goes on`);
      terminal.suggest("baton status");
    }
    return exitCodes.clean;
  }
  const { watchRun } = await import("../live/watch-run.ts");
  return await watchRun({ ...watching(options), terminal, host, by, underway: taken.underway, heading: [] });
}
