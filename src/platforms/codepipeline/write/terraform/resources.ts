/** Each resource of the document as Terraform's blocks. */

import type {
  Bucket,
  ChatChannel,
  EventRule,
  Key,
  LambdaFunction,
  Project,
  Resource,
  Role,
  Schedule,
  Topic,
} from "../infrastructure.ts";
import { publisherSid } from "../names.ts";
import { shortened } from "../observability.ts";
import { account, arnOf, nameOf, parameter, type Text, text } from "../text.ts";
import { trustOf } from "../trust.ts";
import { type Block, Call, Expression, type HclValue, resource } from "./hcl.ts";
import { pipelineBlock } from "./pipeline.ts";
import { snakeCase, type TerraformValues } from "./values.ts";

const tags = new Expression("local.tags");

export function blocksOf(one: Resource, values: TerraformValues): Block[] {
  const name = snakeCase(one.id);
  const comment = one.comment;
  switch (one.kind) {
    case "key":
      return key(one, values);
    case "bucket":
      return bucket(one, values);
    case "role":
      return role(one, values);
    case "policy":
      return [
        resource("aws_iam_policy", name, {
          comment,
          attributes: {
            name_prefix: shortName(name),
            path: one.path,
            description: one.description,
            policy: values.policy(one.statements),
            tags,
          },
        }),
      ];
    case "logs":
      return [
        resource("aws_cloudwatch_log_group", name, {
          comment,
          attributes: { name: one.name, retention_in_days: one.retentionDays, kms_key_id: keyArn(one, values), tags },
        }),
      ];
    case "project":
      return [project(one, values)];
    case "pipeline":
      return [pipelineBlock(one, values)];
    case "topic":
      return topic(one, values);
    case "chat":
      return [chat(one, values)];
    case "rule":
      return rule(one, values);
    case "schedule":
      return schedule(one, values);
    case "alarm":
      return [
        resource("aws_cloudwatch_metric_alarm", name, {
          comment,
          attributes: {
            alarm_name: one.name,
            alarm_description: one.description,
            namespace: one.namespace,
            metric_name: one.metric,
            dimensions: Object.fromEntries(
              Object.entries(one.dimensions).map(([key, value]) => [key, values.text(value)]),
            ),
            statistic: "Sum",
            period: 300,
            evaluation_periods: 1,
            threshold: 1,
            comparison_operator: "GreaterThanOrEqualToThreshold",
            treat_missing_data: "notBreaching",
            alarm_actions: [values.text([arnOf(one.topic)])],
            tags,
          },
        }),
      ];
    case "dashboard":
      return [
        resource("aws_cloudwatch_dashboard", name, {
          comment,
          attributes: {
            dashboard_name: one.name,
            dashboard_body: new Call("jsonencode", {
              widgets: one.widgets.map(({ title, metrics, statistic }, index) => ({
                type: "metric",
                x: 0,
                y: index * 6,
                width: 24,
                height: 6,
                properties: {
                  title,
                  region: new Expression("data.aws_region.current.id"),
                  view: "timeSeries",
                  stat: statistic,
                  period: 86_400,
                  metrics: shortened(metrics).map((metric) => [...metric]),
                },
              })),
            }),
          },
        }),
      ];
    case "function":
      return [lambdaFunction(one, values)];
    default:
      return one satisfies never;
  }
}

/** Terraform packs nothing by itself; CloudFormation takes the source as it is, and the file can be read in a review. */
function lambdaFunction(one: LambdaFunction, values: TerraformValues): Block {
  const variables = Object.entries(one.variables).map(([key, value]) => [key, values.text(value)] as const);
  return resource("aws_cloudformation_stack", snakeCase(one.id), {
    comment: one.comment,
    attributes: {
      name: one.name,
      template_body: new Call("jsonencode", {
        Resources: {
          Function: {
            Type: "AWS::Lambda::Function",
            Properties: {
              FunctionName: one.name,
              Description: one.description,
              Runtime: one.runtime,
              Handler: "index.handler",
              Role: values.text([arnOf(one.role)]),
              Timeout: one.timeoutSeconds,
              MemorySize: one.memoryMb,
              LoggingConfig: { LogGroup: values.text([nameOf(one.logs)]) },
              Environment: { Variables: Object.fromEntries(variables) },
              Code: { ZipFile: new Expression(`file("\${path.module}/${one.file}")`) },
            },
          },
        },
        Outputs: {
          Arn: { Value: { "Fn::GetAtt": ["Function", "Arn"] } },
          Name: { Value: { Ref: "Function" } },
        },
      }),
      tags,
      depends_on: values.policiesOf([one.role]),
    },
  });
}

