/** What a Terraform configuration says around its pipelines. */

import { identity, literal, type Written } from "../../../../facts/staged.ts";
import type { Bucket, BuildVariable, EventRule, Project, Role, Scope } from "../../pipeline.ts";
import { variable } from "../body.ts";
import { shortest, statementOf } from "../cloudformation/scope.ts";
import { parseEmbedded } from "../decode.ts";
import { stateOrigin } from "../state-pattern.ts";
import { child, entriesOf, itemsOf, type Node, plainText } from "../tree/node.ts";
import { asList, type Configuration, type TerraformResource } from "./configuration.ts";

export function configurationScope(configuration: Configuration): Scope {
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
    buildspec: fileNamed(node, configuration) ?? configuration.text(node),
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
  if (environments.some((each) => child(each, "dynamic"))) return undefined;
  const written = environments.flatMap((each) => asList(child(each, "environment_variable")));
  const found = written.map((each) => variable(each, configuration));
  return found.every((each) => each !== undefined) ? found : undefined;
}

/** `file("${path.module}/buildspec.yml")` as the path of that file in the repository. */
function fileNamed(node: Node | undefined, { folder }: Configuration): Written | undefined {
  const path = /^\$\{file\("(?:\$\{path\.module\}\/|\.\/)?([^"$]+)"\)\}$/.exec(plainText(node) ?? "")?.[1];
  if (!node || path === undefined) return undefined;
  return { key: [{ kind: "text", text: folder === "" ? path : `${folder}/${path}` }], at: node.at };
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
  const node = child(resource.node, "event_pattern");
  const text = literal(configuration.text(node));
  const pattern = node && text !== undefined ? parseEmbedded(text, node) : undefined;
  const texts = (...path: string[]) =>
    itemsOf(child(pattern, ...path)).flatMap((item) => configuration.text(item) ?? []);
  const at = resource.nameEntry.keyAt;
  const sources = texts("source").map(literal);
  if (sources.includes("aws.codecommit")) {
    const repositories = texts("resources").flatMap((each) => {
      const arn = literal(each);
      return arn === undefined ? [] : [arn, arn.slice(arn.lastIndexOf(":") + 1)];
    });
    return { at, targets, origin: { kind: "push", repositories, branches: texts("detail", "referenceName") } };
  }
  const state = stateOrigin((...path) => (child(pattern, ...path) ? texts(...path) : undefined));
  if (state) return { at, targets, origin: state };
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
  return {
    aliases,
    at: resource.node.at,
    nameAt: resource.nameEntry.keyAt,
    label: resource.address,
    blocked: !block ? "silent" : opened ? "no" : isBlocked ? "yes" : "unknown",
    blockedAt: block?.nameEntry.keyAt ?? resource.nameEntry.keyAt,
    encrypted: encryption ? "yes" : "silent",
    publicAt: plainText(access)?.startsWith("public-read") ? access?.at : undefined,
    expireDays: expiry(beside("aws_s3_bucket_lifecycle_configuration")?.node),
  };
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
  const policies = configuration
    .ofType("aws_iam_role_policy")
    .filter((policy) => means(child(policy.node, "role"), aliases, configuration));
  const statements = policies.flatMap((policy) => {
    const node = child(policy.node, "policy");
    const text = literal(configuration.text(node));
    const document = node && text !== undefined ? parseEmbedded(text, node) : undefined;
    return asList(child(document, "Statement")).flatMap(statementOf);
  });
  const managed = configuration
    .ofType("aws_iam_role_policy_attachment")
    .filter((each) => means(child(each.node, "role"), aliases, configuration))
    .filter((each) => plainText(child(each.node, "policy_arn"))?.endsWith(":policy/AdministratorAccess"))
    .map((each) => ({ at: each.nameEntry.keyAt, actions: ["*"], onEverything: true, conditional: false }));
  return { aliases: [...aliases], statements: [...managed, ...statements] };
}
