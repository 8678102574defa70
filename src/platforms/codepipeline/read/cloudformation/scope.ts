/** What a template says around its pipelines: build projects, event rules, artifact buckets and roles. */

import { identity, literal, type Written } from "../../../../facts/written.ts";
import type { Place } from "../../../../findings/source.ts";
import type { Bucket, BuildVariable, EventRule, Project, Role, Statement, ValueScope } from "../../pipeline.ts";
import { variable } from "../body.ts";
import { originIn } from "../event-pattern.ts";
import { child, itemsOf, type Node, plainText } from "../tree/node.ts";
import type { Resource, Template } from "./template.ts";

/** The templates of a repository are deployed side by side, so that a name in one may mean something in another. */
export function templateScope(template: Template, all: readonly Template[]): ValueScope {
  return {
    text: (node) => template.text(node),
    list: (node) => template.list(node),
    projects: each(all, "AWS::CodeBuild::Project", project),
    rules: each(all, "AWS::Events::Rule", eventRule),
    buckets: each(all, "AWS::S3::Bucket", bucket),
    roles: each(all, "AWS::IAM::Role", role),
  };
}

function each<T>(
  templates: readonly Template[],
  type: string,
  read: (resource: Resource, template: Template) => T,
): T[] {
  return templates.flatMap((template) => template.ofType(type).map((resource) => read(resource, template)));
}

function project(resource: Resource, template: Template): Project {
  const node = child(resource.properties, "Source", "BuildSpec");
  return {
    aliases: template.aliases(resource),
    buildspec: template.text(node),
    buildspecNode: node,
    variables: variablesOf(child(resource.properties, "Environment", "EnvironmentVariables"), template),
    at: resource.idAt,
    machine: {
      type: template.text(child(resource.properties, "Environment", "Type")),
      size: template.text(child(resource.properties, "Environment", "ComputeType")),
    },
    secrets: template
      .list(child(resource.properties, "Environment", "EnvironmentVariables"))
      .items.filter((variable) => plainText(child(variable, "Type")) === "SECRETS_MANAGER")
      .flatMap((variable) => template.text(child(variable, "Value")) ?? []),
  };
}

function variablesOf(node: Node | undefined, template: Template): readonly BuildVariable[] | undefined {
  const { items, partial } = template.list(node);
  const found = items.map((item) => variable(item, template));
  return !partial && found.every((each) => each !== undefined) ? found : undefined;
}

function eventRule(resource: Resource, template: Template): EventRule {
  const { properties } = resource;
  const targets = template.list(child(properties, "Targets")).items.flatMap((target) => {
    const arn = template.text(child(target, "Arn"));
    return arn ? pipelineOf(arn) : [];
  });
  return { at: resource.idAt, targets, origin: originOf(properties, template) };
}

/** The pipeline at the end of an ARN, or the whole where it is one name. */
function pipelineOf({ key }: Written): string[] {
  const whole = identity(key);
  if (whole === undefined) return [];
  return [whole, whole.slice(whole.lastIndexOf(":") + 1)];
}

function originOf(properties: Node | undefined, template: Template): EventRule["origin"] {
  const pattern = child(properties, "EventPattern");
  if (!pattern) return { kind: child(properties, "ScheduleExpression") ? "schedule" : "other" };
  const texts = (...path: string[]) =>
    template.list(child(pattern, ...path)).items.flatMap((item) => template.text(item) ?? []);
  return originIn((...path) => (child(pattern, ...path) ? texts(...path) : undefined)) ?? { kind: "other" };
}

const blocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