/** Beginnings of names that IAM completes. */
const shortName = (name: string) => `${name.slice(0, 36)}-`;

const keyArn = ({ key }: { key?: string | undefined }, values: TerraformValues) =>
  key === undefined ? undefined : values.text([arnOf(key)]);

/** Not even with all the rest: what was built, and what it can be read with. */
const stays: Block = { type: "lifecycle", attributes: { prevent_destroy: true } };

function key({ id, comment, description, alias, policy }: Key, values: TerraformValues): Block[] {
  const name = snakeCase(id);
  return [
    resource("aws_kms_key", name, {
      comment,
      attributes: {
        description,
        enable_key_rotation: true,
        deletion_window_in_days: 30,
        policy: new Call("jsonencode", { Version: "2012-10-17", Statement: values.data(policy) }),
        tags,
      },
      blocks: [stays],
    }),
    resource("aws_kms_alias", name, { attributes: { name: alias, target_key_id: values.text([nameOf(id)]) } }),
  ];
}

function bucket(
  { id, comment, name: given, prefix: beginning, expireDays, cache, unneeded, key, logsTo, grants = [] }: Bucket,
  values: TerraformValues,
): Block[] {
  const name = snakeCase(id);
  const attributes = { bucket: new Expression(`aws_s3_bucket.${name}.id`) };
  const rule = (rule: string, prefix: string, days: number | undefined): Block => ({
    type: "rule",
    attributes: { id: rule, status: "Enabled" },
    blocks: [
      { type: "filter", ...(prefix !== "" && { attributes: { prefix } }) },
      ...(days === undefined ? [] : [{ type: "expiration", attributes: { days } }]),
      { type: "noncurrent_version_expiration", attributes: { noncurrent_days: prefix === "" ? 30 : 1 } },
      { type: "abort_incomplete_multipart_upload", attributes: { days_after_initiation: 7 } },
    ],
  });
  return [
    resource("aws_s3_bucket", name, {
      comment,
      attributes: { ...(given === undefined ? { bucket_prefix: beginning } : { bucket: given }), tags },
      blocks: [stays],
    }),
    resource("aws_s3_bucket_versioning", name, {
      attributes,
      blocks: [{ type: "versioning_configuration", attributes: { status: "Enabled" } }],
    }),
    resource("aws_s3_bucket_server_side_encryption_configuration", name, {
      attributes,
      blocks: [
        {
          type: "rule",
          attributes: { bucket_key_enabled: true },
          blocks: [
            {
              type: "apply_server_side_encryption_by_default",
              attributes: { sse_algorithm: "aws:kms", kms_master_key_id: keyArn({ key }, values) },
            },
          ],
        },
      ],
    }),
    resource("aws_s3_bucket_public_access_block", name, {
      attributes: {
        ...attributes,
        block_public_acls: true,
        block_public_policy: true,
        ignore_public_acls: true,
        restrict_public_buckets: true,
      },
    }),
    resource("aws_s3_bucket_ownership_controls", name, {
      attributes,
      blocks: [{ type: "rule", attributes: { object_ownership: "BucketOwnerEnforced" } }],
    }),
    ...(logsTo
      ? [
          resource("aws_s3_bucket_logging", name, {
            attributes: { ...attributes, target_bucket: logsTo, target_prefix: `${id}/` },
          }),
        ]
      : []),
    resource("aws_s3_bucket_lifecycle_configuration", name, {
      comment: ["The rule for old versions needs versions."],
      attributes: { ...attributes, depends_on: [new Expression(`aws_s3_bucket_versioning.${name}`)] },
      blocks: [
        rule("expire", "", expireDays),
        ...(cache ? [rule("forget-cache", cache.prefix, cache.expireDays)] : []),
        ...(unneeded ? [unneededRule(unneeded)] : []),
      ],
    }),
    resource("aws_s3_bucket_policy", name, {
      attributes: {
        ...attributes,
        policy: new Call("jsonencode", {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "OnlyEncryptedConnections",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:*",
              Resource: [values.text([arnOf(id)]), values.text(text`${arnOf(id)}/*`)],
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
            ...(values.data(grants) as HclValue[]),
          ],
        }),
      },
    }),
  ];
}

