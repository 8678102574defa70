import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { openJournal } from "../../control/local/journal.ts";
import { askingPlatform, platformsThat, readForPlatform } from "../../control/platform/wanted.ts";
import type { Bill, Estimate } from "../../platforms/costs.ts";
import type { CommandModule } from "../command.ts";
import { assumptionsOf, pricesOf } from "../platform/cost-assumptions.ts";
import { amounts, type CostOptions, refuseStrangeNames } from "../platform/cost-options.ts";
import { costLines } from "../platform/cost-text.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { centsThatAddUp, dollars } from "../terminal/money.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type ConfigOptions, collect, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

/** The one that knows what it costs. With a second one, the command gets an argument. */
const platform = platformsThat("costs")[0]!;

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description(
      `Show what the generated ${platform.writing.makes} cost a month, and what those cost that they take the place of.`,
    )
    .option("--layout <LAYOUT>", `as for baton generate ${platform.name}`)
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
    [`baton cost --runs 100 --layout ${platform.writing.layouts.at(-1)}`, "another layout, more runs"],
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
  const { project, wanted } = await readForPlatform(platform, options, terminal);
  const { delivery } = wanted;
  const { runs, minutes, freeTier } = options;
  using journal = openJournal(project);
  const question = {
    usual: journal?.durations() ?? new Map(),
    runs: amounts("runs", runs),
    minutes: amounts("minutes", minutes),
    freeTier,
    against: options.against === undefined ? undefined : existing(options.against, terminal),
  };
  const estimator = await platform.costs.load();
  const estimate = await askingPlatform(delivery, terminal, () => estimator.estimate(wanted, question));
  if (estimate.kind === "nothing") {
    const { because, next } = estimate;
    const why = because === undefined ? "" : `: ${because}`;
    throw new UsageError(`--against ${options.against}: no ${platform.title} is in there${why}`, { next });
  }
  refuseStrangeNames(options, { uses: Object.values(estimate.uses), title: platform.title });
  if (options.json) terminal.printJson(costJson(estimate, delivery.name));
  else {
    terminal.print(...costText(estimate, { delivery: delivery.name, terminal }));
    if (options.against === undefined)
      terminal.suggest("baton cost --against PATH", "compares with pipelines that exist");
    else terminal.suggest(`baton generate ${platform.name}`, "writes them");
  }
  return exitCodes.clean;
};

function existing(path: string, { cwd }: Terminal): string {
  const absolute = resolve(cwd, path);
  if (!existsSync(absolute)) throw new UsageError(`--against ${path}: is not there`);
  return absolute;
}

function costJson(estimate: Estimate, delivery: string): unknown {
  const { layout, currency, region, bills, uses, prices, notCounted } = estimate;
  const { before, after } = bills;
  return {
    version: 1,
    delivery,
    layout,
    currency,
    region,
    ...bills,
    ...(before && { differenceUsd: (Math.round(after.usd * 1e6) - Math.round(before.usd * 1e6)) / 1e6 }),
    pipelines: Object.fromEntries(Object.entries(uses).map(([side, { pipelines }]) => [side, pipelines])),
    prices,
    assumptions: assumptionsOf(estimate),
    notCounted,
  };
}

function costText(estimate: Estimate, { delivery, terminal }: { delivery: string; terminal: Terminal }): string[] {
  const { layout, bills, comparison, always, notCounted } = estimate;
  const before = bills.before ? `, before ${total(bills.before)}` : "";
  const title = `${delivery} on ${platform.title}, layout ${layout}: ${total(bills.after)} a month${before}`;
  const assumptions = assumptionsOf(estimate);
  return costLines({ title, comparison, always, assumptions, prices: pricesOf(estimate), notCounted }, terminal.out);
}

const total = ({ usd }: Bill) => dollars(centsThatAddUp([usd])[0]!);
