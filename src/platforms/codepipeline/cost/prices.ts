import type { MinutePrice } from "../../costs.ts";

/**
 * List prices of the services that pipelines use, in US dollars and in the region us-east-1, with what is free each month
 * in every account. Sources: the services' own price pages, as of the date beside each; prices change, so each can be
 * overridden.
 */

export const priceRegion = "us-east-1";

export interface Price {
  readonly service: PricedService;
  readonly usd: number;
  /** What the price is for. */
  readonly unit: string;
  /** Units that cost nothing each month, for the account as a whole. */
  readonly free: number;
  /** The unit is a thing, which is free or not. */
  readonly whole?: true;
  readonly source: string;
  /** When it was looked up, as year and month. */
  readonly asOf: string;
}

/** In the order in which they are shown. */
export const services = [
  "CodePipeline",
  "CodeBuild",
  "S3",
  "CloudWatch",
  "Secrets Manager",
  "KMS",
  "SNS",
  "Lambda",
  "EventBridge",
  "Parameter Store",
] as const;
export type PricedService = (typeof services)[number];

const codepipeline = {
  service: "CodePipeline",
  source: "https://aws.amazon.com/codepipeline/pricing/",
  asOf: "2026-06",
} as const;
const codebuild = {
  service: "CodeBuild",
  unit: "minute",
  free: 0,
  source: "https://aws.amazon.com/codebuild/pricing/",
  asOf: "2026-06",
} as const;
const s3 = { service: "S3", free: 0, source: "https://aws.amazon.com/s3/pricing/", asOf: "2026-06" } as const;
const cloudwatch = {
  service: "CloudWatch",
  source: "https://aws.amazon.com/cloudwatch/pricing/",
  asOf: "2026-06",
} as const;
const secrets = {
  service: "Secrets Manager",
  free: 0,
  source: "https://aws.amazon.com/secrets-manager/pricing/",
  asOf: "2026-06",
} as const;
const kms = { service: "KMS", source: "https://aws.amazon.com/kms/pricing/", asOf: "2026-06" } as const;
const lambda = { service: "Lambda", source: "https://aws.amazon.com/lambda/pricing/", asOf: "2026-06" } as const;

export const prices = {
  "codepipeline.v1": { ...codepipeline, usd: 1, unit: "active pipeline", free: 1, whole: true },
  "codepipeline.v2": { ...codepipeline, usd: 0.002, unit: "minute", free: 100 },
  "codebuild.general1.small": { ...codebuild, usd: 0.005, free: 100 },
  "codebuild.general1.medium": { ...codebuild, usd: 0.01 },
  "codebuild.general1.large": { ...codebuild, usd: 0.02 },
  "codebuild.general1.2xlarge": { ...codebuild, usd: 0.2 },
  "codebuild.arm1.small": { ...codebuild, usd: 0.0034 },
  "codebuild.arm1.large": { ...codebuild, usd: 0.015 },
  "codebuild.windows.medium": { ...codebuild, usd: 0.018 },
  "codebuild.windows.large": { ...codebuild, usd: 0.036 },
  "s3.storage": { ...s3, usd: 0.023, unit: "GB" },
  "s3.put": { ...s3, usd: 0.000005, unit: "request" },
  "s3.get": { ...s3, usd: 0.0000004, unit: "request" },
  "cloudwatch.dashboard": { ...cloudwatch, usd: 3, unit: "dashboard", free: 3, whole: true },
  "cloudwatch.large-dashboard": { ...cloudwatch, usd: 3, unit: "dashboard", free: 0, whole: true },
  "cloudwatch.alarm": { ...cloudwatch, usd: 0.1, unit: "alarm", free: 10, whole: true },
  "cloudwatch.logs": { ...cloudwatch, usd: 0.5, unit: "GB", free: 5 },
  "secrets.secret": { ...secrets, usd: 0.4, unit: "secret", whole: true },
  "secrets.read": { ...secrets, usd: 0.000005, unit: "read" },
  "kms.key": { ...kms, usd: 1, unit: "key", free: 0, whole: true },
  "kms.request": { ...kms, usd: 0.000003, unit: "request", free: 20_000 },
  "sns.email": {
    service: "SNS",
    usd: 0.00002,
    unit: "e-mail",
    free: 1_000,
    source: "https://aws.amazon.com/sns/pricing/",
    asOf: "2026-06",
  },
  "lambda.request": { ...lambda, usd: 0.0000002, unit: "call", free: 1_000_000 },
  "lambda.compute": { ...lambda, usd: 0.0000166667, unit: "GB-second", free: 400_000 },
  "eventbridge.event": {
    service: "EventBridge",
    usd: 0,
    unit: "event",
    free: 0,
    source: "https://aws.amazon.com/eventbridge/pricing/",
    asOf: "2026-06",
  },
  "parameters.standard": {
    service: "Parameter Store",
    usd: 0,
    unit: "read or write",
    free: 0,
    source: "https://aws.amazon.com/systems-manager/pricing/",
    asOf: "2026-06",
  },
} as const satisfies Readonly<Record<string, Price>>;

export type PriceId = keyof typeof prices;
export const priceIds = Object.keys(prices) as PriceId[];

/** The price of a build's machine, by the type and size that its project names; undefined where none is kept for it. */
export function machinePrice(type: string, size: string): PriceId | undefined {
  const kind = /^WINDOWS_/.test(type) ? "WINDOWS" : type;
  return machines[`${kind} ${size}`];
}

const machines: Readonly<Record<string, PriceId>> = {
  "LINUX_CONTAINER BUILD_GENERAL1_SMALL": "codebuild.general1.small",
  "LINUX_CONTAINER BUILD_GENERAL1_MEDIUM": "codebuild.general1.medium",
  "LINUX_CONTAINER BUILD_GENERAL1_LARGE": "codebuild.general1.large",
  "LINUX_CONTAINER BUILD_GENERAL1_2XLARGE": "codebuild.general1.2xlarge",
  "ARM_CONTAINER BUILD_GENERAL1_SMALL": "codebuild.arm1.small",
  "ARM_CONTAINER BUILD_GENERAL1_LARGE": "codebuild.arm1.large",
  "WINDOWS BUILD_GENERAL1_MEDIUM": "codebuild.windows.medium",
  "WINDOWS BUILD_GENERAL1_LARGE": "codebuild.windows.large",
};

/** Of what generated projects run on where nobody says otherwise. */
export const minutePrice: MinutePrice = {
  machine: "CodeBuild general1.small",
  usd: prices["codebuild.general1.small"].usd,
  source: codebuild.source,
  asOf: codebuild.asOf,
};
