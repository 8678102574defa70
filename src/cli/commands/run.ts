import { availableParallelism } from "node:os";
import type { CommandModule } from "../command.ts";
import { loadDefinition } from "../definition/load.ts";
import { openJournal } from "../journal.ts";
import { findPlace } from "../place.ts";
import { sourceText, totals } from "../plan-text.ts";
import { noPast, type Past, planFor } from "../planning.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { readSecrets, requireSecrets } from "../secrets.ts";
import { readSource } from "../source.ts";
import { type DrivingOptions, runtimeOptions } from "./drive-options.ts";
import { examples } from "./options.ts";
import { type PlanningOptions, planningOptions } from "./plan-options.ts";

export const describe: CommandModule["describe"] = (command) => {
  runtimeOptions(planningOptions(command))
    .description("Run what the plan says, in the order of what depends on what, and show it.")
    .option("--parallel <N>", "jobs at a time (default: one for each processor)");
  examples(command, [
    ["baton run", "for the environment of the current branch"],
    ["baton run --to test --yes", "through everything up to test, without asking"],
    ["baton run --pipeline web --force", "only web, whether it changed or not"],
    ["baton run --json > result.json", "the outcome for a program"],
  ]);
};

interface Options extends PlanningOptions, DrivingOptions {
  parallel?: string;
}

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const options = given as Options;
  const parallel = parallelOf(options.parallel);
  const place = findPlace(terminal, options);
  const reading = readSource(place);
  // A definition that is refused must not leave this without a listener.
  reading.catch(() => {});
  const delivery = await loadDefinition(place.file, terminal);
  const source = await reading;
  const secrets = readSecrets(terminal, options.secretsFile);
  const question = { delivery, source, options, env: terminal.env };
  let { past, unfinished } = readPast();
  let plan = await planFor({ ...question, past });
  const inPlace = options.inPlace === true || source.kind === "folder";
  const toRun = () => plan.jobs.filter(({ decision }) => decision === "run").length;
  const about = () => `${delivery.name}  ${sourceText({ plan, source, inPlace })}`;
  if (toRun() === 0) {
    if (options.json) terminal.printJson({ version: 1, conclusion: "nothing-to-do", plan });
    terminal.say(about(), `nothing to do: ${totals(plan)}`);
    if (unfinished > 0) terminal.suggest("baton resume", "an earlier run has not ended");
    else terminal.suggest("baton plan", "says why");
    return exitCodes.clean;
  }
  requireSecrets(delivery, plan, secrets);

  const { openBaton } = await import("../drive/open-baton.ts");
  const { driveRun } = await import("../drive/drive-run.ts");
  const { recoverRuns } = await import("../drive/recover.ts");
  const baton = openBaton({ place, secrets, delivery });
  try {
    // Another Baton may have deployed something between the plan and the lock.
    const history = baton.store.deployed();
    if (JSON.stringify(history) !== JSON.stringify(past.history)) {
      past = { ...past, history };
      plan = await planFor({ ...question, past });
    }
    const { runId } = await import("../drive/clock-and-ids.ts");
    const id = runId(baton.engine.state.nextRelease);
    return await driveRun({
      terminal,
      baton,
      run: id,
      verbose: options.verbose === true,
      yes: options.yes === true,
      json: options.json === true,
      keepServices: options.keepServices === true,
      async begin(display) {
        display.say(about(), `${totals(plan)}; ${plan.environments.join(" → ")}`);
        const danger = await baton.checkouts.prepare(id, { source, inPlace });
        if (danger !== undefined) display.say(danger);
        await recoverRuns(baton, display);
        await baton.engine.createRun({ delivery, plan, parallel });
      },
    });
  } finally {
    await baton.close();
  }

  function readPast(): { past: Past; unfinished: number } {
    using journal = openJournal(place);
    if (!journal) return { past: noPast, unfinished: 0 };
    const unfinished = journal.runs().filter(({ conclusion }) => conclusion === undefined).length;
    return { past: { history: journal.deployed(), durations: journal.durations() }, unfinished };
  }
};

function parallelOf(given: string | undefined): number {
  if (given === undefined) return Math.max(2, availableParallelism());
  const parallel = Number(given);
  if (Number.isInteger(parallel) && parallel >= 1) return parallel;
  throw new UsageError(`--parallel ${given} is not a number from 1`);
}