function bucket(resource: Resource, template: Template): Bucket {
  const { properties, id, idAt, at } = resource;
  const block = child(properties, "PublicAccessBlockConfiguration");
  const access = child(properties, "AccessControl");
  const encryption = child(properties, "BucketEncryption");
  const opened = blocks.map((name) => child(block, name)).find((value) => plainText(value) === "false");
  const isPublic = plainText(access)?.startsWith("PublicRead") === true;
  return {
    aliases: template.aliases(resource),
    at,
    nameAt: idAt,
    label: id,
    blocked: !block ? "silent" : opened ? "no" : blocks.every((name) => isTrue(child(block, name))) ? "yes" : "unknown",
    blockedAt: opened?.at ?? block?.at ?? idAt,
    encrypted: encryption ? "yes" : "silent",
    publicAt: isPublic ? access?.at : publicPolicy(resource, template),
    expireDays: expiry(resource, template),
  };
}

/** Of everything in the bucket: a rule for a part of it does not keep the rest small. */
function expiry({ properties }: Resource, template: Template): number | undefined {
  const rules = template.list(child(properties, "LifecycleConfiguration", "Rules")).items;
  const forAll = rules.filter(
    (rule) =>
      plainText(child(rule, "Status")) === "Enabled" && !plainText(child(rule, "Prefix")) && !child(rule, "TagFilters"),
  );
  return shortest(forAll.map((rule) => plainText(child(rule, "ExpirationInDays"))));
}

export function shortest(days: readonly (string | undefined)[]): number | undefined {
  const known = days.map(Number).filter((each) => each > 0);
  return known.length > 0 ? Math.min(...known) : undefined;
}

function isTrue(node: Node | undefined): boolean {
  return plainText(node) === "true";
}

/** A policy that lets everybody read the bucket. */
function publicPolicy(resource: Resource, template: Template): Place | undefined {
  const aliases = template.aliases(resource);
  for (const policy of template.ofType("AWS::S3::BucketPolicy")) {
    const named = template.text(child(policy.properties, "Bucket"));
    if (!named || !aliases.includes(identity(named.key) ?? "")) continue;
    for (const statement of statementsOf(child(policy.properties, "PolicyDocument"), template)) {
      const principal = child(statement, "Principal");
      const anybody = plainText(principal) === "*" || plainText(child(principal, "AWS")) === "*";
      if (anybody && plainText(child(statement, "Effect")) === "Allow" && !child(statement, "Condition"))
        return statement.at;
    }
  }
  return undefined;
}

function statementsOf(document: Node | undefined, template: Template): readonly Node[] {
  return template.list(child(document, "Statement")).items;
}

function role(resource: Resource, template: Template): Role {
  const aliases = template.aliases(resource);
  const documents = itemsOf(child(resource.properties, "Policies")).map((policy) => child(policy, "PolicyDocument"));
  for (const type of ["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"]) {
    for (const policy of template.ofType(type)) {
      const roles = child(policy.properties, "Roles") ?? child(policy.properties, "RoleName");
      const mine = template.list(roles).items.some((item) => {
        const named = template.text(item);
        return named !== undefined && aliases.includes(identity(named.key) ?? "");
      });
      if (mine) documents.push(child(policy.properties, "PolicyDocument"));
    }
  }
  const managed = template.list(child(resource.properties, "ManagedPolicyArns")).items.flatMap((item): Statement[] => {
    const arn = literal(template.text(item));
    if (!arn?.endsWith(":policy/AdministratorAccess")) return [];
    return [{ at: item.at, actions: ["*"], onEverything: true, conditional: false }];
  });
  const written = documents.flatMap((document) => statementsOf(document, template).flatMap(statementOf));
  return { aliases, statements: [...managed, ...written] };
}

/** One statement of a policy that allows something. */
export function statementOf(node: Node): Statement[] {
  if (plainText(child(node, "Effect")) !== "Allow") return [];
  const texts = (name: string): string[] => {
    const value = child(node, name);
    const items = value?.kind === "list" ? value.items : value ? [value] : [];
    return items.flatMap((item) => plainText(item) ?? []);
  };
  return [
    {
      at: child(node, "Resource")?.at ?? node.at,
      actions: texts("Action"),
      onEverything: texts("Resource").includes("*"),
      conditional: child(node, "Condition") !== undefined,
    },
  ];
}
