import type { CommandModule } from "../command.ts";
import { loadDefinition } from "../definition/load.ts";
import { findJobs } from "../job-names.ts";
import { openJournal } from "../journal.ts";
import { findPlace } from "../place.ts";
import { explainLines, planLines } from "../plan-text.ts";
import { noPast, type Past, planFor } from "../planning.ts";
import { exitCodes } from "../problem.ts";
import { readSource } from "../source.ts";
import { examples } from "./options.ts";
import { type PlanningOptions, planningOptions } from "./plan-options.ts";

export const describe: CommandModule["describe"] = (command) => {
  planningOptions(command)
    .description("Show what a run would do, job by job, and why. Changes nothing.")
    .option("--explain <JOB>", "everything about one job");
  examples(command, [
    ["baton plan", "for the environment of the current branch"],
    ["baton plan --to test", "through everything up to test"],
    ["baton plan --explain web.build", "why one job runs or does not"],
    ["baton plan --since HEAD~3", "what the last three commits change"],
  ]);
};

interface Options extends PlanningOptions {
  explain?: string;
}

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const options = given as Options;
  const place = findPlace(terminal, options);
  const reading = readSource(place);
  const delivery = await loadDefinition(place.file, terminal);
  const source = await reading;
  const plan = await planFor({ delivery, source, past: readPast(), options, env: terminal.env });
  if (options.explain !== undefined) {
    const ids = new Set(
      findJobs(
        options.explain,
        plan.jobs.map(({ id }) => id),
      ),
    );
    const jobs = plan.jobs.filter(({ id }) => ids.has(id));
    if (options.json) terminal.printJson({ version: 1, jobs });
    else for (const job of jobs) terminal.print(...explainLines(job, terminal.out));
    return exitCodes.clean;
  }
  if (options.json) terminal.printJson(plan);
  else terminal.print(...planLines({ plan, source, inPlace: options.inPlace === true, style: terminal.out }));
  if (plan.jobs.some(({ decision }) => decision === "run")) terminal.suggest("baton run", "does this");
  else terminal.suggest("baton outputs", "nothing is left to do; what is deployed");
  return exitCodes.clean;

  function readPast(): Past {
    using journal = openJournal(place);
    return journal ? { history: journal.deployed(), durations: journal.durations() } : noPast;
  }
};
