/** A delivery as the document of what is to exist on AWS. */

import type { Delivery } from "../../../model/delivery.ts";
import { buildspecText, cachePaths } from "./buildspec.ts";
import { eventBridgeCron } from "./cron.ts";
import type { Document, ParameterSpec, Pipeline, Resource, Role, Schedule, Statement } from "./document.ts";
import { type JobPlace, Register } from "./job-place.ts";
import { JobValues } from "./job-values.ts";
import { linesOf } from "./lines.ts";
import { path } from "./names.ts";
import { nativeStack } from "./native.ts";
import { operations } from "./operations.ts";
import { CannotWrite, type Settings, type WriteOptions } from "./options.ts";
import { permissionsOf } from "./permissions.ts";
import { ids, type LineStages, projectId, roleId, stagesOf, wordsOf } from "./stages.ts";
import { arnOf, localArn, nameOf, parameter, type Text, text } from "./text.ts";
import { triggerOf } from "./triggers.ts";

/** @throws {CannotWrite} for what CodePipeline has no means for. */
export function lowerDelivery(delivery: Delivery, options: WriteOptions): Document {
  refuseStrangeSettings(delivery, options.settings);
  const register = new Register();
  const lines = linesOf(delivery).map((line) => stagesOf(line, { delivery, options, register }));
  const parameters: ParameterSpec[] = [
    {
      id: ids.connection,
      description:
        "ARN of the connection to where the repository is kept. A new connection is pending until somebody confirms it in the console.",
      pattern: "^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/.+$",
      patternMeaning: "the ARN of a connection",
    },
    {
      id: ids.repository,
      description: "The repository, as owner/name.",
      pattern: "^[^/]+/.+$",
      patternMeaning: "owner/name",
    },
    {
      id: "NotificationEmail",
      description: "Who is asked to approve and told how runs end; empty: subscribe to the topic yourself.",
      default: "",
    },
  ];
  const work = lines.flatMap(({ places }) => places).map((place) => workOf(place, register));
  for (const { policy } of work) if (policy) parameters.push(policy);
  const projects = work.flatMap(({ resources }) =>
    resources.flatMap((one) => (one.kind === "project" ? [one.name] : [])),
  );
  const buildspecs = new Map(
    work.flatMap(({ buildspec }) => (buildspec ? [[buildspec.path, buildspec] as const] : [])),
  );
  refuseSameArtifacts(lines);
  return {
    delivery: delivery.name,
    description: `Pipelines of ${delivery.name}`,
    parameters,
    resources: [
      artifactBucket,
      ...lines.flatMap((line) => [pipelineRole(line, register), pipelineOf(line, { delivery, options, register })]),
      ...lines.flatMap((line) => approversOf(line, register)),
      ...schedulesOf(lines, register),
      ...work.flatMap(({ resources }) => resources),
      ...operations({ delivery: delivery.name, settings: options.settings, lines, projects }),
    ],
    outputs: [
      ...lines.map(({ line }) => ({
        id: register.id(line.name, "pipeline"),
        description: `The pipeline of ${line.branch}`,
        value: [nameOf(register.id(line.name, "pipeline"))],
      })),
      {
        id: "NotificationTopic",
        description: "Subscribe here to hear of approvals and of how runs end",
        value: [arnOf(ids.approvals)],
      },
    ],
    tags: { "baton:delivery": delivery.name, ...options.settings.tags },
    buildspecs: [...buildspecs.values()],
    notes: notesOf(delivery),
  };
}

/** Names may only fall together when hyphens are all that tells them apart. */
function refuseSameArtifacts(lines: readonly LineStages[]): void {
  for (const { stages } of lines) {
    const seen = new Map<string, string>();
    for (const { job, outputs } of stages.flatMap(({ actions }) => actions)) {
      for (const output of outputs) {
        const other = seen.get(output);
        if (other !== undefined)
          throw new CannotWrite(
            `${other} and ${job} would leave artifacts of one name behind, ${output}`,
            "rename one of them",
          );
        seen.set(output, job ?? "the source");
      }
    }
  }
}

/** A misspelt name would silently take a permission or an alarm away. */
function refuseStrangeSettings(delivery: Delivery, { permissions, alarms }: Settings): void {
  const jobs = new Set(
    delivery.pipelines.flatMap(({ name, jobs }) => Object.keys(jobs).map((job) => `${name}.${job}`)),
  );
  const environments = new Set(delivery.environments.map(({ name }) => name));
  const strangeJob = Object.keys(permissions).find((name) => !jobs.has(name));
  if (strangeJob !== undefined) {
    throw new CannotWrite(
      `the settings give permissions to ${strangeJob}, and the delivery has no such job`,
      `its jobs are ${[...jobs].join(", ")}`,
    );
  }
  const strange = Object.keys(alarms).find((name) => !environments.has(name));
  if (strange !== undefined) {
    throw new CannotWrite(
      `the settings name alarms of ${strange}, and the delivery has no such environment`,
      `its environments are ${[...environments].join(", ")}`,
    );
  }
}

const bucketId = "Artifacts";