/** The version that was there last goes as every older one does. */
const unneededRule = ({ tag, value }: NonNullable<Bucket["unneeded"]>): Block => ({
  type: "rule",
  attributes: { id: "forget-unneeded", status: "Enabled" },
  blocks: [
    { type: "filter", blocks: [{ type: "tag", attributes: { key: tag, value } }] },
    { type: "expiration", attributes: { days: 1 } },
  ],
});

function role(one: Role, values: TerraformValues): Block[] {
  const { id, comment, name: given, statements, policyParameter } = one;
  const name = snakeCase(id);
  const attributes = { role: new Expression(`aws_iam_role.${name}.name`) };
  return [
    resource("aws_iam_role", name, {
      comment,
      attributes: {
        ...(given === undefined ? { name_prefix: shortName(name) } : { name: given }),
        path: one.path,
        assume_role_policy: new Call("jsonencode", {
          Version: "2012-10-17",
          Statement: [values.data(trustOf(one))],
        }),
        permissions_boundary: one.boundary === undefined ? undefined : values.text(one.boundary),
        tags,
      },
    }),
    ...(statements.length > 0
      ? [
          resource("aws_iam_role_policy", name, {
            attributes: { name: "own", ...attributes, policy: values.policy(statements) },
          }),
        ]
      : []),
    ...(policyParameter === undefined
      ? []
      : [
          resource("aws_iam_role_policy_attachment", name, {
            attributes: { ...attributes, policy_arn: values.reference(parameter(policyParameter)) },
          }),
        ]),
  ];
}

function project(one: Project, values: TerraformValues): Block {
  const location = (of: Text) => values.text(of);
  const { machine } = one;
  return resource("aws_codebuild_project", snakeCase(one.id), {
    comment: one.comment,
    attributes: {
      name: one.name,
      service_role: values.text([arnOf(one.role)]),
      build_timeout: one.timeoutMinutes,
      encryption_key: keyArn(one, values),
      tags,
      depends_on: values.policiesOf([one.role]),
    },
    blocks: [
      { type: "source", attributes: { type: "CODEPIPELINE", buildspec: one.buildspec } },
      { type: "artifacts", attributes: { type: "CODEPIPELINE" } },
      {
        type: "environment",
        attributes: {
          type: machine.type,
          compute_type: machine.compute,
          image: machine.image,
          privileged_mode: machine.isPrivileged ? true : undefined,
        },
        blocks: [
          ...(machine.fleet === undefined ? [] : [{ type: "fleet", attributes: { fleet_arn: machine.fleet } }]),
          ...one.variables.map(({ name, type, value }) => ({
            type: "environment_variable",
            attributes: { name, type, value: values.text(value) },
          })),
        ],
      },
      ...(machine.vpc === undefined
        ? []
        : [
            {
              type: "vpc_config",
              attributes: {
                vpc_id: machine.vpc.id,
                subnets: machine.vpc.subnets,
                security_group_ids: machine.vpc.securityGroups,
              },
            },
          ]),
      {
        type: "logs_config",
        blocks: [{ type: "cloudwatch_logs", attributes: { group_name: values.text([nameOf(one.logs)]) } }],
      },
      ...(one.cache === undefined
        ? []
        : [
            {
              type: "cache",
              attributes: { type: "S3", location: location(text`${nameOf(one.cache.bucket)}/${one.cache.path}`) },
            },
          ]),
    ],
  });
}

