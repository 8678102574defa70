/** Each resource of the document as one or several of a template. */

import type {
  Bucket,
  ChatChannel,
  EventRule,
  Key,
  LambdaFunction,
  ManagedPolicy,
  Project,
  Resource,
  Role,
  Schedule,
  Statement,
  Topic,
} from "../infrastructure.ts";
import { publisherSid } from "../names.ts";
import { account, arnOf, isText, nameOf, parameter, partition, region, type Text, text } from "../text.ts";
import { trustOf } from "../trust.ts";
import type { References } from "./intrinsic.ts";
import { dashboardBody, pipelineProperties } from "./pipeline.ts";

export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DeletionPolicy?: "RetainExceptOnCreate";
  readonly UpdateReplacePolicy?: "Retain";
  readonly DependsOn?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/**
 * What is worth more than its stack stays when the stack goes, but for a stack that could not be made: that one can be made
 * again. It has no name of its own, or the next one would find the name taken.
 */
const kept = { DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" } as const;

export interface Surroundings {
  readonly references: References;
  readonly tags: Readonly<Record<string, string>>;
}

type Resources = Record<string, TemplateResource>;

export function resourceOf(resource: Resource, around: Surroundings): Resources {
  const { references } = around;
  const { id } = resource;
  const value = (one: Text) => references.value(one);
  const tags = tagList(around);
  switch (resource.kind) {
    case "key":
      return key(resource, around);
    case "bucket":
      return bucket(resource, around);
    case "role":
      return { [id]: { Type: "AWS::IAM::Role", Properties: role(resource, around) } };
    case "policy":
      return { [id]: { Type: "AWS::IAM::ManagedPolicy", Properties: managedPolicy(resource, references) } };
    case "logs":
      return {
        [id]: {
          Type: "AWS::Logs::LogGroup",
          Properties: {
            LogGroupName: resource.name,
            RetentionInDays: resource.retentionDays,
            ...encryptedWith(resource, "KmsKeyId", references),
            Tags: tags,
          },
        },
      };
    case "project":
      return {
        [id]: { Type: "AWS::CodeBuild::Project", Properties: { ...project(resource, references), Tags: tags } },
      };
    case "pipeline":
      return {
        [id]: {
          Type: "AWS::CodePipeline::Pipeline",
          Properties: { ...pipelineProperties(resource, references), Tags: tags },
        },
      };
    case "topic":
      return topic(resource, around);
    case "chat":
      return { [id]: chat(resource, around) };
    case "rule":
      return rule(resource, around);
    case "schedule":
      return schedule(resource, references);
    case "function":
      return { [id]: { Type: "AWS::Lambda::Function", Properties: { ...lambda(resource, references), Tags: tags } } };
    case "alarm":
      return {
        [id]: {
          Type: "AWS::CloudWatch::Alarm",
          Properties: {
            AlarmDescription: resource.description,
            Namespace: resource.namespace,
            MetricName: resource.metric,
            Dimensions: Object.entries(resource.dimensions).map(([Name, one]) => ({ Name, Value: value(one) })),
            Statistic: "Sum",
            Period: 300,
            EvaluationPeriods: 1,
            Threshold: 1,
            ComparisonOperator: "GreaterThanOrEqualToThreshold",
            TreatMissingData: "notBreaching",
            AlarmActions: [value([arnOf(resource.topic)])],
            Tags: tags,
          },
        },
      };
    case "dashboard":
      return {
        [id]: {
          Type: "AWS::CloudWatch::Dashboard",
          Properties: { DashboardName: resource.name, DashboardBody: value(dashboardBody(resource)) },
        },
      };
    default:
      return resource satisfies never;
  }
}

export const tagList = ({ tags }: Pick<Surroundings, "tags">) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export function policyDocument(statements: readonly Statement[], references: References): object {
  return {
    Version: "2012-10-17",
    Statement: statements.map(({ sid, actions, resources, condition }) => ({
      Sid: sid,
      Effect: "Allow",
      Action: oneOrAll(actions),
      Resource: oneOrAll(resources.map((one) => references.value(one))),
      ...(condition && { Condition: filledIn(condition, references) }),
    })),
  };
}

const oneOrAll = <T>(list: readonly T[]): T | readonly T[] => (list.length === 1 ? list[0]! : list);

/** Texts inside of data. */
export function filledIn(data: unknown, references: References): unknown {
  if (isText(data)) return references.value(data);
  if (Array.isArray(data)) return data.map((one) => filledIn(one, references));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, one]) => [key, filledIn(one, references)]));
}

/** The property that names the key; none where the service has its own. */
function encryptedWith({ key }: { key?: string | undefined }, property: string, references: References): object {
  return key === undefined ? {} : { [property]: references.value([arnOf(key)]) };
}

