/** What has to be in other accounts and regions: roles to act in, and places for artifacts. */

import type { Delivery } from "../../../model/delivery.ts";
import { artifactBucket } from "./artifact-bucket.ts";
import { encryptionKey, handing, keyId } from "./encryption.ts";
import type { Bucket, Infrastructure, LentRole, PolicyStatement, RemoteStack, Resource } from "./infrastructure.ts";
import type { JobPlace, Register } from "./job-place.ts";
import type { JobResources } from "./job-resources.ts";
import { roleNames } from "./names.ts";
import { isNative } from "./native-action.ts";
import { uploadStatements } from "./native-upload.ts";
import type { WriteOptions } from "./options.ts";
import { pipelineRoleId } from "./pipeline-role.ts";
import { stackStatements } from "./stack-rights.ts";
import type { LineStages } from "./stages.ts";
import { otherRegions } from "./stores.ts";
import {
  actionRoleId,
  actionRoleName,
  bucketName,
  encryptionOf,
  partitionOf,
  roleArnIn,
  spansAccounts,
  type Target,
  targetOfPlace,
} from "./targets.ts";
import { arnOf, type Text, text } from "./text.ts";

interface Around {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  readonly register: Register;
  readonly lines: readonly LineStages[];
  readonly work: readonly JobResources[];
}

export function remoteStacksOf(around: Around): RemoteStack[] {
  const { home } = around.options.settings;
  if (home === undefined) return [];
  const guests = guestsOf(around);
  const abroad = around.work.flatMap(({ elsewhere }) => elsewhere ?? []);
  const accounts = [...new Set([...guests, ...abroad].map(({ account }) => account))].sort();
  const regions = [...new Set(around.lines.flatMap(otherRegions))].sort();
  return [
    ...accounts.map((account): RemoteStack => {
      const own = abroad.filter((one) => one.account === account);
      const actionRoles = guests.filter((one) => one.account === account).map((guest) => actionRole(guest, around));
      const name = `target-${account}`;
      return {
        name,
        account,
        region: home.region,
        infrastructure: {
          ...plainDocument(around),
          description: `What the pipelines of ${around.delivery.name} may do in the account ${account}`,
          parameters: own.flatMap(({ policy }) => policy ?? []),
          resources: [...actionRoles, ...own.map(({ role }) => role)],
          home: { account },
        },
      };
    }),
    ...regions.map((region): RemoteStack => {
      const name = `region-${region}`;
      return {
        name,
        account: home.account,
        region,
        infrastructure: regionInfrastructure(region, around),
      };
    }),
  ];
}

const plainDocument = ({
  delivery,
  options,
}: Around): Omit<Infrastructure, "description" | "parameters" | "resources"> => ({
  delivery: delivery.name,
  existing: {},
  outputs: [],
  tags: { "baton:delivery": delivery.name, ...options.settings.tags },
  buildspecs: [],
  notes: [],
  releases: { sets: {} },
  remoteStacks: [],
});

/** CodePipeline acting in an environment of another account. */
interface Guest extends Target {
  readonly environment: string;
  readonly line: LineStages;
  readonly places: readonly JobPlace[];
}

export function guestsOf({ lines, register }: Pick<Around, "lines" | "register">): Guest[] {
  return lines.flatMap((line) => {
    const native = line.places.filter((place) => isNative(place, register));
    return line.line.environments.flatMap((environment): Guest[] => {
      const places = native.filter((place) => place.environment === environment);
      const target = places[0] && targetOfPlace(places[0]);
      return target?.elsewhere === "account" ? [{ ...target, environment: environment.name, line, places }] : [];
    });
  });
}

