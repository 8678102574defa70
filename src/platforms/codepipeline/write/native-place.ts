/** Where actions act that CodePipeline does itself. */

import { roleId } from "./job-ids.ts";
import type { JobPlace, Register } from "./job-place.ts";
import { actionRoleName, jobRoleName, roleArnIn, targetOfPlace } from "./targets.ts";
import { arnOf, type Text } from "./text.ts";

/** What an action says when it does not act at home. */
export function actingIn(place: JobPlace, register: Register): { role?: string; region?: string } {
  const target = targetOfPlace(place);
  if (target === undefined) return {};
  const { home } = place.options.settings;
  const role = roleArnIn(target, actionRoleName(place, register), place.options.settings);
  return {
    ...(target.elsewhere === "account" && { role }),
    ...(target.region !== home!.region && { region: target.region }),
  };
}

/** ARN of the role that CloudFormation has for a stack. */
export function stackRoleArn(place: JobPlace, register: Register): Text {
  const target = targetOfPlace(place);
  if (target?.elsewhere !== "account") return [arnOf(roleId(place, register))];
  return roleArnIn(target, jobRoleName(place, register), place.options.settings);
}
