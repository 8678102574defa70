/** What a Terraform configuration says around its pipelines. */

import type { Key } from "../../../../facts/access.ts";
import { identity, type Written } from "../../../../facts/written.ts";
import type { Place } from "../../../../findings/source.ts";
import type { Bucket, BuildVariable, EventRule, Project, Role, ValueScope } from "../../pipeline.ts";
import { variable } from "../body.ts";
import { shortest, statementOf } from "../cloudformation/scope.ts";
import { originIn } from "../event-pattern.ts";
import { documentOf } from "../filled-text.ts";
import { child, entriesOf, itemsOf, type Node, plainText } from "../tree/node.ts";
import { textKey } from "../values.ts";
import { asList, type Configuration, type TerraformResource } from "./configuration.ts";
import { textOf } from "./evaluate/values.ts";

export function configurationScope(configuration: Configuration): ValueScope {
  const each = <T>(type: string, read: (resource: TerraformResource) => T): T[] => configuration.ofType(type).map(read);
  return {
    text: (node) => configuration.text(node),
    list: (node) => configuration.list(node),
    projects: each("aws_codebuild_project", (resource) => project(resource, configuration)),
    rules: each("aws_cloudwatch_event_rule", (resource) => eventRule(resource, configuration)),
    buckets: each("aws_s3_bucket", (resource) => bucket(resource, configuration)),
    roles: each("aws_iam_role", (resource) => role(resource, configuration)),
  };
}

function project(resource: TerraformResource, configuration: Configuration): Project {
  const [source] = asList(child(resource.node, "source"));
  const node = child(source, "buildspec");
  const [environment] = asList(child(resource.node, "environment"));
  const variables = asList(child(environment, "environment_variable"));
  return {
    aliases: configuration.aliases(resource, "name"),
    buildspec: fileNamed(node) ?? configuration.text(node),
    buildspecNode: node,
    variables: variablesOf(resource.node, configuration),
    at: resource.nameEntry.keyAt,
    machine: {
      type: configuration.text(child(environment, "type")),
      size: configuration.text(child(environment, "compute_type")),
    },
    secrets: variables
      .filter((variable) => plainText(child(variable, "type")) === "SECRETS_MANAGER")
      .flatMap((variable) => configuration.text(child(variable, "value")) ?? []),
  };
}

function variablesOf(node: Node, configuration: Configuration): readonly BuildVariable[] | undefined {
  const environments = asList(child(node, "environment"));
  const lists = environments.map((each) => configuration.list(child(each, "environment_variable")));
  if (lists.some(({ partial }) => partial)) return undefined;
  const written = lists.flatMap(({ items }) => items);
  const found = written.map((each) => variable(each, configuration));
  return found.every((each) => each !== undefined) ? found : undefined;
}

/** A buildspec that is read from a file is that file, in the repository. */
function fileNamed(node: Node | undefined): Written | undefined {
  const file = node?.kind === "scalar" ? node.file : undefined;
  return node && file ? { key: textKey(file.path), at: node.at } : undefined;
}

function means(node: Node | undefined, aliases: readonly string[], configuration: Configuration): boolean {
  const written = configuration.text(node);
  const name = written && identity(written.key);
  return name !== undefined && aliases.includes(name);
}

function eventRule(resource: TerraformResource, configuration: Configuration): EventRule {
  const aliases = configuration.aliases(resource, "name");
  const targets = configuration
    .ofType("aws_cloudwatch_event_target")
    .filter((target) => means(child(target.node, "rule"), aliases, configuration))
    .flatMap((target) => {
      const arn = configuration.text(child(target.node, "arn"));
      const whole = arn && identity(arn.key);
      return whole === undefined ? [] : [whole, whole.slice(whole.lastIndexOf(":") + 1)];
    });
  const pattern = documentIn(child(resource.node, "event_pattern"));
  const texts = (...path: string[]) =>
    itemsOf(child(pattern, ...path)).flatMap((item) => configuration.text(item) ?? []);
  const at = resource.nameEntry.keyAt;
  const origin = originIn((...path) => (child(pattern, ...path) ? texts(...path) : undefined));
  if (origin) return { at, targets, origin };
  return { at, targets, origin: { kind: child(resource.node, "schedule_expression") ? "schedule" : "other" } };
}

const blocks = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

