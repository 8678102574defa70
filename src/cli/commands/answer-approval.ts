import type { Command } from "commander";
import type { EngineEvent, RunId } from "../../engine/events.ts";
import { nearestName } from "../../findings/nearest-name.ts";
import { postRequest } from "../../store/requests.ts";
import { type ReadingHandle, storeHolder } from "../../store/store.ts";
import type { CommandCall, CommandModule } from "../command.ts";
import { findRun, requireJournal } from "../journal.ts";
import { findPlace, type Place } from "../place.ts";
import { type ExitCode, exitCodes, Failure, UsageError } from "../problem.ts";
import { type DrivingOptions, drive, drivingOptions } from "./drive-options.ts";
import { examples } from "./options.ts";

type Answer = "approved" | "rejected";

/** `baton approve` and `baton reject` differ in one word. */
export function answerCommand(answer: Answer): CommandModule {
  return {
    describe: (command) => describeAnswer(command, answer),
    run: (call) => answerApproval(call, answer),
  };
}

function describeAnswer(command: Command, answer: Answer): void {
  const verb = answer === "approved" ? "Approve" : "Reject";
  drivingOptions(command)
    .description(
      `${verb} a release for an environment that waits for it. A Baton that runs takes the answer and goes on; ` +
        "otherwise this command goes on with the run itself.",
    )
    .argument("<RUN>", "a run, or its release number")
    .argument("<ENV>", "the environment that waits")
    .option("--comment <TEXT>", "kept with the answer");
  const word = verb.toLowerCase();
  examples(command, [
    [`baton ${word} 7 prod`, `${word}s release 7 for prod`],
    [`baton ${word} r0007 prod --comment "looks fine"`, "with a reason"],
  ]);
}

async function answerApproval(call: CommandCall, answer: Answer): Promise<ExitCode> {
  const { terminal } = call;
  const { comment } = call.options as DrivingOptions & { comment?: string };
  const place = findPlace(terminal, call.options);
  const environment = call.args[1]!;
  const run = waitingRun(place, { named: call.args[0]!, environment });
  const { whoAmI } = await import("../drive/open-baton.ts");
  const given = { answer, by: whoAmI(terminal.env), ...(comment !== undefined && { comment }) };
  if (storeHolder(place.stateFolder)) {
    postRequest(place.stateFolder, { kind: "answer", run, environment, ...given });
    await taken(place, { run, environment });
    terminal.say(`${environment} ${answer} for run ${run}; the Baton that runs it goes on`);
    terminal.suggest("baton status");
    return exitCodes.clean;
  }
  const { recoverRuns } = await import("../drive/recover.ts");
  return await drive(call, place, (baton) => ({
    run,
    async begin(display) {
      await recoverRuns(baton, display);
      await baton.engine.answer(run, environment, given);
    },
  }));
}

interface Asked {
  run: RunId;
  environment: string;
}

/** @throws {Failure} with what does wait, when this does not. */
function waitingRun(place: Place, { named, environment }: { named: string; environment: string }): RunId {
  using journal = requireJournal(place);
  const { run } = findRun(journal, named);
  const open = openApprovals(journal, run);
  if (open.includes(environment)) return run;
  const known = environmentsOf(journal, run);
  if (!known.includes(environment)) {
    const near = nearestName(environment, known);
    throw new UsageError(`run ${run} does not go to "${environment}"${near ? `; did you mean ${near}?` : ""}`, {
      next: `it goes to ${known.join(", ")}`,
    });
  }
  const waits = open.length > 0 ? `; it waits for ${open.join(", ")}` : "";
  throw new Failure(`run ${run} does not wait for an approval of ${environment}${waits}`, { next: "baton status" });
}

function openApprovals(journal: ReadingHandle, run: RunId): string[] {
  const open = new Set<string>();
  for (const { event } of journal.loadRun(run)) {
    if (event.type === "approval.requested") open.add(event.environment);
    if (event.type === "approval.answered") open.delete(event.environment);
    if (isOver(event)) open.clear();
  }
  return [...open];
}

const isOver = (event: EngineEvent) => event.type === "run.finished" || event.type === "run.cancel-requested";

function environmentsOf(journal: ReadingHandle, run: RunId): string[] {
  for (const { event } of journal.loadRun(run)) if (event.type === "run.created") return event.plan.environments;
  return [];
}

const lookEveryMs = 50;
const patienceMs = 15_000;

/** Resolves when the Baton that runs has recorded the answer. */
async function taken(place: Place, { run, environment }: Asked): Promise<void> {
  const until = Date.now() + patienceMs;
  using journal = requireJournal(place);
  while (openApprovals(journal, run).includes(environment)) {
    if (Date.now() > until) {
      throw new Failure(`the Baton that runs has not taken the answer within ${patienceMs / 1000} seconds`, {
        next: "it is kept and counts as soon as it looks; baton status shows it",
      });
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
