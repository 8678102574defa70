/** What a month's use costs: quantities, less what is free, times prices. */

import type * as costs from "../../costs.ts";
import type { MonthlyUse, UsedPipeline, UsedThing } from "./monthly-use.ts";
import { type Price, type PricedService, type PriceId, services } from "./prices.ts";
import { type CostSettings, keptDaysWithoutLifecycle, priceOf } from "./settings.ts";

export interface Bill {
  readonly lines: readonly CostLine[];
  /** The sum of the lines, US dollars. */
  readonly usd: number;
}

export interface CostLine extends costs.CostLine {
  readonly service: PricedService;
  readonly price: PriceId;
}

interface Counted {
  readonly price: PriceId;
  readonly pipeline?: string;
  readonly item: string;
  readonly quantity: number;
  readonly because: string;
}

export function billOf(use: MonthlyUse, settings: CostSettings): Bill {
  const counted = [...use.pipelines.flatMap(perPipeline), ...shared(use.pipelines, settings), ...gathered(use.things)];
  const lines = [...Map.groupBy(counted, ({ price }) => price)]
    .flatMap(([price, all]) => withoutFree(all, priceOf(price, settings)))
    .sort((a, b) => services.indexOf(a.service) - services.indexOf(b.service));
  return { lines, usd: sumUsd(lines) };
}

/** Dollars are kept to a millionth, so that sums are exact. */
export function sumUsd(lines: readonly { readonly usd: number }[]): number {
  return lines.reduce((sum, { usd }) => sum + Math.round(usd * 1e6), 0) / 1e6;
}

/**
 * Lines that are paid by one price share what is free: in proportion, or, where the unit is a thing that cannot be
 * divided, those that come first have it.
 */
function withoutFree(all: readonly Counted[], { service, unit, usd, free, whole }: Price): CostLine[] {
  const total = all.reduce((sum, { quantity }) => sum + quantity, 0);
  let left = free;
  return all.map(({ price, pipeline, item, quantity, because }) => {
    const ownFree = whole ? Math.min(left, quantity) : total === 0 ? 0 : quantity * Math.min(1, free / total);
    left -= ownFree;
    return {
      service,
      price,
      pipeline,
      item,
      quantity: rounded(quantity),
      unit,
      free: rounded(ownFree),
      unitUsd: usd,
      usd: rounded(Math.max(0, quantity - ownFree) * usd),
      because,
    };
  });
}

const rounded = (amount: number) => Math.round(amount * 1e6) / 1e6;

function perPipeline(pipeline: UsedPipeline): Counted[] {
  const { name, type, runs, actions } = pipeline;
  const builds = Map.groupBy(
    actions.filter(({ build }) => build?.machine !== undefined),
    ({ build }) => build!.machine!,
  );
  return [
    type === "V1" ? activePipeline(pipeline) : actionMinutes(pipeline),
    ...Array.from(builds, ([price, all]): Counted => {
      const minutes = all.reduce((sum, one) => sum + one.minutes, 0);
      const because = `${times(runs, minutes)} in ${all.length} ${all.length === 1 ? "build" : "builds"}, ${price.slice("codebuild.".length)}`;
      return { price, pipeline: name, item: name, quantity: runs * minutes, because };
    }),
  ];
}

function activePipeline({ name, runs }: UsedPipeline): Counted {
  const because = runs > 0 ? "V1, active and older than 30 days" : "V1, not active without a run";
  return { price: "codepipeline.v1", pipeline: name, item: name, quantity: runs > 0 ? 1 : 0, because };
}

function actionMinutes({ name, runs, actions }: UsedPipeline): Counted {
  const billed = actions.filter(({ basis }) => basis !== "free");
  const minutes = billed.reduce((sum, one) => sum + one.minutes, 0);
  const approvals = actions.length - billed.length;
  const without = approvals > 0 ? ", approvals free" : "";
  const because = `V2, ${times(runs, minutes)} in ${billed.length} ${billed.length === 1 ? "action" : "actions"}${without}`;
  return { price: "codepipeline.v2", pipeline: name, item: name, quantity: runs * minutes, because };
}

const times = (runs: number, minutes: number) => `${runs} × ${minutes} min`;

/** What runs leave behind, in proportion to their number. */
function shared(pipelines: readonly UsedPipeline[], { artifactMb, logMb }: CostSettings): Counted[] {
  let storedMb = 0;
  let puts = 0;
  let gets = 0;
  let logsMb = 0;
  for (const { runs, actions, keptDays } of pipelines) {
    for (const { inputs, outputs, build } of actions) {
      storedMb += (runs * outputs * artifactMb * keptDays) / 30;
      puts += runs * outputs;
      gets += runs * inputs;
      if (build) logsMb += runs * logMb;
    }
  }
  const all: Counted[] = [
    {
      price: "s3.storage",
      item: "artifacts",
      quantity: storedMb / 1024,
      because: `${artifactMb} MB each, ${keptFor(pipelines)}`,
    },
    { price: "s3.put", item: "requests", quantity: puts, because: "one for each artifact written" },
    { price: "s3.get", item: "requests", quantity: gets, because: "one for each read" },
    { price: "cloudwatch.logs", item: "logs", quantity: logsMb / 1024, because: `${logMb} MB for each build` },
  ];
  return all.filter(({ quantity }) => quantity > 0);
}

function keptFor(pipelines: readonly UsedPipeline[]): string {
  const days = [...new Set(pipelines.map(({ keptDays }) => keptDays))].sort((a, b) => a - b);
  const words = days.map((each) =>
    each === keptDaysWithoutLifecycle ? "never removed, as after a year" : `kept ${each} days`,
  );
  return words.join(" or ");
}

/** Things of one kind are one line. */
function gathered(things: readonly UsedThing[]): Counted[] {
  return Array.from(
    Map.groupBy(things, ({ price, item }) => `${price} ${item}`).values(),
    (all): Counted => ({ ...all[0]!, quantity: all.reduce((sum, { quantity }) => sum + quantity, 0) }),
  );
}