const artifactBucket: Resource = {
  kind: "bucket",
  id: bucketId,
  comment: ["What the stages hand on, and what builds keep to be quicker. Nothing else has access."],
  expireDays: 90,
  cache: { prefix: "cache/", expireDays: 30 },
};

function notesOf(delivery: Delivery): string[] {
  const checked = delivery.pipelines.filter(({ triggers }) => triggers.pullRequests).map(({ name }) => name);
  const unmanual = delivery.pipelines.filter(({ triggers }) => !triggers.manual).map(({ name }) => name);
  const free = Object.entries(delivery.parameters).filter(([, { type }]) => type === "string");
  return [
    ...(free.length > 0
      ? [
          `CodePipeline puts parameters into JSON as they are: ${free.map(([name]) => name).join(", ")} may hold no quotes`,
        ]
      : []),
    ...(checked.length > 0
      ? [`pull requests start no CodePipeline: check ${checked.join(", ")} where they are reviewed`]
      : []),
    ...(unmanual.length > 0
      ? [`who may start a CodePipeline by hand is up to IAM: ${unmanual.join(", ")} does not want that`]
      : []),
  ];
}

function pipelineOf(
  { line, stages }: LineStages,
  { delivery, options, register }: { delivery: Delivery; options: WriteOptions; register: Register },
): Pipeline {
  return {
    kind: "pipeline",
    id: register.id(line.name, "pipeline"),
    comment: [`Pushes to ${line.branch}: ${stages.map(({ name }) => name).join(", ")}.`],
    name: line.name,
    role: register.id(line.name, "pipeline role"),
    bucket: bucketId,
    // One after the other and none dropped: a newer run must not take the place of one that waits.
    executionMode: "QUEUED",
    variables: Object.entries(delivery.parameters).map(([name, one]) => ({
      name,
      ...(one.default !== undefined && { default: one.default }),
      description: one.description ?? `Parameter ${name}`,
    })),
    triggers: [triggerOf(line, options.root)],
    stages,
  };
}

