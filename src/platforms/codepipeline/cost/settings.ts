/** What nobody can read off the files: how often pipelines run, how long their work takes, what it leaves behind. */

import { z } from "zod";
import { type Price, type PriceId, priceIds, prices } from "./prices.ts";

/** Runs a month of a pipeline about which nobody said anything: one on every working day. */
const assumedRuns = 20;

const amount = z.number().nonnegative();

/** `cost` in `baton.codepipeline.yaml`. */
export const costSettingsSchema = z.strictObject({
  /** Runs a month: of every pipeline, or by the name of a CodePipeline, with `default` for the others. */
  runs: z.union([amount, z.record(z.string(), amount)]).default(assumedRuns),
  /**
   * Minutes of an action, by `pipeline.job`, `pipeline.job@environment`, or, of an existing pipeline, by
   * `pipeline/action`; with `default` for work that was never measured.
   */
  minutes: z.union([amount, z.record(z.string(), amount)]).default({}),
  /** Seconds that a build takes before and after what was measured here: machine, source, tools, artifacts. */
  setupSeconds: amount.default(60),
  /** Megabytes of an artifact that an action leaves for later ones. */
  artifactMb: amount.default(10),
  /** Megabytes of log that a build writes. */
  logMb: amount.default(1),
  /** Whether what is free each month is there for these pipelines, and not used up by others of the account. */
  freeTier: z.boolean().default(true),
  /** Where the prices hold. A name only: give the region's prices as well. */
  region: z.string().min(1).optional(),
  /** Other prices in US dollars, by the ids that `baton cost --json` shows. */
  prices: z.partialRecord(z.enum(priceIds as [PriceId, ...PriceId[]]), amount).default({}),
});

export type CostSettings = z.infer<typeof costSettingsSchema>;

/** Minutes of work that nobody measured. Deployments that wait for machines take longer, hand-overs less. */
export const assumedMinutes = 3;
export const assumedByProvider: Readonly<Record<string, number>> = {
  CodeStarSourceConnection: 1,
  CodeCommit: 1,
  GitHub: 1,
  S3: 1,
  ECR: 1,
  Lambda: 1,
  StepFunctions: 1,
  CodePipeline: 1,
  CodeDeploy: 5,
  ECS: 5,
  CodeDeployToECS: 10,
  ElasticBeanstalk: 5,
};

/** Nothing removes old artifacts: what a year has left behind. */
export const keptDaysWithoutLifecycle = 365;

export function runsOf(pipeline: string, { runs }: Pick<CostSettings, "runs">): number {
  if (typeof runs === "number") return runs;
  return (Object.hasOwn(runs, pipeline) ? runs[pipeline] : runs.default) ?? assumedRuns;
}

export function priceOf(id: PriceId, settings: Pick<CostSettings, "prices" | "freeTier">): Price {
  const listed: Price = prices[id];
  return { ...listed, usd: settings.prices[id] ?? listed.usd, free: settings.freeTier ? listed.free : 0 };
}
