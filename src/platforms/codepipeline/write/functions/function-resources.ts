/** A function of ours, with its role and its log, and the alarm that rings when it did not do what it was called for. */

import { ids } from "../fixed-names.ts";
import type { Alarm, LambdaFunction, Resource, Statement } from "../infrastructure.ts";
import { kebab } from "../names.ts";
import { arnOf, nameOf } from "../text.ts";
import { functionRuntime } from "./function-program.ts";

interface FunctionSpec
  extends Pick<
    LambdaFunction,
    "id" | "name" | "comment" | "description" | "file" | "timeoutSeconds" | "memoryMb" | "source" | "variables"
  > {
  /** What it may do besides writing its log. */
  readonly statements: readonly Statement[];
}

export function functionResources({ statements, ...spec }: FunctionSpec): Resource[] {
  const { id, name } = spec;
  const [role, logs] = [`${id}Role`, `${id}Logs`];
  const log: Statement = {
    sid: "Log",
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [[arnOf(logs)]],
  };
  return [
    { kind: "role", id: role, comment: [], service: "lambda.amazonaws.com", statements: [...statements, log] },
    { kind: "logs", id: logs, comment: [], name: `/aws/lambda/${name}`, retentionDays: 90 },
    { kind: "function", role, logs, runtime: functionRuntime, ...spec },
  ];
}

/** Lambda calls twice more where a function fails; what it then gives up is told. */
export const gaveUp = (
  id: string,
  { delivery, of, description }: { delivery: string; of: string; description: string },
): Alarm => ({
  kind: "alarm",
  id,
  name: `${delivery}-pipelines-${kebab(id)}`,
  comment: [],
  description,
  namespace: "AWS/Lambda",
  metric: "AsyncEventsDropped",
  dimensions: { FunctionName: [nameOf(of)] },
  topic: ids.approvals,
});