function bucket(resource: TerraformResource, configuration: Configuration): Bucket {
  const aliases = configuration.aliases(resource, "bucket");
  const beside = (type: string) =>
    configuration.ofType(type).find((other) => means(child(other.node, "bucket"), aliases, configuration));
  const block = beside("aws_s3_bucket_public_access_block");
  const encryption =
    beside("aws_s3_bucket_server_side_encryption_configuration") ??
    child(resource.node, "server_side_encryption_configuration");
  const acl = beside("aws_s3_bucket_acl");
  const access = child(acl?.node, "acl") ?? child(resource.node, "acl");
  // Left out, each of them is false.
  const opened = block && blocks.find((name) => (plainText(child(block.node, name)) ?? "false") === "false");
  const isBlocked = block && blocks.every((name) => plainText(child(block.node, name)) === "true");
  /** Nothing is said, unless it is where it cannot be read, or it may be for this bucket. */
  const unsaid = (type: string) =>
    configuration.isComplete && configuration.ofType(type).every((other) => isTold(other, configuration))
      ? "silent"
      : "unknown";
  const isPublic = plainText(access)?.startsWith("public-read") === true;
  return {
    aliases,
    at: resource.node.at,
    nameAt: resource.nameEntry.keyAt,
    label: resource.address,
    blocked: !block ? unsaid("aws_s3_bucket_public_access_block") : opened ? "no" : isBlocked ? "yes" : "unknown",
    blockedAt: block?.nameEntry.keyAt ?? resource.nameEntry.keyAt,
    encrypted: encryption ? "yes" : unsaid("aws_s3_bucket_server_side_encryption_configuration"),
    publicAt: isPublic ? access?.at : publicPolicy(beside("aws_s3_bucket_policy")),
    expireDays: expiry(beside("aws_s3_bucket_lifecycle_configuration")?.node),
  };
}

/** Whether it is known which bucket it is for. */
function isTold({ node }: TerraformResource, configuration: Configuration): boolean {
  const written = configuration.text(child(node, "bucket"));
  return written !== undefined && identity(written.key) !== undefined;
}

/** A policy that lets everybody read the bucket. */
function publicPolicy(policy: TerraformResource | undefined): Place | undefined {
  const document = documentIn(child(policy?.node, "policy"));
  return asList(child(document, "Statement")).find((statement) => {
    const principal = child(statement, "Principal");
    const anybody = plainText(principal) === "*" || plainText(child(principal, "AWS")) === "*";
    return anybody && plainText(child(statement, "Effect")) === "Allow" && !child(statement, "Condition");
  })?.at;
}

function expiry(lifecycle: Node | undefined): number | undefined {
  const rules = asList(child(lifecycle, "rule")).filter((rule) => {
    const [filter] = asList(child(rule, "filter"));
    const isPartial = entriesOf(filter).some(({ value }) => plainText(value) !== "" && !isEmpty(value));
    return plainText(child(rule, "status")) === "Enabled" && !isPartial && !plainText(child(rule, "prefix"));
  });
  return shortest(
    rules.flatMap((rule) => asList(child(rule, "expiration")).map((one) => plainText(child(one, "days")))),
  );
}

/** Plans write null and empty lists for what is not set. */
function isEmpty(node: Node): boolean {
  return node.kind === "scalar" ? node.value === null : node.kind === "list" && node.items.length === 0;
}

function role(resource: TerraformResource, configuration: Configuration): Role {
  const aliases = configuration.aliases(resource, "name");
  const own = (type: string) =>
    configuration.ofType(type).filter((each) => means(child(each.node, "role"), aliases, configuration));
  const inline = asList(child(resource.node, "inline_policy")).map((each) => child(each, "policy"));
  const attached = [
    ...own("aws_iam_role_policy_attachment").flatMap((each) => child(each.node, "policy_arn") ?? []),
    ...asList(child(resource.node, "managed_policy_arns")),
  ];
  const policies = [
    ...inline,
    ...own("aws_iam_role_policy").map(({ node }) => child(node, "policy")),
    ...attached.flatMap((arn) => child(policyNamed(arn, configuration)?.node, "policy") ?? []),
  ];
  const statements = policies.flatMap((policy) => asList(child(documentIn(policy), "Statement")).flatMap(statementOf));
  const managed = attached
    .filter((arn) => plainText(arn)?.endsWith(":policy/AdministratorAccess"))
    .map((arn) => ({ at: arn.at, actions: ["*"], onEverything: true, conditional: false }));
  return { aliases, statements: [...managed, ...statements] };
}

function policyNamed(arn: Node, configuration: Configuration): TerraformResource | undefined {
  return configuration
    .ofType("aws_iam_policy")
    .find((policy) => means(arn, configuration.aliases(policy, "name"), configuration));
}

/** A document that is printed into a text, or written as one, what is open in it kept. */
function documentIn(node: Node | undefined): Node | undefined {
  if (node?.kind === "scalar" && node.document) return node.document;
  const filled = node && documentOf(node);
  return filled && restored(filled.root, filled.restore);
}

function restored(node: Node, restore: (text: string) => Key): Node {
  switch (node.kind) {
    case "scalar":
      return typeof node.value === "string" ? textOf(restore(node.value), node.at) : node;
    case "list":
      return { ...node, items: node.items.map((item) => restored(item, restore)) };
    case "map":
      return { ...node, entries: node.entries.map((entry) => ({ ...entry, value: restored(entry.value, restore) })) };
    default:
      return node satisfies never;
  }
}
