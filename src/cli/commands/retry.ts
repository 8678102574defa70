import type { CommandModule } from "../command.ts";
import { recoverRuns } from "../drive/recover.ts";
import { findRun, requireJournal } from "../journal.ts";
import { findPlace } from "../place.ts";
import { Failure } from "../problem.ts";
import { drive, drivingOptions } from "./drive-options.ts";
import { examples } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  drivingOptions(command)
    .description(
      "Run the jobs of a run again that failed, were cancelled or skipped; what passed stays. Without RUN: the newest run.",
    )
    .argument("[RUN]", "a run, or its release number");
  examples(command, [
    ["baton retry", "what failed in the newest run"],
    ["baton retry 7", "what failed in release 7"],
  ]);
};

export const run: CommandModule["run"] = async (call) => {
  const place = findPlace(call.terminal, call.options);
  const { run, conclusion } = findInJournal(call.args[0]);
  if (conclusion === undefined) throw new Failure(`run ${run} has not ended`, { next: "baton resume goes on with it" });
  if (conclusion === "succeeded") {
    throw new Failure(`every job of run ${run} passed: there is nothing to retry`, {
      next: "baton run --force runs it again as a new release",
    });
  }
  return await drive(call, place, (baton) => ({
    run,
    async begin(display) {
      await baton.checkouts.restore(run);
      await recoverRuns(baton, display);
      display.say(`retrying run ${run}`);
      await baton.engine.retry(run);
    },
  }));

  function findInJournal(named: string | undefined) {
    using journal = requireJournal(place);
    return findRun(journal, named);
  }
};
