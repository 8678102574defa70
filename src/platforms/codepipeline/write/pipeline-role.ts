import { bucketOf, folderOf } from "./artifact-bucket.ts";
import { handing } from "./encryption.ts";
import { ids } from "./fixed-names.ts";
import type { Role, Statement, Store } from "./infrastructure.ts";
import { projectId } from "./job-ids.ts";
import type { Register } from "./job-place.ts";
import { limits, policySize } from "./limits.ts";
import { isNative } from "./native-action.ts";
import { uploadStatements } from "./native-upload.ts";
import type { Settings } from "./options.ts";
import { sourceOf } from "./sources.ts";
import { stackStatements } from "./stack-rights.ts";
import type { LineStages } from "./stages.ts";
import { targetOfPlace } from "./targets.ts";
import { arnOf, localArn, partition, type Text, text } from "./text.ts";

export const pipelineRoleId = (line: { readonly name: string }, register: Register): string =>
  register.id(line.name, "pipeline role");

/** The role of a pipeline itself: it hands artifacts on, and starts what does the work. */
export function pipelineRole(
  { line, stages, places }: LineStages,
  { register, stores, settings }: { register: Register; stores: readonly Store[]; settings: Settings },
): Role {
  const natives = places.filter((place) => isNative(place, register));
  const built = places.filter((place) => !natives.includes(place));
  const native = natives.filter((place) => targetOfPlace(place)?.elsewhere !== "account");
  const others = stores.filter(({ bucket }) => typeof bucket === "string");
  const otherKeys = others.flatMap(({ key }) => (key === undefined ? [] : [key]));
  const roles = [...new Set(stages.flatMap(({ actions }) => actions.flatMap(({ role }) => role ?? [])))];
  const actions = stages.flatMap((stage) => stage.actions);
  const functions = [...new Set(actions.flatMap(({ configuration }) => namedIn(configuration.FunctionName)))];
  const projects = [
    ...new Set([
      ...built.map((place) => projectId(place, register)),
      ...actions.flatMap(({ configuration }) => namedIn(configuration.ProjectName)),
    ]),
  ];
  const statements: Statement[] = [
    ...sourceOf(settings).statements(line.branch),
    {
      sid: "FindArtifacts",
      actions: ["s3:GetBucketVersioning", "s3:GetBucketAcl", "s3:GetBucketLocation"],
      resources: [[arnOf(bucketOf(line))], ...others.map(({ bucket }): Text => text`arn:${partition}:s3:::${bucket}`)],
    },
    {
      sid: "HandArtifactsOn",
      actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
      resources: [
        text`${arnOf(bucketOf(line))}/${folderOf(line)}/*`,
        ...others.map(({ bucket }) => text`arn:${partition}:s3:::${bucket}/*`),
      ],
    },
    ...(otherKeys.length > 0 ? [{ sid: "UseKeysElsewhere", actions: handing, resources: otherKeys }] : []),
    ...(roles.length > 0 ? [{ sid: "ActElsewhere", actions: ["sts:AssumeRole"], resources: roles }] : []),
    ...(projects.length > 0
      ? [
          {
            sid: "Build",
            actions: ["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
            resources: projects.map((id): Text => [arnOf(id)]),
          },
        ]
      : []),
    ...stackStatements(native, register),
    ...uploadStatements(native, register),
    ...(functions.length > 0
      ? [{ sid: "HandOver", actions: ["lambda:InvokeFunction"], resources: functions.map((id): Text => [arnOf(id)]) }]
      : []),
    ...(stages.some(({ actions }) => actions.some(({ category }) => category === "Approval"))
      ? [{ sid: "AskForApproval", actions: ["sns:Publish"], resources: [[arnOf(ids.approvals)] as Text] }]
      : []),
    ...(stages.some(({ alarms }) => alarms)
      ? [{ sid: "WatchAlarms", actions: ["cloudwatch:DescribeAlarms"], resources: [localArn("cloudwatch", "alarm:*")] }]
      : []),
  ];
  // Each build by its name, as long as a role has room for all of them.
  const isLong = policySize(statements) > limits.iam.rolePolicy;
  const every = () => localArn("codebuild", `project/${places[0]!.delivery.name}-*`);
  return {
    kind: "role",
    id: pipelineRoleId(line, register),
    comment: [],
    service: "codepipeline.amazonaws.com",
    statements: isLong
      ? statements.map((one) => (one.sid === "Build" ? { ...one, resources: [every()] } : one))
      : statements,
  };
}

/** Ids of the resources that a setting of an action names. */
function namedIn(setting: Text | undefined): string[] {
  if (setting === undefined || typeof setting === "string") return [];
  return setting.flatMap((part) => (typeof part === "object" && "of" in part ? [part.of] : []));
}
