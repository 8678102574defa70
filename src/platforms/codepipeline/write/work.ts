import { artifactBucket } from "./artifact-bucket.ts";
import { buildspecText, cachePaths } from "./buildspec.ts";
import type { ParameterSpec, Resource, Role, Statement } from "./document.ts";
import type { JobPlace, Register } from "./job-place.ts";
import { JobValues } from "./job-values.ts";
import { path } from "./names.ts";
import { nativeStack } from "./native.ts";
import { permissionsOf } from "./permissions.ts";
import { projectId, roleId, wordsOf } from "./stages.ts";
import { arnOf, localArn, type Text, text } from "./text.ts";

export interface Work {
  readonly resources: readonly Resource[];
  readonly buildspec?: { path: string; text: string };
  readonly policy?: ParameterSpec;
}

/** What a job has of its own: a role, and a project with its log where a machine runs it. */
export function workOf(place: JobPlace, register: Register): Work {
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
    {
      sid: "FindArtifacts",
      actions: ["s3:GetBucketLocation", "s3:GetBucketAcl"],
      resources: [[arnOf(artifactBucket.id)]],
    },
    {
      sid: "TakeArtifacts",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [text`${arnOf(artifactBucket.id)}/*`],
    },
    ...(Object.keys(job.artifacts).length > 0
      ? [{ sid: "LeaveArtifacts", actions: ["s3:PutObject"], resources: artifactKeys(place, register) }]
      : []),
    ...(cache === undefined
      ? []
      : [{ sid: "KeepCache", actions: ["s3:PutObject"], resources: [text`${arnOf(artifactBucket.id)}/${cache}/*`] }]),
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
  return [text`${arnOf(artifactBucket.id)}/${place.line.name.slice(0, 20)}*/${register.artifact(place).slice(0, 10)}*`];
}
