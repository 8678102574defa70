import { answered } from "../../control/control.ts";
import { closedFor } from "../../control/views/windows.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import {
  anewLines,
  closedLines,
  freezeLines,
  openLines,
  soakLines,
  sourceText,
  totals,
  unusualLines,
} from "../plan-text.ts";
import { exitCodes, UsageError } from "../problem.ts";
import {
  type DrivingOptions,
  type OverrideOptions,
  overrideOf,
  overrideOption,
  runtimeOptions,
  watching,
} from "./drive-options.ts";
import { examples } from "./options.ts";
import { type PlanningOptions, planningOptions, runCommand } from "./plan-options.ts";

export const describe: CommandModule["describe"] = (command) => {
  overrideOption(runtimeOptions(planningOptions(command)))
    .description(
      "Run what the plan says, in the order of what depends on what, and show it. Other runs are left as they are.",
    )
    .option("--any-branch", "also from a branch that does not lead there, to environments that ask for approval")
    .option("--allow-dirty", "also with files that are not committed, to environments that ask for approval")
    .option("--parallel <N>", "jobs at a time (default: one for each processor)")
    .option(
      "--no-wait",
      "refuse at once where another run deploys or makes the same, or something is frozen, instead of waiting",
    );
  examples(command, [
    ["baton run", "for the environment of the current branch"],
    ["baton run --to test --yes", "through everything up to test, without asking"],
    ["baton run --pipeline web --force", "only web, whether it changed or not"],
    ["baton run --json > result.json", "the outcome for a program"],
  ]);
};

interface Options extends PlanningOptions, DrivingOptions, OverrideOptions {
  parallel?: string;
  wait: boolean;
  anyBranch?: true;
  allowDirty?: true;
}

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const options = given as unknown as Options;
  const parallel = parallelOf(options.parallel);
  const { host, by } = await connected(terminal, { config: options.config });
  const planned = answered(await host.plan(options));
  const { plan, source, delivery, open } = planned;
  const inPlace = options.inPlace === true || source.kind === "folder";
  const about = `${delivery.name}  ${sourceText({ plan, source, inPlace })}`;
  if (plan.jobs.every(({ decision }) => decision !== "run")) {
    if (options.json) terminal.printJson({ version: 1, conclusion: "nothing-to-do", plan });
    terminal.say(about, `nothing to do: ${totals(plan)}`, ...openLines(open));
    terminal.suggest("baton plan", "says why");
    return exitCodes.clean;
  }
  const { watchRun } = await import("../live/watch-run.ts");
  const { secretsFile, inPlace: isInPlace, anyBranch, allowDirty } = options;
  const how = {
    secretsFile,
    inPlace: isInPlace,
    parallel,
    noWait: !options.wait,
    anyBranch,
    allowDirty,
    override: overrideOf(options),
    isWatched: terminal.interactive,
  };
  const underway = answered(await host.start(planned, how, by));
  return await watchRun({
    ...watching(options),
    terminal,
    host,
    by,
    underway,
    heading: [
      about,
      `${totals(plan)}; ${plan.environments.join(" → ")}`,
      ...anewLines(plan, terminal.err),
      ...unusualLines(planned, terminal.err),
      ...freezeLines(planned.freezes, terminal.err),
      ...closedLines(closedFor(plan, planned.delivery, Date.now()), terminal.err),
      ...soakLines(planned, terminal.err),
      ...openLines(open),
    ],
    again: runCommand(options),
  });
};

function parallelOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const parallel = Number(given);
  if (Number.isInteger(parallel) && parallel >= 1) return parallel;
  throw new UsageError(`--parallel ${given} is not a number from 1`);
}
