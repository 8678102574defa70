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
  // What an upload may do is a matter of who does it: the pipeline's role, or that of the environment's account.
  if (nativeUpload(place, register) !== undefined) return { resources: [] };
  return nativeStack(place, register) === undefined ? buildOf(place, register) : stackOf(place, register);
}

function stackOf(place: JobPlace, register: Register): JobResources {
  const { statements, untold } = permissionsOf(place, "as a stack");
  const policy = policyOf(place, untold, register);
  const target = targetOfPlace(place);
  const isAbroad = target?.elsewhere === "account";
  const role: Role = {
    ...roleOf(place, { register, statements, policy }),
    service: "cloudformation.amazonaws.com",
    ...(isAbroad && { name: jobRoleName(place, register) }),
  };
  const told = policy && { policy };
  return isAbroad
    ? { resources: [], elsewhere: { account: target.account, role, ...told } }
    : { resources: [role], ...told };
}

function buildOf(place: JobPlace, register: Register): JobResources {
  const { options, pipeline, name, job } = place;
  const { handOver, statements, untold } = permissionsOf(place, "on a machine");
  const policy = policyOf(place, untold, register);
  const target = targetOfPlace(place);
  const abroad = target?.elsewhere === "account" ? target : undefined;
  const projectName = register.project(place);
  const logs = register.id(...wordsOf(place), "logs");
  const commands = buildspecText(place, register);
  // For a pull request a build does the same, but for what it publishes.
  const isOther =
    place.line.runsFor === "pull requests" &&
    commands !== buildspecText({ ...place, line: { ...place.line, runsFor: "pushes" } }, register);
  const folder = path(options.folder, "buildspecs", isOther ? "checks" : "");
  const buildspec = path(folder, `${pipeline.name}-${name}.yml`);
  const cache = cachePaths(job).length > 0 ? `cache/${projectName}` : undefined;
  const machine = machineOf(place);
  const acting: readonly Statement[] = abroad
    ? [
        {
          sid: "ActElsewhere",
          actions: ["sts:AssumeRole"],
          resources: [roleArnIn(abroad, jobRoleName(place, register), options.settings)],
        },
      ]
    : statements;
  const own = [...buildStatements(place, { register, logs, cache, machine }), ...handOver, ...acting];
  const told = policy && { policy };
  return {
    ...(abroad
      ? { elsewhere: { account: abroad.account, role: lentRole(place, { register, statements, policy }), ...told } }
      : told),
    buildspec: { path: buildspec, text: commands },
    resources: [
      {
        ...roleOf(place, { register, statements: own, policy: abroad ? undefined : policy }),
        service: "codebuild.amazonaws.com",
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
        cache: cache === undefined ? undefined : { bucket: bucketOf(place.line), path: cache },
      },
    ],
  };
}

/** What a job may do that its commands do not tell, which somebody gives it. */
function policyOf(place: JobPlace, untold: readonly string[], register: Register): ParameterSpec | undefined {
  if (untold.length === 0) return undefined;
  return {
    id: register.id(...wordsOf(place), "policy arn"),
    description: `ARN of a policy with what ${place.pipeline.name}.${place.name} may do ${whereOf(place)} (${untold.join(", ")}).`,
    pattern: "^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$",
    patternMeaning: "the ARN of a policy",
  };
}

function whereOf({ line, environment }: JobPlace): string {
  if (environment !== undefined) return `in ${environment.name}`;
  return line.runsFor === "pull requests" ? "for pull requests" : "once for each release";
}

interface RoleNeeds {
  readonly register: Register;
  readonly statements: readonly Statement[];
  readonly policy: ParameterSpec | undefined;
}

function roleOf(place: JobPlace, { register, statements, policy }: RoleNeeds) {
  return {
    kind: "role" as const,
    id: roleId(place, register),
    comment: [`${place.pipeline.name}.${place.name}, ${whereOf(place)}`],
    statements,
    ...(policy && { policyParameter: policy.id }),
  };
}

/** The role in the account of its environment that a build takes on. */
function lentRole(place: JobPlace, needs: RoleNeeds): Role {
  const { settings } = place.options;
  const name = jobRoleName(place, needs.register);
  return {
    ...roleOf(place, needs),
    name,
    lentTo: { account: settings.home!.account, role: `${settings.rolePath}${name}` },
  };
}

interface BuildNeeds {
  readonly register: Register;
  readonly logs: string;
  /** Folder of its cache in the bucket. */
  readonly cache: string | undefined;
  readonly machine: ReturnType<typeof machineOf>;
}

/** What a build may do whatever its commands are. */
function buildStatements(place: JobPlace, { register, logs, cache, machine }: BuildNeeds): Statement[] {
  const bucket = arnOf(bucketOf(place.line));
  const kept = cache === undefined ? [] : [text`${bucket}/${cache}/*`];
  const leaves = Object.keys(place.job.artifacts).length > 0 && !deploysSet(place);
  return [
    { sid: "Log", actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [[arnOf(logs)]] },
    { sid: "FindArtifacts", actions: ["s3:GetBucketLocation", "s3:GetBucketAcl"], resources: [[bucket]] },
    {
      sid: "TakeArtifacts",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [...takenBy(place, register).map((artifact) => artifactKeys(place, artifact)), ...kept],
    },
    ...recordsStatements(place),
    ...networkStatements(machine),
    ...(leaves
      ? [
          {
            sid: "LeaveArtifacts",
            actions: ["s3:PutObject"],
            resources: [artifactKeys(place, register.artifact(place))],
          },
        ]
      : []),
    ...(cache === undefined ? [] : [{ sid: "KeepCache", actions: ["s3:PutObject"], resources: kept }]),
  ];
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