function key({ id, description, alias, policy }: Key, { references, tags }: Surroundings): Resources {
  return {
    [id]: {
      Type: "AWS::KMS::Key",
      ...kept,
      Properties: {
        Description: description,
        EnableKeyRotation: true,
        KeyPolicy: { Version: "2012-10-17", Statement: filledIn(policy, references) },
        Tags: tagList({ tags }),
      },
    },
    [`${id}Alias`]: {
      Type: "AWS::KMS::Alias",
      Properties: { AliasName: alias, TargetKeyId: references.value([nameOf(id)]) },
    },
  };
}

function bucket(
  { id, name, expireDays, cache, unneeded, key, logsTo, grants = [] }: Bucket,
  { references, tags }: Surroundings,
): Resources {
  const value = (one: Text) => references.value(one);
  const rule = (name: string, prefix: string, days: number | undefined) => ({
    Id: name,
    Status: "Enabled",
    ...(prefix !== "" && { Prefix: prefix }),
    ...(days !== undefined && { ExpirationInDays: days }),
    NoncurrentVersionExpiration: { NoncurrentDays: prefix === "" ? 30 : 1 },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
  });
  return {
    [id]: {
      Type: "AWS::S3::Bucket",
      // S3 lets none go that still holds anything.
      ...(name === undefined && kept),
      Properties: {
        ...(name !== undefined && { BucketName: name }),
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              BucketKeyEnabled: true,
              ServerSideEncryptionByDefault: {
                SSEAlgorithm: "aws:kms",
                ...encryptedWith({ key }, "KMSMasterKeyID", references),
              },
            },
          ],
        },
        VersioningConfiguration: { Status: "Enabled" },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        ...(logsTo && { LoggingConfiguration: { DestinationBucketName: logsTo, LogFilePrefix: `${id}/` } }),
        OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
        LifecycleConfiguration: {
          Rules: [
            rule("expire", "", expireDays),
            ...(cache ? [rule("forget-cache", cache.prefix, cache.expireDays)] : []),
            ...(unneeded ? [unneededRule(unneeded)] : []),
          ],
        },
        Tags: tagList({ tags }),
      },
    },
    [`${id}Policy`]: {
      Type: "AWS::S3::BucketPolicy",
      Properties: {
        Bucket: value([nameOf(id)]),
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "OnlyEncryptedConnections",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:*",
              Resource: [value([arnOf(id)]), value(text`${arnOf(id)}/*`)],
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
            ...(filledIn(grants, references) as object[]),
          ],
        },
      },
    },
  };
}

/** The version that was there last goes as every older one does. */
const unneededRule = ({ tag, value }: NonNullable<Bucket["unneeded"]>) => ({
  Id: "forget-unneeded",
  Status: "Enabled",
  TagFilters: [{ Key: tag, Value: value }],
  ExpirationInDays: 1,
});

function role(one: Role, around: Surroundings): object & Record<string, unknown> {
  const { name, statements, policyParameter } = one;
  const { references } = around;
  return {
    ...(name !== undefined && { RoleName: name }),
    ...(one.path !== undefined && { Path: one.path }),
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [filledIn(trustOf(one), references)],
    },
    ...(one.boundary !== undefined && { PermissionsBoundary: references.value(one.boundary) }),
    ...(policyParameter !== undefined && { ManagedPolicyArns: [references.value([parameter(policyParameter)])] }),
    ...(statements.length > 0 && {
      Policies: [{ PolicyName: "own", PolicyDocument: policyDocument(statements, references) }],
    }),
    Tags: tagList(around),
  };
}

const managedPolicy = ({ path, description, statements }: ManagedPolicy, references: References) => ({
  ...(path !== undefined && { Path: path }),
  Description: description,
  PolicyDocument: policyDocument(statements, references),
});

function project(one: Project, references: References): Record<string, unknown> {
  const value = (text: Text) => references.value(text);
  const { machine } = one;
  return {
    Name: one.name,
    ServiceRole: value([arnOf(one.role)]),
    Source: { Type: "CODEPIPELINE", BuildSpec: one.buildspec },
    Artifacts: { Type: "CODEPIPELINE" },
    Environment: {
      Type: machine.type,
      ComputeType: machine.compute,
      Image: machine.image,
      ...(machine.isPrivileged && { PrivilegedMode: true }),
      ...(machine.fleet !== undefined && { Fleet: { FleetArn: machine.fleet } }),
      EnvironmentVariables: one.variables.map(({ name, type, value: text }) => ({
        Name: name,
        ...(type !== "PLAINTEXT" && { Type: type }),
        Value: value(text),
      })),
    },
    ...(machine.vpc !== undefined && {
      VpcConfig: {
        VpcId: machine.vpc.id,
        Subnets: machine.vpc.subnets,
        SecurityGroupIds: machine.vpc.securityGroups,
      },
    }),
    TimeoutInMinutes: one.timeoutMinutes,
    ...encryptedWith(one, "EncryptionKey", references),
    LogsConfig: { CloudWatchLogs: { Status: "ENABLED", GroupName: value([nameOf(one.logs)]) } },
    ...(one.cache !== undefined && {
      Cache: { Type: "S3", Location: value(text`${nameOf(one.cache.bucket)}/${one.cache.path}`) },
    }),
  };
}

