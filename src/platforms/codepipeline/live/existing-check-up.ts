/** Whether what the settings say is there already is there, can be seen from here, and does for the pipelines. */

import { placeOf } from "../write/existing.ts";
import { type Ask, asProblem } from "./aws-cli.ts";
import type { Found, WantedOnAws } from "./found.ts";

type Existing = WantedOnAws["write"]["settings"]["existing"];

/** Where the pipelines are to be. */
interface Place {
  readonly account: string;
  readonly region: string;
}

/** What is wrong with it, and what to do. */
interface Wrong {
  readonly verdict: "warn" | "fail";
  readonly text: string;
  readonly remedy: string;
}

/** What it is found to be; `wrong` where it does not do. */
interface Look {
  readonly what: keyof Existing;
  readonly which: string;
  readonly wrong: () => Promise<Wrong | undefined>;
  /** What else a refusal may mean. */
  readonly refused?: string;
}

const settingsFile = "baton.codepipeline.yaml";

export function existingFound({ bucket, key, topic, topicKey }: Existing, place: Place, ask: Ask): Promise<Found>[] {
  const looks: (Look | undefined)[] = [
    bucket === undefined
      ? undefined
      : {
          what: "bucket",
          which: bucket,
          wrong: () => wrongWithBucket(bucket, place, ask),
          refused: `it may be of another account than ${place.account}, or s3:GetBucketLocation is missing here`,
        },
    key === undefined ? undefined : { what: "key", which: key, wrong: () => wrongWithKey("key", key, place, ask) },
    topic === undefined
      ? undefined
      : { what: "topic", which: topic, wrong: () => wrongWithTopic(topic, { own: topicKey ?? key, place, ask }) },
    topicKey === undefined
      ? undefined
      : { what: "topicKey", which: topicKey, wrong: () => wrongWithKey("topicKey", topicKey, place, ask) },
  ];
  return looks.flatMap((look) => (look === undefined ? [] : [found(look)]));
}

async function found({ what, which, wrong, refused }: Look): Promise<Found> {
  const name = `existing ${what}`;
  try {
    const is = await wrong();
    return { checkUp: is === undefined ? { name, verdict: "ok", text: `${which} can be used` } : { name, ...is } };
  } catch (error) {
    const { kind, message, next } = asProblem(error);
    if (kind === "not-found") {
      const instead = what === "topicKey" ? "" : ": the pipelines bring one";
      const remedy = `make it, or take existing.${what} out of ${settingsFile}${instead}`;
      return { checkUp: { name, verdict: "fail", text: `${which} is not there`, remedy } };
    }
    const remedy = (kind === "refused" ? refused : undefined) ?? next;
    return { checkUp: { name, verdict: "fail", text: message, ...(remedy !== undefined && { remedy }) } };
  }
}

const elsewhere = (what: string, which: string, is: string, { region }: Place): Wrong | undefined =>
  is === region
    ? undefined
    : {
        verdict: "fail",
        text: `${which} is in ${is}, and the pipelines are to be in ${region}`,
        remedy: `name one of ${region} as existing.${what} in ${settingsFile}, or create the pipelines in ${is}`,
      };

async function wrongWithBucket(bucket: string, place: Place, ask: Ask): Promise<Wrong | undefined> {
  const { LocationConstraint: said } = await ask<{ LocationConstraint?: string | null }>([
    ...["s3api", "get-bucket-location", "--bucket", bucket, "--expected-bucket-owner", place.account],
  ]);
  // The oldest region has no name here, and another its old one.
  return elsewhere("bucket", bucket, said === "EU" ? "eu-west-1" : said || "us-east-1", place);
}

interface KeyMetadata {
  readonly Arn: string;
  readonly KeyState: string;
  readonly KeyUsage: string;
  readonly KeySpec: string;
}

async function describedKey(key: string, ask: Ask): Promise<KeyMetadata> {
  const { KeyMetadata } = await ask<{ KeyMetadata: KeyMetadata }>(["kms", "describe-key", "--key-id", key]);
  return KeyMetadata;
}

async function wrongWithKey(what: "key" | "topicKey", key: string, place: Place, ask: Ask): Promise<Wrong | undefined> {
  const { region, account } = placeOf(key);
  const strange = elsewhere(what, key, region, place);
  if (strange !== undefined) return strange;
  const { KeyState, KeyUsage, KeySpec } = await describedKey(key, ask);
  if (KeyUsage !== "ENCRYPT_DECRYPT" || KeySpec !== "SYMMETRIC_DEFAULT") {
    return {
      verdict: "fail",
      text: `${key} is for ${KeyUsage} with ${KeySpec}: the services encrypt with symmetric keys alone`,
      remedy: `name another one as existing.${what} in ${settingsFile}: aws kms create-key makes one that does`,
    };
  }
  if (KeyState !== "Enabled") {
    return {
      verdict: "fail",
      text: `${key} is ${KeyState}, and encrypts and decrypts nothing`,
      remedy:
        KeyState === "PendingDeletion"
          ? `aws kms cancel-key-deletion --key-id ${key}, then aws kms enable-key --key-id ${key}`
          : `aws kms enable-key --key-id ${key}`,
    };
  }
  return ofAnotherAccount(key, account, place);
}

async function wrongWithTopic(
  topic: string,
  { own, place, ask }: { own: string | undefined; place: Place; ask: Ask },
): Promise<Wrong | undefined> {
  const { region, account } = placeOf(topic);
  const strange = elsewhere("topic", topic, region, place);
  if (strange !== undefined) return strange;
  const { Attributes } = await ask<{ Attributes: { KmsMasterKeyId?: string } }>([
    ...["sns", "get-topic-attributes", "--topic-arn", topic],
  ]);
  const { KmsMasterKeyId: id } = Attributes;
  if (!id) return ofAnotherAccount(topic, account, place);
  if (/(^|:)alias\/aws\/sns$/.test(id)) {
    return {
      verdict: "warn",
      text: `${topic} is encrypted with the key that SNS manages, which lets no alarm publish`,
      remedy: `encrypt it with a key of yours, and name that as existing.topicKey in ${settingsFile}`,
    };
  }
  const encrypting = await keyOfTopic(id, topic, ask);
  if (encrypting === own) return ofAnotherAccount(topic, account, place);
  return {
    verdict: "fail",
    text: `${topic} is encrypted with ${encrypting}, which nobody who publishes there may use`,
    remedy: `existing: { topicKey: ${encrypting} } in ${settingsFile}, then baton generate codepipeline`,
  };
}

/** The ARN of the key that a topic names by ARN, by id or by alias. */
async function keyOfTopic(id: string, topic: string, ask: Ask): Promise<string> {
  if (/^arn:.*:key\//.test(id)) return id;
  const [arn, partition, , region, account] = topic.split(":");
  const whole = id.startsWith("arn:")
    ? id
    : [arn, partition, "kms", region, account, id.startsWith("alias/") ? id : `key/${id}`].join(":");
  // An id says all; only what an alias stands for has to be asked.
  return whole.includes(":alias/") ? (await describedKey(whole, ask)).Arn : whole;
}

function ofAnotherAccount(which: string, account: string, place: Place): Wrong | undefined {
  if (account === place.account) return undefined;
  return {
    verdict: "warn",
    text: `${which} is of the account ${account}, and the pipelines are to be in ${place.account}`,
    remedy: `see to it that its policy lets the roles and services of ${place.account} in; nobody can tell from here`,
  };
}
