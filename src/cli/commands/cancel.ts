import type { RunId } from "../../engine/events.ts";
import { postRequest } from "../../store/requests.ts";
import { openStore, storeHolder } from "../../store/store.ts";
import type { CommandCall, CommandModule } from "../command.ts";
import { findRun, requireJournal } from "../journal.ts";
import { findPlace, type Place } from "../place.ts";
import { exitCodes, Failure } from "../problem.ts";
import { drive, drivingOptions } from "./drive-options.ts";
import { examples } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  drivingOptions(command)
    .description(
      "Cancel a run, also one that runs in another terminal: nothing new starts, running jobs end first. " +
        "Without RUN: the newest run that has not ended.",
    )
    .argument("[RUN]", "a run, or its release number")
    .option("--now", "end running jobs as well");
  examples(command, [
    ["baton cancel", "lets running jobs end"],
    ["baton cancel 7 --now", "ends them"],
  ]);
};

const lookEveryMs = 100;

export const run: CommandModule["run"] = async (call) => {
  const { terminal } = call;
  const place = findPlace(terminal, call.options);
  const mode = call.options.now ? "now" : "graceful";
  const run = openRun(place, call.args[0]);
  const { whoAmI } = await import("../drive/open-baton.ts");
  const by = whoAmI(terminal.env);
  if (!storeHolder(place.stateFolder)) return await giveUp(call, place, { run, by });
  postRequest(place.stateFolder, { kind: "cancel", run, mode, by });
  terminal.say(`asked the Baton that runs ${run} to stop${mode === "now" ? " at once" : ""}`);
  const conclusion = await ended(place, run);
  terminal.say(conclusion ? `run ${run} has ended: ${conclusion}` : `run ${run} was left; it can be resumed`);
  terminal.suggest("baton status");
  return exitCodes.clean;
};

/** Nobody runs it: the journal is told first, so that nothing of the run is started again when its rest is cleared away. */
async function giveUp(call: CommandCall, place: Place, { run, by }: { run: RunId; by: string }) {
  const store = openStore(place.stateFolder);
  try {
    await store.append([{ type: "run.cancel-requested", run, mode: "now", by }], Date.now());
  } finally {
    store.close();
  }
  if (otherOpenRuns(place, run)) {
    call.terminal.say(`run ${run} is cancelled; other runs have not ended, so what it left is cleared away with them`);
    call.terminal.suggest("baton resume", "goes on with the other runs");
    return exitCodes.clean;
  }
  const code = await drive(call, place, (baton) => ({
    run,
    async begin() {
      await baton.engine.recover();
    },
  }));
  return code === exitCodes.failed ? exitCodes.clean : code;
}

function openRun(place: Place, named: string | undefined): RunId {
  using journal = requireJournal(place);
  const open = journal.runs().find(({ conclusion }) => conclusion === undefined);
  if (named === undefined && open === undefined) {
    throw new Failure("every run has ended: there is nothing to cancel", { next: "baton status shows how" });
  }
  const found = named === undefined ? open! : findRun(journal, named);
  if (found.conclusion === undefined) return found.run;
  throw new Failure(`run ${found.run} has ended already: ${found.conclusion}`, { next: "baton status" });
}

function otherOpenRuns(place: Place, run: RunId): boolean {
  using journal = requireJournal(place);
  return journal.runs().some((other) => other.run !== run && other.conclusion === undefined);
}

/** Waits until the run has ended or nobody runs it any more. */
async function ended(place: Place, run: RunId): Promise<string | undefined> {
  for (;;) {
    const held = storeHolder(place.stateFolder) !== undefined;
    const conclusion = conclusionOf(place, run);
    if (conclusion !== undefined || !held) return conclusion;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

function conclusionOf(place: Place, run: RunId): string | undefined {
  using journal = requireJournal(place);
  return journal.run(run)?.conclusion;
}
