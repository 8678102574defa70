import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { openJournal } from "../../control/local/journal.ts";
import { compareBills } from "../../platforms/codepipeline/cost/compare.ts";
import { type Bill, billOf } from "../../platforms/codepipeline/cost/count.ts";
import { useOfFiles } from "../../platforms/codepipeline/cost/existing-use.ts";
import { type Known, useOfDocument } from "../../platforms/codepipeline/cost/generated-use.ts";
import { priceRegion } from "../../platforms/codepipeline/cost/prices.ts";
import { priceOf } from "../../platforms/codepipeline/cost/settings.ts";
import type { PipelineFiles } from "../../platforms/codepipeline/pipeline.ts";
import { readPipelines } from "../../platforms/codepipeline/read/repository.ts";
import { lowerDelivery } from "../../platforms/codepipeline/write/lower.ts";
import { markOf } from "../../platforms/generated.ts";
import { assumptionsOf, notCounted, pricesOf } from "../codepipeline/cost-assumptions.ts";
import { type CostOptions, refuseStrangeNames, unusedNames, withOptions } from "../codepipeline/cost-options.ts";
import { costLines } from "../codepipeline/cost-text.ts";
import { readForCodePipeline } from "../codepipeline/definition.ts";
import type { CommandModule } from "../command.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { centsThatAddUp, dollars } from "../terminal/money.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { writing } from "../writing.ts";
import { type ConfigOptions, collect, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description("Show what the generated CodePipelines cost a month, and what those cost that they take the place of.")
    .option("--layout <LAYOUT>", "as for baton generate codepipeline")
    .option("--against <PATH>", "pipelines that exist: JSON, CloudFormation, Terraform, or a folder with them")
    .option("--runs <N>", "runs a month of every pipeline, or NAME=N for one (may be given several times)", collect)
    .option(
      "--minutes <N>",
      "minutes of jobs that never ran here, or JOB=N for one (may be given several times)",
      collect,
    )
    .option("--no-free-tier", "as if others in the account used up what is free");
  examples(command, [
    ["baton cost", "with 20 runs a month"],
    ["baton cost --runs 100 --layout single", "another layout, more runs"],
    ["baton cost --against pipeline.json", "before and after"],
    ["baton cost --minutes infra.apply=8", "where Baton has never run the job"],
  ]);
};

interface Options extends ConfigOptions, JsonOptions, CostOptions {
  layout?: string;
  against?: string;
}

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const options = given as unknown as Options;
  const { project, delivery, write } = await readForCodePipeline(options, terminal);
  const settings = withOptions(write.settings.cost, options);
  using journal = openJournal(project);
  const known: Known = { settings, usual: journal?.durations() ?? new Map() };
  const existing =
    options.against === undefined ? undefined : await readExisting(options.against, delivery.name, terminal);
  const use = {
    after: useOfDocument(
      writing(delivery, terminal.cwd, () => lowerDelivery(delivery, write)),
      known,
    ),
    ...(existing && { before: useOfFiles(existing, known) }),
  };
  refuseStrangeNames(options, Object.values(use));
  const bills = { after: billOf(use.after, settings), ...(use.before && { before: billOf(use.before, settings) }) };
  const unused = unusedNames(settings, Object.values(use));
  const assumptions = [
    ...assumptionsOf(use, settings),
    ...(unused.length > 0
      ? [`the settings also speak of ${unused.join(", ")}, which ${unused.length === 1 ? "is" : "are"} not here`]
      : []),
  ];
  const uncounted = [...Object.values(use).flatMap(({ unpriced }) => unpriced), ...notCounted];
  const comparison = compareBills(bills.before, bills.after);
  if (options.json) {
    terminal.printJson({
      version: 1,
      delivery: delivery.name,
      layout: write.layout,
      currency: "USD",
      region: settings.region ?? priceRegion,
      ...bills,
      ...(bills.before && {
        differenceUsd: (Math.round(bills.after.usd * 1e6) - Math.round(bills.before.usd * 1e6)) / 1e6,
      }),
      pipelines: Object.fromEntries(Object.entries(use).map(([side, { pipelines }]) => [side, pipelines])),
      prices: Object.fromEntries(idsIn(Object.values(bills)).map((id) => [id, priceOf(id, settings)])),
      assumptions,
      notCounted: uncounted,
    });
    return exitCodes.clean;
  }
  const title = `${delivery.name} on CodePipeline, layout ${write.layout}: ${total(bills.after)} a month${bills.before ? `, before ${total(bills.before)}` : ""}`;
  terminal.print(
    ...costLines(
      { title, comparison, assumptions, prices: pricesOf(comparison, settings), notCounted: uncounted },
      terminal.out,
    ),
  );
  if (existing === undefined) terminal.suggest("baton cost --against PATH", "compares with pipelines that exist");
  else terminal.suggest("baton generate codepipeline", "writes them");
  return exitCodes.clean;
};

const total = ({ usd }: Bill) => dollars(centsThatAddUp([usd])[0]!);

const idsIn = (bills: readonly Bill[]) => [...new Set(bills.flatMap(({ lines }) => lines.map(({ price }) => price)))];

/** Pipelines that exist. In a folder, those that Baton wrote for this delivery are what is to be, not what was. */
async function readExisting(path: string, delivery: string, terminal: Terminal): Promise<PipelineFiles> {
  const absolute = resolve(terminal.cwd, path);
  if (!existsSync(absolute)) throw new UsageError(`--against ${path}: is not there`);
  const isWhole = statSync(absolute).isDirectory();
  const read = await readPipelines(absolute);
  const pipelines = read.pipelines.filter(({ source }) => !isWhole || !source.text.includes(markOf(delivery)));
  if (pipelines.length > 0) return { ...read, pipelines };
  const [problem] = read.problems;
  throw new UsageError(`--against ${path}: no CodePipeline is in there${problem ? `: ${problem.message}` : ""}`, {
    next: "name what aws codepipeline get-pipeline or terraform show -json answered, a CloudFormation template, or a folder",
  });
}
