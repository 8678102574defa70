/** A key of the team's own for all that the pipelines keep, and the rights to use it, for those that touch it. */

import { CannotWrite } from "../../generated.ts";
import { ids } from "./fixed-names.ts";
import type { Key, PolicyStatement, Resource, Role, Statement } from "./infrastructure.ts";
import { limits } from "./limits.ts";
import { publisherSid, roleNames } from "./names.ts";
import type { Settings } from "./options.ts";
import { account, arnOf, localArn, partition, region, type Text, text } from "./text.ts";

export const keyId = "Key";

/** Administration without use: who manages the key cannot read with it, nor grant that, which `Create*` would let. */
const administration = [
  "Cancel*",
  "CreateAlias",
  "Delete*",
  "Describe*",
  "Disable*",
  "Enable*",
  "Get*",
  "List*",
  "Put*",
  "Revoke*",
  "ScheduleKeyDeletion",
  "TagResource",
  "UntagResource",
  "Update*",
].map((action) => `kms:${action}`);

const reading = ["kms:Decrypt", "kms:DescribeKey"];
const sending = ["kms:Decrypt", "kms:GenerateDataKey*"];
/** What CodePipeline and CodeBuild ask for to hand artifacts on. */
export const handing = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];

/**
 * The resources with a key, each encrypted with it that can be. Roles that touch what is encrypted get the right to use
 * the key and a name of their own: the key's policy names them, and they name the key.
 */
export function encrypted(
  resources: readonly Resource[],
  {
    delivery,
    guests,
    settings: { rolePath, existing },
  }: { delivery: string; guests: readonly PolicyStatement[]; settings: Pick<Settings, "rolePath" | "existing"> },
): Resource[] {
  const nameOf = roleNames(delivery, { rolePath });
  const users: string[] = [];
  const buckets = resources.filter(({ kind }) => kind === "bucket").map(({ id }) => id);
  // One that is there already is encrypted as its owner has it.
  const topics = resources.flatMap((one) =>
    one.kind === "topic" && !(one.id === ids.approvals && existing.topic) ? [one.id] : [],
  );
  const changed = resources.map((resource): Resource => {
    switch (resource.kind) {
      case "bucket":
      case "topic":
      case "logs":
      case "project":
      case "pipeline":
        return { ...resource, key: keyId };
      case "role": {
        const use = useOf(resource, { buckets, topics });
        if (use === undefined) return resource;
        const name = nameOf(resource.id);
        users.push(name);
        return { ...resource, name, statements: [...resource.statements, use] };
      }
      default:
        return resource;
    }
  });
  const arns = users.map((name) => text`arn:${partition}:iam::${account}:role${rolePath}${name}`);
  if (existing.key !== undefined) return changed;
  return [encryptionKey({ delivery, users: arns, guests, services: servicesOf(resources) }), ...changed];
}

/** The right of whoever publishes to a topic that is there already and encrypted with a key. */
export function publishingEncrypted(
  resources: readonly Resource[],
  { topic, topicKey, key }: Settings["existing"],
): readonly Resource[] {
  const own = topicKey ?? key;
  if (topic === undefined || own === undefined) return resources;
  const use: Statement = { sid: "UseKeyOfTopic", actions: sending, resources: [own], condition: byWayOf(["sns"]) };
  return resources.map((one) =>
    one.kind === "role" && touching(one, [ids.approvals]).length > 0
      ? { ...one, statements: [...one.statements, use] }
      : one,
  );
}

function useOf(
  role: Role,
  { buckets, topics }: { buckets: readonly string[]; topics: readonly string[] },
): Statement | undefined {
  const objects = touching(role, buckets).flatMap(({ actions }) => actions);
  const byService = {
    s3: objects.includes("s3:PutObject") ? handing : objects.includes("s3:GetObject") ? reading : [],
    sns: touching(role, topics).length > 0 ? sending : [],
  };
  const services = (["s3", "sns"] as const).filter((one) => byService[one].length > 0);
  if (services.length === 0) return undefined;
  const actions = [...new Set(services.flatMap((one) => byService[one]))].sort();
  return { sid: "UseKey", actions, resources: [[arnOf(keyId)]], condition: byWayOf(services) };
}

/**
 * For what the services keep, and nothing else that a key encrypts: others may use it, too. They ask for it in the name of
 * who asks them, as with the keys that they manage, whose policies have the same condition. In China their names end in `.cn`.
 */
const byWayOf = (services: readonly string[]): NonNullable<Statement["condition"]> => ({
  StringLike: { "kms:ViaService": services.map((one) => text`${one}.${region}.amazonaws.com*`) },
});

const touching = ({ statements }: Role, ids: readonly string[]) =>
  statements.filter(({ resources }) => resources.some((one) => isAbout(one, ids)));

const isAbout = (one: Text, ids: readonly string[]) =>
  typeof one !== "string" && one.some((part) => typeof part === "object" && "of" in part && ids.includes(part.of));

export function encryptionKey({
  delivery,
  users,
  guests,
  services,
}: {
  delivery: string;
  /** ARNs of roles. */
  users: readonly Text[];
  guests: readonly PolicyStatement[];
  services: readonly PolicyStatement[];
}): Key {
  const policy = keyPolicy({ users, guests, services });
  if (JSON.stringify(policy).length > limits.kms.keyPolicy) {
    throw new CannotWrite(
      `the key of ${delivery} would be used by ${users.length} roles, more than its policy has room for`,
      "split the delivery, or leave encryption to the service: encryption: managed",
    );
  }
  return {
    kind: "key",
    id: keyId,
    comment: ["Encrypts what the pipelines keep. Its policy names who may use it; managing it is not using it."],
    description: `What the pipelines of ${delivery} keep`,
    alias: keyAlias(delivery),
    policy,
  };
}

const keyAlias = (delivery: string) => `alias/${delivery}-pipelines`;

/** By the names of roles, not their identities: a role that is made anew has the same rights, and need not exist yet. */
function keyPolicy({
  users,
  guests,
  services,
}: {
  users: readonly Text[];
  guests: readonly PolicyStatement[];
  services: readonly PolicyStatement[];
}): PolicyStatement[] {
  const here = { AWS: text`arn:${partition}:iam::${account}:root` };
  return [
    { Sid: "Manage", Effect: "Allow", Principal: here, Action: administration, Resource: "*" },
    {
      Sid: "Use",
      Effect: "Allow",
      Principal: here,
      Action: handing,
      Resource: "*",
      Condition: { ArnEquals: { "aws:PrincipalArn": users } },
    },
    ...guests,
    ...services,
  ];
}

/** Services that write what is encrypted on their own. */
function servicesOf(resources: readonly Resource[]): PolicyStatement[] {
  const publishers = resources.flatMap((one) => (one.kind === "topic" ? one.publishers : []));
  const groups = resources.flatMap((one) => (one.kind === "logs" ? [localArn("logs", `log-group:${one.name}`)] : []));
  return [
    ...publishers.map((service) => ({
      Sid: publisherSid(service),
      Effect: "Allow",
      Principal: { Service: service },
      Action: sending,
      Resource: "*",
      Condition: { StringEquals: { "aws:SourceAccount": [account] } },
    })),
    ...(groups.length > 0
      ? [
          {
            Sid: "KeepLogs",
            Effect: "Allow",
            Principal: { Service: text`logs.${region}.amazonaws.com` },
            Action: handing,
            Resource: "*",
            Condition: { ArnEquals: { "kms:EncryptionContext:aws:logs:arn": groups } },
          },
        ]
      : []),
  ];
}