function topic({ id, name, emailParameter, publishers, key }: Topic, { references, tags }: Surroundings): Resources {
  const value = (one: Text) => references.value(one);
  return {
    [id]: {
      Type: "AWS::SNS::Topic",
      Properties: { TopicName: name, ...encryptedWith({ key }, "KmsMasterKeyId", references), Tags: tagList({ tags }) },
    },
    [`${id}Policy`]: {
      Type: "AWS::SNS::TopicPolicy",
      Properties: {
        Topics: [value([arnOf(id)])],
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "OnlyEncryptedConnections",
              Effect: "Deny",
              Principal: "*",
              Action: "sns:Publish",
              Resource: value([arnOf(id)]),
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
            ...publishers.map((service) => ({
              Sid: publisherSid(service),
              Effect: "Allow",
              Principal: { Service: service },
              Action: "sns:Publish",
              Resource: value([arnOf(id)]),
              Condition: { StringEquals: { "aws:SourceAccount": value([account]) } },
            })),
          ],
        },
      },
    },
    ...(emailParameter !== undefined && {
      [`${id}Email`]: {
        Type: "AWS::SNS::Subscription",
        Condition: "TellByEmail",
        Properties: { TopicArn: value([arnOf(id)]), Protocol: "email", Endpoint: value([parameter(emailParameter)]) },
      },
    }),
  };
}

function chat(
  { name, channel, role, guardrail, topics }: ChatChannel,
  { references, tags }: Surroundings,
): TemplateResource {
  const value = (one: Text) => references.value(one);
  const common = {
    ConfigurationName: name,
    IamRoleArn: value([arnOf(role)]),
    SnsTopicArns: topics.map((id) => value([arnOf(id)])),
    GuardrailPolicies: [value(guardrail)],
    Tags: tagList({ tags }),
  };
  if (channel.type === "slack") {
    const Properties = { SlackWorkspaceId: channel.workspace, SlackChannelId: channel.channel, ...common };
    return { Type: "AWS::Chatbot::SlackChannelConfiguration", Properties };
  }
  const { tenant, team } = channel;
  const Properties = { TeamsTenantId: tenant, TeamId: team, TeamsChannelId: channel.channel, ...common };
  return { Type: "AWS::Chatbot::MicrosoftTeamsChannelConfiguration", Properties };
}

function rule({ id, name, description, pattern, target }: EventRule, { references }: Surroundings): Resources {
  const properties = { Name: name, Description: description, EventPattern: filledIn(pattern, references) };
  if (target.kind === "pipeline") return startingRule(id, { target, properties, references });
  return callingRule(id, { target: target.id, properties, references });
}

function startingRule(
  id: string,
  {
    target,
    properties,
    references,
  }: { target: { id: string; role: string }; properties: object; references: References },
): Resources {
  const arn = text`arn:${partition}:codepipeline:${region}:${account}:${nameOf(target.id)}`;
  const Targets = [{ Id: "pipeline", Arn: references.value(arn), RoleArn: references.value([arnOf(target.role)]) }];
  return { [id]: { Type: "AWS::Events::Rule", Properties: { ...properties, Targets } } };
}

function callingRule(
  id: string,
  { target, properties, references }: { target: string; properties: object; references: References },
): Resources {
  const value = (one: Text) => references.value(one);
  return {
    [id]: {
      Type: "AWS::Events::Rule",
      Properties: { ...properties, Targets: [{ Id: "function", Arn: value([arnOf(target)]) }] },
    },
    [`${id}Permission`]: {
      Type: "AWS::Lambda::Permission",
      Properties: {
        FunctionName: value([nameOf(target)]),
        Action: "lambda:InvokeFunction",
        Principal: "events.amazonaws.com",
        SourceArn: value([arnOf(id)]),
      },
    },
  };
}

function schedule({ id, description, expression, target }: Schedule, references: References): Resources {
  const properties = { Description: description, ScheduleExpression: expression };
  if (target.kind === "function") return callingRule(id, { target: target.id, properties, references });
  return startingRule(id, { target, properties, references });
}

function lambda(one: LambdaFunction, references: References): Record<string, unknown> {
  return {
    FunctionName: one.name,
    Description: one.description,
    Runtime: one.runtime,
    Handler: "index.handler",
    Role: references.value([arnOf(one.role)]),
    Timeout: one.timeoutSeconds,
    MemorySize: one.memoryMb,
    LoggingConfig: { LogGroup: references.value([nameOf(one.logs)]) },
    Environment: {
      Variables: Object.fromEntries(
        Object.entries(one.variables).map(([name, text]) => [name, references.value(text)]),
      ),
    },
    Code: { ZipFile: one.source },
  };
}
