/** Where the artifacts of a pipeline are kept: one store at home, and one in each other region that its actions act in. */

import { artifactBucket } from "./artifact-bucket.ts";
import { keyId } from "./encryption.ts";
import type { ParameterSpec, Store } from "./infrastructure.ts";
import type { Register } from "./job-place.ts";
import type { Settings } from "./options.ts";
import type { LineStages } from "./stages.ts";
import { bucketName, encryptionOf } from "./targets.ts";
import { arnOf, nameOf, parameter } from "./text.ts";

/** Regions other than home in which actions of a pipeline act, each once. */
export const otherRegions = ({ stages }: LineStages): string[] => [
  ...new Set(stages.flatMap(({ actions }) => actions.flatMap(({ region }) => region ?? []))),
];

export function storesOf(
  line: LineStages,
  { delivery, settings, register }: { delivery: string; settings: Settings; register: Register },
): Store[] {
  const regions = otherRegions(line);
  const { home } = settings;
  if (home === undefined || regions.length === 0) return [];
  const hasKey = encryptionOf(settings) === "key";
  return [
    { region: home.region, bucket: [nameOf(artifactBucket.id)], key: hasKey ? [arnOf(keyId)] : undefined },
    ...regions.map((region) => ({
      region,
      bucket: bucketName(delivery, home, region),
      key: hasKey ? [parameter(keyParameterId(region, register))] : undefined,
    })),
  ];
}

const keyParameterId = (region: string, register: Register) => register.id("key arn", region);

/** Other regions make their keys themselves, and actions of other accounts need a key's own ARN, not its alias. */
export function keyParameters(regions: readonly string[], register: Register): ParameterSpec[] {
  return regions.map((region) => ({
    id: keyParameterId(region, register),
    description: `ARN of the key in ${region}, as what was created there before gives it out.`,
    pattern: `^arn:aws[a-z-]*:kms:${region}:[0-9]{12}:key/.+$`,
    patternMeaning: `the ARN of a key in ${region}`,
  }));
}
