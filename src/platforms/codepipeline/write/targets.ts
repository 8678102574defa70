/** Where the jobs of an environment act: at home, where the pipelines are, or in another account or region. */

import type { Delivery } from "../../../model/delivery.ts";
import { CannotWrite } from "../../generated.ts";
import { roleId } from "./job-ids.ts";
import type { JobPlace, Register } from "./job-place.ts";
import { roleNames, within } from "./names.ts";
import type { Settings } from "./options.ts";
import { account, region, type Text } from "./text.ts";

export interface Target {
  readonly account: string;
  readonly region: string;
  /** What is not as at home; in another account the region may be another one, too. */
  readonly elsewhere: "account" | "region";
}

/** Undefined: at home. */
export function targetOf(environment: { readonly name: string } | undefined, settings: Settings): Target | undefined {
  const { home, targets } = settings;
  if (environment === undefined || home === undefined || !Object.hasOwn(targets, environment.name)) return undefined;
  const { account: of = home.account, region: near = home.region } = targets[environment.name]!;
  const target = { account: of, region: near };
  if (target.account !== home.account) return { ...target, elsewhere: "account" };
  return target.region === home.region ? undefined : { ...target, elsewhere: "region" };
}

export const targetOfPlace = ({ environment, options }: JobPlace) => targetOf(environment, options.settings);

/** Whether another account has to be let in: then keys that services manage do not do. */
export const spansAccounts = (settings: Settings): boolean =>
  Object.keys(settings.targets).some((name) => targetOf({ name }, settings)?.elsewhere === "account");

export const encryptionOf = (settings: Settings): "managed" | "key" =>
  settings.encryption ?? (spansAccounts(settings) || settings.existing.key !== undefined ? "key" : "managed");

/** Account and region in ARNs of what a job works on. */
export function scopeOf(place: JobPlace): { readonly account: Text; readonly region: Text } {
  return targetOfPlace(place) ?? { account: [account], region: [region] };
}

/** Beginnings of regions that are not in the partition `aws`. Source: the AWS SDKs' list of partitions. */
const partitions: Readonly<Record<string, string>> = {
  "cn-": "aws-cn",
  "eusc-": "aws-eusc",
  "us-gov-": "aws-us-gov",
  "us-iso-": "aws-iso",
  "us-isob-": "aws-iso-b",
  "eu-isoe-": "aws-iso-e",
  "us-isof-": "aws-iso-f",
};

/** Accounts of one partition can let each other in, and their ARNs begin alike. */
export const partitionOf = (name: string): string =>
  Object.entries(partitions).find(([prefix]) => name.startsWith(prefix))?.[1] ?? "aws";

/** ARNs of roles in any account, known before the roles are there. */
export const roleArnIn = (
  { account: of, region: near }: { account: string; region: string },
  name: string,
  { rolePath }: Pick<Settings, "rolePath">,
): string => `arn:${partitionOf(near)}:iam::${of}:role${rolePath}${name}`;

/** The name that the roles of a job have, at home and in the environment's account. */
export const jobRoleName = (place: JobPlace, register: Register): string =>
  roleNames(place.delivery.name, place.options.settings)(roleId(place, register));

/** The role in which a pipeline acts in an environment of another account. */
export const actionRoleId = ({ options, line, environment }: JobPlace, register: Register): string =>
  register.id(...(options.layout === "separate" ? [line.name] : []), environment!.name, "actions role");

export const actionRoleName = (place: JobPlace, register: Register): string =>
  roleNames(place.delivery.name, place.options.settings)(actionRoleId(place, register));

/** Where artifacts are kept in a region, by a name that other accounts can name. */
export const bucketName = (delivery: string, home: { account: string }, near: string): string =>
  within(63, `${delivery.toLowerCase()}-pipelines-${home.account}-${near}`);

/** @throws {CannotWrite} for targets that cannot be. */
export function refuseStrangeTargets(delivery: Delivery, settings: Settings): void {
  const { home, targets, encryption } = settings;
  const environments = delivery.environments.map(({ name }) => name);
  for (const [name, target] of Object.entries(targets)) {
    if (!environments.includes(name)) {
      throw new CannotWrite(
        `the settings name a target of ${name}, and the delivery has no such environment`,
        `its environments are ${environments.join(", ")}`,
      );
    }
    if (home === undefined) {
      throw new CannotWrite(
        `the settings name a target of ${name}, and not where the pipelines themselves are`,
        'say it, as in home: { account: "111122223333", region: "eu-central-1" }',
      );
    }
    if (target.region !== undefined && partitionOf(target.region) !== partitionOf(home.region)) {
      throw new CannotWrite(
        `the target of ${name} is in ${target.region} and the pipelines are in ${home.region}, which have no accounts in common`,
        "write pipelines of their own for it",
      );
    }
  }
  if (encryption === "managed" && spansAccounts(settings)) {
    throw new CannotWrite(
      "the settings ask for keys that the services manage, and no other account can be let in to what these encrypt",
      "leave encryption out, or take encryption: key",
    );
  }
}