function topic({ id, comment, name, emailParameter, publishers, key }: Topic, values: TerraformValues): Block[] {
  const own = snakeCase(id);
  const arn = values.text([arnOf(id)]);
  const email = emailParameter === undefined ? undefined : `var.${snakeCase(emailParameter)}`;
  return [
    resource("aws_sns_topic", own, {
      comment,
      attributes: { name, kms_master_key_id: keyArn({ key }, values), tags },
    }),
    resource("aws_sns_topic_policy", own, {
      attributes: {
        arn,
        policy: new Call("jsonencode", {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "OnlyEncryptedConnections",
              Effect: "Deny",
              Principal: "*",
              Action: "sns:Publish",
              Resource: arn,
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
            ...publishers.map((service) => ({
              Sid: publisherSid(service),
              Effect: "Allow",
              Principal: { Service: service },
              Action: "sns:Publish",
              Resource: arn,
              Condition: { StringEquals: { "aws:SourceAccount": values.text([account]) } },
            })),
          ],
        }),
      },
    }),
    ...(email === undefined
      ? []
      : [
          resource("aws_sns_topic_subscription", own, {
            attributes: {
              count: new Expression(`${email} == "" ? 0 : 1`),
              topic_arn: arn,
              protocol: "email",
              endpoint: new Expression(email),
            },
          }),
        ]),
  ];
}

function chat({ id, comment, name, channel, role, guardrail, topics }: ChatChannel, values: TerraformValues): Block {
  const { channel: channelId } = channel;
  const where =
    channel.type === "slack"
      ? { slack_team_id: channel.workspace, slack_channel_id: channelId }
      : { tenant_id: channel.tenant, team_id: channel.team, channel_id: channelId };
  return resource(`aws_chatbot_${channel.type}_channel_configuration`, snakeCase(id), {
    comment,
    attributes: {
      configuration_name: name,
      ...where,
      iam_role_arn: values.text([arnOf(role)]),
      sns_topic_arns: topics.map((topic) => values.text([arnOf(topic)])),
      guardrail_policy_arns: [values.text(guardrail)],
      tags,
    },
  });
}

function rule({ id, comment, name, description, pattern, target }: EventRule, values: TerraformValues): Block[] {
  const own = snakeCase(id);
  const attributes = {
    rule: new Expression(`aws_cloudwatch_event_rule.${own}.name`),
    arn: values.text([arnOf(target.id)]),
  };
  const event = resource("aws_cloudwatch_event_rule", own, {
    comment,
    attributes: { name, description, event_pattern: new Call("jsonencode", values.data(pattern)), tags },
  });
  if (target.kind === "pipeline") {
    return [
      event,
      resource("aws_cloudwatch_event_target", own, { attributes: { ...attributes, ...inRole(target.role, values) } }),
    ];
  }
  return [event, resource("aws_cloudwatch_event_target", own, { attributes }), callPermission(id, target.id, values)];
}

const inRole = (role: string, values: TerraformValues) => ({
  role_arn: values.text([arnOf(role)]),
  depends_on: values.policiesOf([role]),
});

const callPermission = (id: string, target: string, values: TerraformValues): Block =>
  resource("aws_lambda_permission", snakeCase(id), {
    attributes: {
      function_name: values.text([nameOf(target)]),
      action: "lambda:InvokeFunction",
      principal: "events.amazonaws.com",
      source_arn: values.text([arnOf(id)]),
    },
  });

function schedule({ id, comment, description, expression, target }: Schedule, values: TerraformValues): Block[] {
  const own = snakeCase(id);
  return [
    resource("aws_cloudwatch_event_rule", own, {
      comment,
      attributes: { name_prefix: shortName(own), description, schedule_expression: expression, tags },
    }),
    resource("aws_cloudwatch_event_target", own, {
      attributes: {
        rule: new Expression(`aws_cloudwatch_event_rule.${own}.name`),
        arn: values.text([arnOf(target.id)]),
        ...(target.kind === "pipeline" && inRole(target.role, values)),
      },
    }),
    ...(target.kind === "function" ? [callPermission(id, target.id, values)] : []),
  ];
}
