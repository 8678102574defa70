/** What is there before the pipelines and takes the place of what they would bring: bucket, key, topic. */

import { CannotWrite } from "../../generated.ts";
import { artifactBucket } from "./artifact-bucket.ts";
import { keyId } from "./encryption.ts";
import { ids } from "./fixed-names.ts";
import type { Infrastructure, Resource } from "./infrastructure.ts";
import type { Settings } from "./options.ts";
import { spansAccounts } from "./targets.ts";
import { partition, text } from "./text.ts";

export function existingOf({
  existing: { bucket, key, topic },
}: Pick<Settings, "existing">): Infrastructure["existing"] {
  return {
    ...(bucket !== undefined && { [artifactBucket.id]: { arn: text`arn:${partition}:s3:::${bucket}`, name: bucket } }),
    ...(key !== undefined && { [keyId]: { arn: key, name: key.slice(key.indexOf("/") + 1) } }),
    ...(topic !== undefined && { [ids.approvals]: { arn: topic, name: topic.slice(topic.lastIndexOf(":") + 1) } }),
  };
}

/** Without what is there already. */
export const withoutExisting = (resources: readonly Resource[], existing: Infrastructure["existing"]): Resource[] =>
  resources.filter(({ id }) => !Object.hasOwn(existing, id));

/** What its owner has to let the pipelines do, because nothing is written about it. */
export function notesOnExisting({ existing, home }: Settings, resources: readonly Resource[]): string[] {
  const { key, topic, topicKey } = existing;
  const services = [
    ...(resources.some(({ kind }) => kind === "logs") ? ["logs.REGION.amazonaws.com"] : []),
    "cloudwatch.amazonaws.com",
  ];
  return [
    ...(key === undefined
      ? []
      : [`existing.key: its policy lets IAM of the account decide, and ${services.join(" and ")} use it`]),
    ...(topic === undefined
      ? []
      : ["existing.topic: its policy lets cloudwatch.amazonaws.com publish for the account"]),
    ...(topic !== undefined && home === undefined
      ? [`existing.topic is in ${placeOf(topic).region}, account ${placeOf(topic).account}: create the pipelines there`]
      : []),
    ...(topicKey === undefined || topicKey === key
      ? []
      : ["existing.topicKey: its policy lets IAM of the account decide, and cloudwatch.amazonaws.com use it"]),
    ...(home === undefined ? [] : notesOnStrangers(existing, home.account)),
  ];
}

/** Parts whose ARN says where they are. */
const placed = ["key", "topic", "topicKey"] as const;

/** Where a key or topic is, as its ARN says. */
export const placeOf = (arn: string) => {
  const [, , , region, account] = arn.split(":");
  return { region: region!, account: account! };
};

const notesOnStrangers = (existing: Settings["existing"], account: string): string[] =>
  placed.flatMap((one) => {
    const arn = existing[one];
    if (arn === undefined || placeOf(arn).account === account) return [];
    return [
      `existing.${one} is of the account ${placeOf(arn).account}: its policy lets the roles and services of ${account} in, by name`,
    ];
  });

/** @throws {CannotWrite} for what cannot be together. */
export function refuseStrangeExisting(settings: Settings): void {
  const { existing, encryption, home } = settings;
  if (existing.key !== undefined && encryption === "managed") {
    throw new CannotWrite(
      "existing.key names a key, and encryption: managed leaves all keys to the services",
      "take one of the two out of baton.codepipeline.yaml",
    );
  }
  const closed = (["bucket", "key"] as const).find((one) => existing[one] !== undefined);
  if (closed !== undefined && spansAccounts(settings)) {
    throw new CannotWrite(
      `existing.${closed} is ${existing[closed]}, whose policy is not written here, and targets are in other accounts that it has to let in`,
      `take existing.${closed} out of baton.codepipeline.yaml: the pipelines bring one that lets exactly them in`,
    );
  }
  if (existing.topicKey !== undefined && existing.topic === undefined) {
    throw new CannotWrite(
      "existing.topicKey is the key of an existing.topic, and none is named",
      "name existing.topic, or take existing.topicKey out of baton.codepipeline.yaml",
    );
  }
  const named = placed.flatMap((one) =>
    existing[one] === undefined ? [] : [{ one, region: placeOf(existing[one]).region }],
  );
  for (const { one, region } of named) {
    if (home === undefined || region === home.region) continue;
    throw new CannotWrite(
      `existing.${one} is in ${region}, and the pipelines are in ${home.region}: they take none of another region`,
      `name one of ${home.region}, or another home.region, in baton.codepipeline.yaml`,
    );
  }
  const [first] = named;
  const other = named.find(({ region }) => region !== first?.region);
  if (first !== undefined && other !== undefined) {
    throw new CannotWrite(
      `existing.${first.one} is in ${first.region}, and existing.${other.one} in ${other.region}: the pipelines are in one region and take none of another`,
      "name those of the region of the pipelines in baton.codepipeline.yaml",
    );
  }
}
