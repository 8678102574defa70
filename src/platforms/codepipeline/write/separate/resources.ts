/** What sets of pipelines share: the bucket with their records, the function that keeps it, and the builds that leave candidates. */

import { artifactBucket } from "../artifact-bucket.ts";
import { namesIn, ruleName } from "../events.ts";
import { starterOf } from "../functions/changes.ts";
import { isChatting, toldTopics, toldVariables } from "../functions/chat.ts";
import { functionResources, gaveUp } from "../functions/function-resources.ts";
import type { Bucket, Machine, Resource, Statement } from "../infrastructure.ts";
import type { Register } from "../job-place.ts";
import { path } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import type { ReleaseLine } from "../release-lines.ts";
import { sourceOf } from "../sources.ts";
import type { LineStages } from "../stages.ts";
import { arnOf, localArn, nameOf, type Text, text } from "../text.ts";
import { keptId } from "./handed.ts";
import { keepBuildspecPath } from "./keep.ts";
import { releasesPlan } from "./plan.ts";
import { releasesProgram } from "./program.ts";
import { keepProjectId, releasesId } from "./stages.ts";

const bucket: Bucket = {
  kind: "bucket",
  id: keptId,
  comment: [
    "What builds have left, which releases were made of it, and what is where. What nobody can come back to is tagged, and goes.",
  ],
  prefix: "pipeline-releases-",
  expireDays: undefined,
  unneeded: { tag: "baton:needed", value: "no" },
  cache: undefined,
};

/** Small and without anything of the team's: it packs and counts. */
const machine: Machine = {
  image: "aws/codebuild/amazonlinux-x86_64-standard:5.0",
  type: "LINUX_CONTAINER",
  compute: "BUILD_GENERAL1_SMALL",
  isPrivileged: false,
  fleet: undefined,
  vpc: undefined,
};

interface Around {
  readonly delivery: string;
  readonly register: Register;
  readonly options: WriteOptions;
}

/** None without sets. */
export function releasesResources(lines: readonly LineStages[], around: Around): Resource[] {
  const joined = lines.filter(({ line }) => line.joined);
  if (joined.length === 0) return [];
  const building = joined.filter(({ line }) => line.joined!.does === "builds");
  return [bucket, ...building.flatMap(({ line }) => keepResources(line, around)), ...functionOf(joined, around)];
}

/** Of the function that makes releases. */
export const releasesName = (delivery: string) => `${delivery}-releases`;

function functionOf(joined: readonly LineStages[], { delivery, options }: Around): Resource[] {
  const name = releasesName(delivery);
  const { settings } = options;
  const arn = ({ line }: LineStages): Text => localArn("codepipeline", line.name);
  const deploying = joined.filter(({ line }) => line.joined!.does === "deploys");
  const approvals = deploying.filter(({ line }) => line.environments[0]!.approval);
  const statements: Statement[] = [
    { sid: "FindRecords", actions: ["s3:ListBucket", "s3:ListBucketVersions"], resources: [[arnOf(bucket.id)]] },
    { sid: "ReadRecords", actions: ["s3:GetObject"], resources: [text`${arnOf(bucket.id)}/*`] },
    {
      sid: "KeepRecords",
      actions: ["s3:PutObject"],
      // What builds have left is not its to write.
      resources: ["releases/*", "environments/*", "commits/*/contents-*"].map(
        (keys) => text`${arnOf(bucket.id)}/${keys}`,
      ),
    },
    {
      sid: "MarkWhatNobodyNeeds",
      actions: ["s3:PutObjectVersionTagging", "s3:DeleteObjectTagging"],
      resources: ["artifacts/*", "candidates/*", "commits/*", "environments/*/artifacts/*"].map(
        (keys) => text`${arnOf(bucket.id)}/${keys}`,
      ),
    },
    {
      sid: "LookAndStart",
      actions: ["codepipeline:ListPipelineExecutions", "codepipeline:StartPipelineExecution"],
      resources: joined.map(arn),
    },
    { sid: "Stop", actions: ["codepipeline:StopPipelineExecution"], resources: deploying.map(arn) },
    ...(approvals.length === 0
      ? []
      : [
          { sid: "SeeWhoWaits", actions: ["codepipeline:GetPipelineState"], resources: approvals.map(arn) },
          {
            sid: "AnswerOlderRequests",
            actions: ["codepipeline:PutApprovalResult"],
            resources: approvals.map(({ line }) => {
              const environment = line.environments[0]!.name;
              return localArn("codepipeline", `${line.name}/Approve-${environment}/approve-${environment}`);
            }),
          },
        ]),
    {
      sid: "Answer",
      actions: ["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"],
      // The service knows no resources for these.
      resources: ["*"],
    },
    { sid: "Tell", actions: ["sns:Publish"], resources: toldTopics(settings) },
  ];
  const names = joined.map(({ line }) => line.name);
  return [
    ...functionResources({
      id: releasesId,
      comment: ["Makes releases of what was built, and starts what deploys them. Keeps no lock: stages do."],
      name,
      description: "Makes releases, and starts what deploys them",
      file: "releases.js",
      timeoutSeconds: 120,
      memoryMb: 512,
      statements,
      source: releasesProgram(releasesPlan(joined), {
        revisionType: sourceOf(settings).revisionType,
        chats: isChatting(settings),
      }),
      variables: { BUCKET: [nameOf(bucket.id)], ...toldVariables(settings) },
    }),
    {
      kind: "rule",
      id: "RunEnded",
      comment: ["An event only says when to look: one that is lost costs time."],
      name: ruleName(delivery, "RunEnded"),
      description: "Looks whether something is to be released or deployed",
      pattern: {
        source: ["aws.codepipeline"],
        "detail-type": ["CodePipeline Pipeline Execution State Change"],
        detail: {
          pipeline: namesIn(names, delivery),
          state: ["SUCCEEDED", "FAILED", "STOPPED", "CANCELED", "SUPERSEDED"],
        },
      },
      target: { kind: "function", id: releasesId },
    },
    {
      kind: "schedule",
      id: "EveryTenMinutes",
      comment: ["What an event did not say, a start that was refused, a build that nobody has begun."],
      description: "Looks whether something is to be released or deployed",
      expression: "rate(10 minutes)",
      target: { kind: "function", id: releasesId },
    },
    gaveUp("ReleasesAlarm", {
      delivery,
      of: releasesId,
      description: "The function that releases and deploys failed at every attempt: see its log",
    }),
  ];
}

