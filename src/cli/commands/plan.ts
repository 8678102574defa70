import { findJobs } from "../../control/request/job-names.ts";
import { planRun } from "../../control/verbs/plan.ts";
import { explainView } from "../../control/views/plan.ts";
import type { CommandModule } from "../command.ts";
import { explainLines, planLines } from "../plan-text.ts";
import { exitCodes } from "../problem.ts";
import { examples } from "./options.ts";
import { type PlanningOptions, planningOptions, runCommand } from "./plan-options.ts";

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
  const { plan, source } = await planRun(terminal, options);
  if (options.explain !== undefined) {
    const ids = plan.jobs.map(({ id }) => id);
    const view = explainView(plan, findJobs(options.explain, ids));
    if (options.json) terminal.printJson(view);
    else for (const job of view.jobs) terminal.print(...explainLines(job, terminal.out));
    return exitCodes.clean;
  }
  if (options.json) terminal.printJson(plan);
  else terminal.print(...planLines({ plan, source, inPlace: options.inPlace === true, style: terminal.out }));
  if (plan.jobs.some(({ decision }) => decision === "run")) terminal.suggest(runCommand(options), "does this");
  else terminal.suggest("baton outputs", "nothing is left to do; what is deployed");
  return exitCodes.clean;
};