function pipelineRole({ line, stages, places }: LineStages, register: Register): Role {
  const native = places.filter((place) => nativeStack(place, register) !== undefined);
  const built = places.filter((place) => !native.includes(place));
  const stackArns = native.map((place) => localArn("cloudformation", `stack/${nativeStack(place, register)!.stack}/*`));
  const statements: Statement[] = [
    {
      sid: "UseConnection",
      // Connections made before the service was renamed are known to IAM by the old name.
      actions: ["codeconnections:UseConnection", "codestar-connections:UseConnection"],
      resources: [[parameter(ids.connection)]],
    },
    {
      sid: "FindArtifacts",
      actions: ["s3:GetBucketVersioning", "s3:GetBucketLocation"],
      resources: [[arnOf(bucketId)]],
    },
    {
      sid: "HandArtifactsOn",
      actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
      resources: [text`${arnOf(bucketId)}/*`],
    },
    ...(built.length > 0
      ? [
          {
            sid: "Build",
            actions: ["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
            resources: [...new Set(built.map((place) => projectId(place, register)))].map((id): Text => [arnOf(id)]),
          },
        ]
      : []),
    ...(native.length > 0
      ? [
          {
            sid: "DeployStacks",
            actions: [
              "CreateStack",
              "UpdateStack",
              "DeleteStack",
              "DescribeStacks",
              "DescribeStackEvents",
              "DescribeStackResources",
              "GetTemplate",
            ].map((action) => `cloudformation:${action}`),
            resources: stackArns,
          },
          {
            sid: "LendRolesToStacks",
            actions: ["iam:PassRole"],
            resources: native.map((place): Text => [arnOf(roleId(place, register))]),
            condition: { StringEquals: { "iam:PassedToService": "cloudformation.amazonaws.com" } },
          },
        ]
      : []),
    ...(stages.some(({ actions }) => actions.some(({ category }) => category === "Approval"))
      ? [{ sid: "AskForApproval", actions: ["sns:Publish"], resources: [[arnOf(ids.approvals)] as Text] }]
      : []),
    ...(stages.some(({ alarms }) => alarms)
      ? [{ sid: "WatchAlarms", actions: ["cloudwatch:DescribeAlarms"], resources: [localArn("cloudwatch", "alarm:*")] }]
      : []),
  ];
  return {
    kind: "role",
    id: register.id(line.name, "pipeline role"),
    comment: [],
    service: "codepipeline.amazonaws.com",
    statements,
  };
}

/** For people: who has this policy may answer. */
function approversOf({ line, stages }: LineStages, register: Register): Resource[] {
  return line.environments.flatMap((environment): Resource[] => {
    const stage = stages.find(({ name }) => name === `Approve-${environment.name}`);
    if (stage === undefined) return [];
    const who = environment.approval!.reviewers;
    return [
      {
        kind: "policy",
        id: register.id("approve", environment.name, "policy"),
        comment: [
          `Attach it to ${who.length > 0 ? who.join(", ") : "whoever may approve"}: CodePipeline asks IAM who may answer.`,
        ],
        description: `May approve and reject releases of ${line.name} for ${environment.name}`,
        statements: [
          {
            sid: "See",
            actions: ["codepipeline:GetPipeline", "codepipeline:GetPipelineState", "codepipeline:GetPipelineExecution"],
            resources: [localArn("codepipeline", line.name)],
          },
          {
            sid: "Answer",
            actions: ["codepipeline:PutApprovalResult"],
            resources: [localArn("codepipeline", `${line.name}/${stage.name}/${stage.actions[0]!.name}`)],
          },
        ],
      },
    ];
  });
}

function schedulesOf(lines: readonly LineStages[], register: Register): Resource[] {
  return lines.flatMap(({ line }) => {
    const wanted = line.pipelines.flatMap(({ triggers }) => triggers.schedules);
    const expressions = [...new Set(wanted.flatMap(eventBridgeCron))];
    if (expressions.length === 0) return [];
    const role: Role = {
      kind: "role",
      id: register.id(line.name, "schedule role"),
      comment: [],
      service: "events.amazonaws.com",
      statements: [
        {
          sid: "Start",
          actions: ["codepipeline:StartPipelineExecution"],
          resources: [localArn("codepipeline", line.name)],
        },
      ],
    };
    const rules = expressions.map(
      (expression, index): Schedule => ({
        kind: "schedule",
        id: register.id(line.name, "schedule", String(index + 1)),
        comment: [],
        description: `Starts ${line.name}`,
        expression,
        pipeline: register.id(line.name, "pipeline"),
        role: role.id,
      }),
    );
    return [role, ...rules];
  });
}

interface Work {
  readonly resources: readonly Resource[];
  readonly buildspec?: { path: string; text: string };
  readonly policy?: ParameterSpec;
}

/** What a job has of its own: a role, and a project with its log where a machine runs it. */
function workOf(place: JobPlace, register: Register): Work {
  const { options, pipeline, name, job, environment } = place;
  const native = nativeStack(place, register) !== undefined;
  const where = environment === undefined ? "once for each release" : `in ${environment.name}`;
  const { statements, untold } = permissionsOf(place, native ? "as a stack" : "on a machine");
  const policy: ParameterSpec | undefined =
    untold.length === 0
      ? undefined
      : {
          id: register.id(...wordsOf(place), "policy arn"),
          description: `ARN of a policy with what ${pipeline.name}.${name} may do ${where} (${untold.join(", ")}).`,
          pattern: "^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$",
          patternMeaning: "the ARN of a policy",
        };
  const role = (all: readonly Statement[], service: string): Role => ({
    kind: "role",
    id: roleId(place, register),
    comment: [`${pipeline.name}.${name}, ${where}`],
    service,
    statements: all,
    ...(policy && { policyParameter: policy.id }),
  });
  if (native) return { resources: [role(statements, "cloudformation.amazonaws.com")], ...(policy && { policy }) };
  const projectName = register.project(place);
  const logs = register.id(...wordsOf(place), "logs");
  const buildspec = path(options.folder, "buildspecs", `${pipeline.name}-${name}.yml`);
  const cache = cachePaths(job).length > 0 ? `cache/${projectName}` : undefined;
  const own: Statement[] = [
    {
      sid: "Log",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [localArn("logs", `log-group:/aws/codebuild/${projectName}:*`)],
    },
    { sid: "FindArtifacts", actions: ["s3:GetBucketLocation", "s3:GetBucketAcl"], resources: [[arnOf(bucketId)]] },
    { sid: "TakeArtifacts", actions: ["s3:GetObject", "s3:GetObjectVersion"], resources: [text`${arnOf(bucketId)}/*`] },
    ...(Object.keys(job.artifacts).length > 0
      ? [{ sid: "LeaveArtifacts", actions: ["s3:PutObject"], resources: artifactKeys(place, register) }]
      : []),
    ...(cache === undefined
      ? []
      : [{ sid: "KeepCache", actions: ["s3:PutObject"], resources: [text`${arnOf(bucketId)}/${cache}/*`] }]),
  ];
  return {
    ...(policy && { policy }),
    buildspec: { path: buildspec, text: buildspecText(place, register) },
    resources: [
      role([...own, ...statements], "codebuild.amazonaws.com"),
      { kind: "logs", id: logs, comment: [], name: `/aws/codebuild/${projectName}`, retentionDays: 90 },
      {
        kind: "project",
        id: projectId(place, register),
        comment: [],
        name: projectName,
        description: `${pipeline.name}.${name}, ${where}`,
        role: roleId(place, register),
        logs,
        image: options.settings.image,
        buildspec: path(options.root, buildspec),
        timeoutMinutes: Math.min(2160, Math.max(5, Math.ceil(job.timeoutMs / 60_000))),
        variables: new JobValues(place).settled,
        cache,
      },
    ],
  };
}

/** CodePipeline shortens the names of the pipeline and of the artifact in keys, to twenty and ten characters. */
function artifactKeys(place: JobPlace, register: Register): Text[] {
  return [text`${arnOf(bucketId)}/${place.line.name.slice(0, 20)}*/${register.artifact(place).slice(0, 10)}*`];
}
