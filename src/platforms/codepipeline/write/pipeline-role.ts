import { artifactBucket } from "./artifact-bucket.ts";
import type { Role, Statement } from "./document.ts";
import { ids } from "./fixed-names.ts";
import { handOverId } from "./hand-over/ids.ts";
import type { Register } from "./job-place.ts";
import { nativeStack } from "./native.ts";
import { type LineStages, projectId, roleId } from "./stages.ts";
import { arnOf, localArn, parameter, type Text, text } from "./text.ts";

/** The role of a pipeline itself: it hands artifacts on, and starts what does the work. */
export function pipelineRole({ line, stages, places }: LineStages, register: Register): Role {
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
      resources: [[arnOf(artifactBucket.id)]],
    },
    {
      sid: "HandArtifactsOn",
      actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
      resources: [text`${arnOf(artifactBucket.id)}/*`],
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
    ...(stages.some(({ actions }) => actions.some(({ category }) => category === "Invoke"))
      ? [{ sid: "HandOver", actions: ["lambda:InvokeFunction"], resources: [[arnOf(handOverId)] as Text] }]
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
