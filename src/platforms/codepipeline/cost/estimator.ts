import { statSync } from "node:fs";
import type { CostEstimator, CostQuestion, Estimate, NothingToCompare, Sides } from "../../costs.ts";
import { markOf } from "../../generated.ts";
import type { Wanted } from "../../writer.ts";
import { optionsOf } from "../options-of.ts";
import type { PipelineFiles } from "../pipeline.ts";
import { readPipelines } from "../read/repository.ts";
import { lowerDelivery } from "../write/lower.ts";
import { compareBills } from "./compare.ts";
import { type Bill, billOf } from "./count.ts";
import { useOfFiles } from "./existing-use.ts";
import { type Known, useOfDocument } from "./generated-use.ts";
import type { MonthlyUse } from "./monthly-use.ts";
import { priceRegion } from "./prices.ts";
import { assumedMinutes, type CostSettings, priceOf } from "./settings.ts";

/** What the port asks for. */
export const estimator: CostEstimator = { estimate };

async function estimate(wanted: Wanted, question: CostQuestion): Promise<Estimate | NothingToCompare> {
  const { delivery } = wanted;
  const write = optionsOf(wanted);
  const settings = settingsFor(write.settings.cost, question);
  const known: Known = { settings, usual: question.usual };
  const existing = question.against === undefined ? undefined : await readExisting(question.against, delivery.name);
  if (existing?.kind === "nothing") return existing;
  const uses: Sides<MonthlyUse> = {
    after: useOfDocument(lowerDelivery(delivery, write), known),
    ...(existing && { before: useOfFiles(existing.files, known) }),
  };
  const bills: Sides<Bill> = {
    after: billOf(uses.after, settings),
    ...(uses.before && { before: billOf(uses.before, settings) }),
  };
  return {
    kind: "estimate",
    layout: write.layout,
    currency: "USD",
    region: settings.region ?? priceRegion,
    uses,
    bills,
    comparison: compareBills(bills.before, bills.after),
    prices: Object.fromEntries(idsIn(Object.values(bills)).map((id) => [id, priceOf(id, settings)])),
    always: ["CodePipeline", "CodeBuild"],
    assumed: {
      minutes: `${otherMinutes(settings) ?? assumedMinutes} minutes, hand-overs 1, deployments to machines 5 to 10`,
      setupSeconds: settings.setupSeconds,
      freeTier: settings.freeTier,
    },
    unused: unusedNames(settings, Object.values(uses)),
    notCounted: [...Object.values(uses).flatMap(({ unpriced }) => unpriced), ...notCounted],
  };
}

const notCounted: readonly string[] = [
  "what the pipelines deploy, and the traffic it has",
  "data transfer, repeated and failed runs, rollbacks",
  "waiting of stage conditions: the price list names actions only",
];

type Amounts = CostSettings["runs"];

/** What was asked with, laid over the settings. */
function settingsFor(settings: CostSettings, { runs, minutes, freeTier }: CostQuestion): CostSettings {
  const over = (settled: Amounts, given: Readonly<Record<string, number>>): Amounts => ({
    ...(typeof settled === "number" ? { default: settled } : settled),
    ...given,
  });
  return {
    ...settings,
    runs: over(settings.runs, runs),
    minutes: over(settings.minutes, minutes),
    freeTier: settings.freeTier && freeTier,
  };
}

const otherMinutes = ({ minutes }: CostSettings) => (typeof minutes === "number" ? minutes : minutes.default);

/** Names that amounts are settled for and that nothing has. */
function unusedNames({ runs, minutes }: CostSettings, uses: readonly MonthlyUse[]): string[] {
  const pipelines = uses.flatMap((use) => use.pipelines);
  const known = {
    runs: pipelines.map(({ name }) => name),
    minutes: pipelines.flatMap(({ actions }) => actions.flatMap(({ names }) => names)),
  };
  const settled = (amounts: Amounts) => (typeof amounts === "number" ? [] : Object.keys(amounts));
  const isStrange = (names: readonly string[]) => (name: string) => name !== "default" && !names.includes(name);
  return [...settled(runs).filter(isStrange(known.runs)), ...settled(minutes).filter(isStrange(known.minutes))];
}

const idsIn = (bills: readonly Bill[]) => [...new Set(bills.flatMap(({ lines }) => lines.map(({ price }) => price)))];

/** Pipelines that exist. In a folder, those that Baton wrote for this delivery are what is to be, not what was. */
async function readExisting(
  path: string,
  delivery: string,
): Promise<{ readonly kind: "files"; readonly files: PipelineFiles } | NothingToCompare> {
  const isWhole = statSync(path).isDirectory();
  const read = await readPipelines(path);
  const pipelines = read.pipelines.filter(({ source }) => !isWhole || !source.text.includes(markOf(delivery)));
  if (pipelines.length > 0) return { kind: "files", files: { ...read, pipelines } };
  return {
    kind: "nothing",
    because: read.problems[0]?.message,
    next: "name what aws codepipeline get-pipeline or terraform show -json answered, a CloudFormation template, or a folder",
  };
}