/** In another account CodePipeline has a role of that account for each environment, with what its actions there need. */
function actionRole(guest: Guest, { delivery, options, register }: Around): LentRole {
  const home = options.settings.home!;
  const store = `arn:${partitionOf(home.region)}:s3:::${bucketName(delivery.name, home, guest.region)}`;
  return {
    kind: "role",
    id: actionRoleId(guest.places[0]!, register),
    comment: [`In which ${guest.line.line.name} acts in ${guest.environment}.`],
    name: actionRoleName(guest.places[0]!, register),
    lentTo: {
      account: home.account,
      role: `${options.settings.rolePath}${roleNames(delivery.name, options.settings)(pipelineRoleId(guest.line.line, register))}`,
    },
    statements: [
      { sid: "FindArtifacts", actions: finding, resources: [store] },
      { sid: "HandArtifactsOn", actions: exchanging, resources: [`${store}/*`] },
      {
        sid: "UseKey",
        actions: handing,
        // Which key it is, its own policy says: only one names this role.
        resources: [`arn:${partitionOf(home.region)}:kms:${guest.region}:${home.account}:key/*`],
        condition: { StringEquals: { "kms:ViaService": `s3.${guest.region}.amazonaws.com` } },
      },
      ...stackStatements(guest.places, register),
      ...uploadStatements(guest.places, register),
    ],
  };
}

const finding = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"];
const exchanging = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"];

/** By account: the roles that act with the artifacts of a region. */
function guestRoles(region: string, around: Pick<Around, "lines" | "register" | "options">) {
  const byAccount = new Map<string, string[]>();
  for (const guest of guestsOf(around).filter((one) => one.region === region)) {
    const role = roleArnIn(guest, actionRoleName(guest.places[0]!, around.register), around.options.settings);
    byAccount.set(guest.account, [...(byAccount.get(guest.account) ?? []), role]);
  }
  return [...byAccount].map(([account, roles]) => ({
    account,
    Principal: { AWS: `arn:${partitionOf(region)}:iam::${account}:root` },
    // By name: the roles may be made anew, and need not be there yet.
    Condition: { ArnEquals: { "aws:PrincipalArn": roles } },
  }));
}

/** Statements of the key's policy that let other accounts in. */
export function keyGuests(region: string, around: Pick<Around, "lines" | "register" | "options">): PolicyStatement[] {
  return guestRoles(region, around).map(({ account, Principal, Condition }) => ({
    Sid: `UseFrom${account}`,
    Effect: "Allow",
    Principal,
    Action: handing,
    Resource: "*",
    Condition: { ...Condition, StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } },
  }));
}

/** The bucket of a region: with a name and grants where other accounts have to find it. */
export function storeIn(region: string, around: Pick<Around, "delivery" | "register" | "lines" | "options">): Bucket {
  const { home } = around.options.settings;
  if (home === undefined) return artifactBucket;
  const grants = guestRoles(region, around).flatMap(({ account, Principal, Condition }) => {
    const grant = (sid: string, Action: readonly string[], Resource: Text): PolicyStatement => ({
      Sid: `${sid}${account}`,
      Effect: "Allow",
      Principal,
      Action,
      Resource,
      Condition,
    });
    return [
      grant("FindFrom", finding, [arnOf(artifactBucket.id)]),
      grant("HandOnTo", exchanging, text`${arnOf(artifactBucket.id)}/*`),
    ];
  });
  const isNamed = region !== home.region || spansAccounts(around.options.settings);
  return {
    ...artifactBucket,
    ...(isNamed && { name: bucketName(around.delivery.name, home, region) }),
    ...(grants.length > 0 && { grants }),
  };
}

function regionInfrastructure(region: string, around: Around): Infrastructure {
  const { delivery, options, register, lines } = around;
  const home = options.settings.home!;
  const hasKey = encryptionOf(options.settings) === "key";
  const bucket: Bucket = {
    ...storeIn(region, around),
    comment: [`What actions in ${region} take and leave: CodePipeline carries it there and back.`],
    ...(hasKey && { key: keyId }),
  };
  const pipelines = lines
    .filter((line) => otherRegions(line).includes(region))
    .map(({ line }) =>
      roleArnIn(home, roleNames(delivery.name, options.settings)(pipelineRoleId(line, register)), options.settings),
    );
  const resources: Resource[] = hasKey
    ? [
        encryptionKey({ delivery: delivery.name, users: pipelines, guests: keyGuests(region, around), services: [] }),
        bucket,
      ]
    : [bucket];
  return {
    ...plainDocument(around),
    description: `Artifacts of the pipelines of ${delivery.name} in ${region}`,
    parameters: [],
    resources,
    outputs: hasKey ? [{ id: "KeyArn", description: "For the pipelines", value: [arnOf(keyId)] }] : [],
    home: { account: home.account, region },
  };
}
