import type { CommandModule } from "../command.ts";
import { recoverRuns } from "../drive/recover.ts";
import { findRun, requireJournal } from "../journal.ts";
import { findPlace, type Place } from "../place.ts";
import { exitCodes } from "../problem.ts";
import { drive, drivingOptions } from "./drive-options.ts";
import { examples } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  drivingOptions(command).description(
    "Go on with every run that has not ended: after a crash, a kill, or while one waited for an approval. " +
      "What had finished does not run again; a job that was cut off starts a new attempt once its old processes are gone.",
  );
  examples(command, [["baton resume", "goes on where it stopped"]]);
};

export const run: CommandModule["run"] = async (call) => {
  const place = findPlace(call.terminal, call.options);
  const open = openRuns(place);
  const [newest] = open;
  if (newest === undefined) {
    if (call.options.json) call.terminal.printJson({ version: 1, conclusion: "nothing-to-do" });
    call.terminal.say("every run has ended: there is nothing to resume");
    call.terminal.suggest("baton status", "how they ended");
    return exitCodes.clean;
  }
  return await drive(call, place, (baton) => ({
    run: newest,
    async begin(display) {
      display.say(`going on with ${open.length === 1 ? "run" : "runs"} ${open.join(", ")}`);
      await recoverRuns(baton, display);
    },
  }));
};

/** Newest first. */
function openRuns(place: Place): string[] {
  using journal = requireJournal(place);
  findRun(journal, undefined);
  return journal.runs().flatMap(({ run, conclusion }) => (conclusion === undefined ? [run] : []));
}
