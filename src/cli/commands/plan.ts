import { answered } from "../../control/control.ts";
import { findJobs } from "../../control/request/job-names.ts";
import type { Planned } from "../../control/verbs/plan.ts";
import { explainView } from "../../control/views/plan.ts";
import { closedFor } from "../../control/views/windows.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { explainLines, planLines } from "../plan-text.ts";
import { exitCodes } from "../problem.ts";
import { examples } from "./options.ts";
import { type PlanningOptions, planningOptions, type RunMeaning, runCommand } from "./plan-options.ts";

export const describe: CommandModule["describe"] = (command) => {
  planningOptions(command)
    .description("Show what a run would do, job by job, and why. Changes nothing.")
    .option("--secrets-file <FILE>", "NAME=value lines that a run would be given")
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
  const { host } = await connected(terminal, { config: options.config });
  const planned = answered(await host.plan(options));
  const { plan, source } = planned;
  if (options.explain !== undefined) {
    const ids = plan.jobs.map(({ id }) => id);
    const view = explainView(plan, findJobs(options.explain, ids));
    if (options.json) terminal.printJson(view);
    else for (const job of view.jobs) terminal.print(...explainLines(job, terminal.out));
    return exitCodes.clean;
  }
  const [lacking, idlePaths] = await Promise.all([planned.lacking(), planned.idlePaths()]);
  const { strays, guessed, freezes, displaces = [] } = planned;
  const { approvals, hollowGates } = planned.requirements;
  const inPlace = options.inPlace === true;
  const closed = closedFor(plan, planned.delivery, Date.now());
  if (options.json)
    terminal.printJson({
      ...plan,
      approvals,
      hollowGates,
      strays,
      guessed,
      freezes,
      closed,
      displaces,
      lacking,
      idlePaths,
    });
  else
    terminal.print(
      ...planLines({ ...planned, plan, source, inPlace, lacking, closed, idlePaths, style: terminal.out }),
    );
  if (plan.jobs.some(({ decision }) => decision === "run")) {
    const missing = lacking.length > 0 ? ", once what is missing is there" : "";
    terminal.suggest(runCommand({ ...options, ...meantBy(planned) }), `does this${missing}`);
  } else terminal.suggest("baton outputs", "nothing is left to do; what is deployed");
  return exitCodes.clean;
};

/** What a run has to be told so that it does what was planned, and is not refused. */
function meantBy({ plan, guessed, strays, missingParameters }: Planned): RunMeaning {
  const refused = strays.filter(({ isRefused }) => isRefused);
  return {
    ...(guessed !== undefined && { env: plan.environments.at(-1)! }),
    ...(missingParameters.length > 0 && { missingParameters }),
    ...(refused.some(({ code }) => code !== "uncommitted") && { anyBranch: true }),
    ...(refused.some(({ code }) => code === "uncommitted") && { allowDirty: true }),
  };
}