function keepResources(line: ReleaseLine, { delivery, register, options }: Around): Resource[] {
  const { name } = line.pipelines[0]!;
  const root = path(options.root);
  const project = `${line.name}-keep`;
  const starter = starterOf(line, { delivery, options });
  const [role, logs] = [register.id(line.name, "keep role"), register.id(line.name, "keep logs")];
  const { branch } = line;
  const statements: Statement[] = [
    {
      sid: "Log",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [[arnOf(logs)]],
    },
    {
      sid: "FindArtifacts",
      actions: ["s3:GetBucketLocation", "s3:GetBucketAcl"],
      resources: [[arnOf(artifactBucket.id)]],
    },
    {
      sid: "TakeArtifacts",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      // CodePipeline shortens the name in keys, to twenty characters.
      resources: [text`${arnOf(artifactBucket.id)}/${line.name.slice(0, 20)}*`],
    },
    {
      sid: "LeaveCandidate",
      actions: ["s3:PutObject"],
      resources: ["artifacts/*", `commits/${branch}/*/files`, `candidates/${branch}/${name}/*`].map(
        (keys) => text`${arnOf(bucket.id)}/${keys}`,
      ),
    },
    {
      sid: "SeeWhenItBegan",
      actions: ["codepipeline:ListPipelineExecutions"],
      resources: [localArn("codepipeline", line.name)],
    },
  ];
  const plain = (variable: string, value: Text) => ({ name: variable, type: "PLAINTEXT" as const, value });
  return [
    {
      kind: "role",
      id: role,
      comment: [`Leaves candidates of ${name}`],
      service: "codebuild.amazonaws.com",
      statements,
    },
    { kind: "logs", id: logs, comment: [], name: `/aws/codebuild/${project}`, retentionDays: 90 },
    {
      kind: "project",
      id: keepProjectId(line, register),
      comment: [],
      name: project,
      role,
      logs,
      machine,
      buildspec: path(root, keepBuildspecPath(options)),
      timeoutMinutes: 30,
      variables: [
        plain("BATON_BUCKET", [nameOf(bucket.id)]),
        plain("BATON_BRANCH", branch),
        plain("BATON_PIPELINE", name),
        plain("BATON_CODEPIPELINE", line.name),
        plain("BATON_FUNCTION", releasesName(delivery)),
        ...(starter === undefined ? [] : [plain("BATON_STARTER", starter)]),
        // An empty value is refused by CodeBuild.
        ...(root === "" ? [] : [plain("BATON_ROOT", root)]),
      ],
      cache: undefined,
    },
  ];
}
