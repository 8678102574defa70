/** Texts and references of the document as Terraform's. */

import type { Infrastructure, Resource, Statement } from "../infrastructure.ts";
import { isText, type Reference, replaced, type Text } from "../text.ts";
import { Call, Expression, type HclValue, Template } from "./hcl.ts";

/** `SiteBucketProd` becomes `site_bucket_prod`. */
export const snakeCase = (id: string) =>
  id
    .replaceAll(
      /([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g,
      (_, small: string | undefined, big: string | undefined, last: string | undefined) =>
        small === undefined ? `${last}_` : `${small}_${big}`,
    )
    .toLowerCase();

const pseudo = {
  partition: "data.aws_partition.current.partition",
  region: "data.aws_region.current.id",
  account: "data.aws_caller_identity.current.account_id",
} as const;

/** Type of a resource, and its attribute with the name. */
const types: Readonly<Record<Exclude<Resource["kind"], "function" | "chat">, readonly [type: string, name: string]>> = {
  key: ["aws_kms_key", "key_id"],
  bucket: ["aws_s3_bucket", "bucket"],
  role: ["aws_iam_role", "name"],
  policy: ["aws_iam_policy", "name"],
  logs: ["aws_cloudwatch_log_group", "name"],
  project: ["aws_codebuild_project", "name"],
  pipeline: ["aws_codepipeline", "name"],
  topic: ["aws_sns_topic", "name"],
  rule: ["aws_cloudwatch_event_rule", "name"],
  schedule: ["aws_cloudwatch_event_rule", "name"],
  alarm: ["aws_cloudwatch_metric_alarm", "alarm_name"],
  dashboard: ["aws_cloudwatch_dashboard", "dashboard_name"],
};

export class TerraformValues {
  readonly #resources: ReadonlyMap<string, Resource>;
  readonly #existing: Infrastructure["existing"];

  constructor({ resources, existing }: Pick<Infrastructure, "resources" | "existing">) {
    this.#resources = new Map(resources.map((one) => [one.id, one]));
    this.#existing = existing;
  }

  /**
   * What is to be there before who acts in these roles: for Terraform a role is whole without its policies, and a pipeline
   * begins its first run as soon as it is there. Undefined where there is nothing to wait for.
   */
  policiesOf(roles: readonly string[]): Expression[] | undefined {
    const found = [...new Set(roles)].flatMap((id) => {
      const role = this.#resources.get(id);
      if (role?.kind !== "role") return [];
      const name = snakeCase(id);
      return [
        ...(role.statements.length > 0 ? [`aws_iam_role_policy.${name}`] : []),
        ...(role.policyParameter === undefined ? [] : [`aws_iam_role_policy_attachment.${name}`]),
      ];
    });
    return found.length === 0 ? undefined : found.map((one) => new Expression(one));
  }

  text(whole: Text): HclValue {
    const text = replaced(whole, (one) => ("of" in one ? this.#existing[one.of]?.[one.attribute] : undefined));
    if (typeof text === "string") return text;
    const parts = text.map((part) => (typeof part === "string" ? part : this.reference(part)));
    return parts.length === 1 ? parts[0]! : new Template(parts);
  }

  reference(reference: Reference): Expression {
    if ("pseudo" in reference) return new Expression(pseudo[reference.pseudo]);
    if ("parameter" in reference) return new Expression(`var.${snakeCase(reference.parameter)}`);
    const kind = this.#resources.get(reference.of)?.kind;
    if (kind === undefined || kind === "chat")
      throw new Error(`the document refers to ${reference.of}, which it does not have`);
    if (kind === "function") {
      const output = reference.attribute === "arn" ? "Arn" : "Name";
      return new Expression(`aws_cloudformation_stack.${snakeCase(reference.of)}.outputs["${output}"]`);
    }
    const [type, name] = types[kind];
    if (kind === "logs" && reference.attribute === "arn")
      return new Expression(`"\${${type}.${snakeCase(reference.of)}.arn}:*"`);
    return new Expression(`${type}.${snakeCase(reference.of)}.${reference.attribute === "arn" ? "arn" : name}`);
  }

  /** JSON that is easier to read as Terraform's own. */
  json(text: Text): HclValue {
    if (typeof text !== "string" || !/^[[{]/.test(text)) return this.text(text);
    return new Call("jsonencode", JSON.parse(text) as HclValue);
  }

  /** Texts inside of data. */
  data(data: unknown): HclValue {
    if (isText(data)) return this.text(data);
    if (Array.isArray(data)) return data.map((one) => this.data(one));
    if (typeof data !== "object" || data === null) return data as HclValue;
    return Object.fromEntries(Object.entries(data).map(([key, one]) => [key, this.data(one)]));
  }

  policy(statements: readonly Statement[]): HclValue {
    return new Call("jsonencode", {
      Version: "2012-10-17",
      Statement: statements.map(({ sid, actions, resources, condition }) => ({
        Sid: sid,
        Effect: "Allow",
        Action: [...actions],
        Resource: resources.map((one) => this.text(one)),
        ...(condition && { Condition: this.data(condition) }),
      })),
    });
  }
}
