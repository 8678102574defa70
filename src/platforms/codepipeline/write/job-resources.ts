import { bucketOf, folderOf } from "./artifact-bucket.ts";
import { buildspecText, cachePaths } from "./buildspec.ts";
import { sourceArtifact } from "./fixed-names.ts";
import type { ParameterSpec, Resource, Role, Statement } from "./infrastructure.ts";
import { projectId, roleId, wordsOf } from "./job-ids.ts";
import type { JobPlace, Register } from "./job-place.ts";
import { JobValues } from "./job-values.ts";
import { artifactSource } from "./known-values.ts";
import { machineOf, networkStatements } from "./machines.ts";
import { path } from "./names.ts";
import { nativeStack } from "./native.ts";
import { nativeUpload } from "./native-upload.ts";
import { permissionsOf } from "./permissions.ts";
import { deploysSet, recordsStatements, recordsVariables } from "./separate/handed.ts";
import { targetVariables } from "./target-commands.ts";
import { jobRoleName, roleArnIn, targetOfPlace } from "./targets.ts";
import { arnOf, type Text, text } from "./text.ts";

export interface JobResources {
  readonly resources: readonly Resource[];
  readonly buildspec?: { path: string; text: string };
  readonly policy?: ParameterSpec;
  /** Its role in the account of its environment, when that is another one. */
  readonly elsewhere?: { readonly account: string; readonly role: Role; readonly policy?: ParameterSpec };
}

/** What a job has of its own: a role, and a project with its log where a machine runs it. */
export function jobResourcesOf(place: JobPlace, register: Register): JobResources {
  const { options, pipeline, name, job, environment } = place;
  // What an upload may do is a matter of who does it: the pipeline's role, or that of the environment's account.
  if (nativeUpload(place, register) !== undefined) return { resources: [] };
  const native = nativeStack(place, register) !== undefined;
  const isCheck = place.line.runsFor === "pull requests";
  const once = isCheck ? "for pull requests" : "once for each release";
  const where = environment === undefined ? once : `in ${environment.name}`;
  const bucket = bucketOf(place.line);
  const { handOver, statements, untold } = permissionsOf(place, native ? "as a stack" : "on a machine");
  const policy: ParameterSpec | undefined =
    untold.length === 0
      ? undefined
      : {
          id: register.id(...wordsOf(place), "policy arn"),
          description: `ARN of a policy with what ${pipeline.name}.${name} may do ${where} (${untold.join(", ")}).`,
          pattern: "^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$",
          patternMeaning: "the ARN of a policy",
        };
  const role = (all: readonly Statement[]) => ({
    kind: "role" as const,
    id: roleId(place, register),
    comment: [`${pipeline.name}.${name}, ${where}`],
    statements: all,
    ...(policy && { policyParameter: policy.id }),
  });
  const target = targetOfPlace(place);
  const isAbroad = target?.elsewhere === "account";
  const stackRole = (): Role => ({
    ...role(statements),
    service: "cloudformation.amazonaws.com",
    ...(isAbroad && { name: jobRoleName(place, register) }),
  });
  const told = { ...(policy && { policy }) };
  if (native && isAbroad) return { resources: [], elsewhere: { account: target.account, role: stackRole(), ...told } };
  if (native) return { resources: [stackRole()], ...told };
  const projectName = register.project(place);
  const logs = register.id(...wordsOf(place), "logs");
  const commands = buildspecText(place, register);
  // For a pull request a build does the same, but for what it publishes.
  const isOther =
    isCheck && commands !== buildspecText({ ...place, line: { ...place.line, runsFor: "pushes" } }, register);
  const folder = path(options.folder, "buildspecs", isOther ? "checks" : "");
  const buildspec = path(folder, `${pipeline.name}-${name}.yml`);
  const cache = cachePaths(job).length > 0 ? `cache/${projectName}` : undefined;
  const machine = machineOf(place);
  const own: Statement[] = [
    {
      sid: "Log",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [[arnOf(logs)]],
    },
    {
      sid: "FindArtifacts",
      actions: ["s3:GetBucketLocation", "s3:GetBucketAcl"],
      resources: [[arnOf(bucket)]],
    },
    {
      sid: "TakeArtifacts",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [
        ...takenBy(place, register).map((artifact) => artifactKeys(place, artifact)),
        ...(cache === undefined ? [] : [text`${arnOf(bucket)}/${cache}/*`]),
      ],
    },
    ...recordsStatements(place),
    ...networkStatements(machine),
    ...(Object.keys(job.artifacts).length > 0 && !deploysSet(place)
      ? [
          {
            sid: "LeaveArtifacts",
            actions: ["s3:PutObject"],
            resources: [artifactKeys(place, register.artifact(place))],
          },
        ]
      : []),
    ...(cache === undefined
      ? []
      : [{ sid: "KeepCache", actions: ["s3:PutObject"], resources: [text`${arnOf(bucket)}/${cache}/*`] }]),
  ];
  const lent: Role | undefined = isAbroad
    ? {
        ...role(statements),
        name: jobRoleName(place, register),
        lentTo: {
          account: options.settings.home!.account,
          role: `${options.settings.rolePath}${jobRoleName(place, register)}`,
        },
      }
    : undefined;
  const acting: readonly Statement[] = isAbroad
    ? [
        {
          sid: "ActElsewhere",
          actions: ["sts:AssumeRole"],
          resources: [roleArnIn(target, jobRoleName(place, register), options.settings)],
        },
      ]
    : statements;
  const { policyParameter: _policy, ...ofTheBuild } = role([...own, ...handOver, ...acting]);
  return {
    ...(lent ? { elsewhere: { account: target!.account, role: lent, ...told } } : told),
    buildspec: { path: buildspec, text: commands },
    resources: [
      {
        ...ofTheBuild,
        service: "codebuild.amazonaws.com",
        ...(policy && !isAbroad && { policyParameter: policy.id }),
      },
      { kind: "logs", id: logs, comment: [], name: `/aws/codebuild/${projectName}`, retentionDays: 90 },
      {
        kind: "project",
        id: projectId(place, register),
        comment: [],
        name: projectName,
        role: roleId(place, register),
        logs,
        machine,
        buildspec: path(options.root, buildspec),
        timeoutMinutes: Math.min(2160, Math.max(5, Math.ceil(job.timeoutMs / 60_000))),
        variables: [...new JobValues(place).settled, ...recordsVariables(place), ...targetVariables(place, register)],
        cache: cache === undefined ? undefined : { bucket, path: cache },
      },
    ],
  };
}

/** CodePipeline shortens the names of artifacts in keys, to ten characters. */
const artifactKeys = ({ line }: JobPlace, artifact: string): Text =>
  text`${arnOf(bucketOf(line))}/${folderOf(line)}/${artifact.slice(0, 10)}*`;

/** Artifacts of the run that a build is given: its source, and those of the jobs that it uses. */
export const takenBy = (place: JobPlace, register: Register): string[] => [
  sourceArtifact,
  ...(deploysSet(place)
    ? []
    : new Set(place.job.uses.map(({ artifact }) => register.artifact(artifactSource(artifact, place).from)))),
];
