/** What the team's account asks of every role, log and bucket, whatever it is there for. */

import type { Resource } from "./infrastructure.ts";
import type { Settings } from "./options.ts";
import { account, partition, type Text, text } from "./text.ts";

export function underHouseRules(
  resources: readonly Resource[],
  {
    permissionsBoundary,
    rolePath,
    logDays,
    accessLogs,
  }: Pick<Settings, "permissionsBoundary" | "rolePath" | "logDays" | "accessLogs">,
): Resource[] {
  const boundary = permissionsBoundary === undefined ? {} : { boundary: filled(permissionsBoundary) };
  const path = rolePath === "/" ? {} : { path: rolePath };
  return resources.map((one) => {
    if (one.kind === "bucket" && accessLogs !== undefined) return { ...one, logsTo: accessLogs };
    if (one.kind === "logs") return { ...one, retentionDays: logDays };
    if (one.kind === "role") return { ...one, ...boundary, ...path };
    return one.kind === "policy" ? { ...one, ...path } : one;
  });
}

/** `${partition}` and `${account}` are those of the account in which the role is. */
function filled(arn: string): Text {
  const known = { partition, account };
  return arn
    .split(/\$\{(partition|account)\}/)
    .reduce<Text>(
      (whole, piece, at) =>
        at % 2 === 0 ? text`${whole}${piece}` : text`${whole}${known[piece as keyof typeof known]}`,
      "",
    );
}
