/**
 * What is to exist on AWS so that a delivery runs there, in no format: each printer turns it into its own. Lists are in
 * the order in which they are printed. Resources name each other by `id`, which is also their logical id.
 */
import type { Settings } from "./options.ts";
import type { Plan } from "./separate/program/releases.cjs";
import type { Text } from "./text.ts";

export interface Infrastructure {
  readonly delivery: string;
  readonly description: string;
  readonly parameters: readonly ParameterSpec[];
  readonly resources: readonly Resource[];
  /** By id: what is there already, and is referred to as resources are. */
  readonly existing: Readonly<Record<string, Existing>>;
  /** What people want to know of a created stack. */
  readonly outputs: readonly { readonly id: string; readonly description: string; readonly value: Text }[];
  readonly tags: Readonly<Record<string, string>>;
  readonly buildspecs: readonly { readonly path: string; readonly text: string }[];
  readonly notes: readonly string[];
  /** What the function knows that releases sets of pipelines; empty without sets. */
  readonly releases: Plan;
  /** Where it is to exist; undefined: wherever who creates it says. */
  readonly home?: { readonly account: string; readonly region?: string } | undefined;
  /** What is to exist in other accounts and regions, before this. */
  readonly remoteStacks: readonly RemoteStack[];
}

export interface Existing {
  readonly arn: Text;
  readonly name: string;
}

export interface RemoteStack {
  /** `target-111122223333`, `region-eu-west-1`. */
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly infrastructure: Infrastructure;
}

export interface ParameterSpec {
  readonly id: string;
  readonly description: string;
  readonly pattern?: string;
  readonly patternMeaning?: string;
  readonly default?: string;
}

interface Base {
  readonly id: string;
  /** Why it is there: lines above it. */
  readonly comment: readonly string[];
}

export type Resource =
  | Key
  | Bucket
  | Role
  | ManagedPolicy
  | LogGroup
  | Project
  | PipelineResource
  | Topic
  | ChatChannel
  | EventRule
  | Schedule
  | LambdaFunction
  | Alarm
  | Dashboard;

/** A statement in a policy of a resource, as it is printed; texts in it are filled in. */
export type PolicyStatement = Readonly<Record<string, unknown>>;

/** Customer-managed, rotated every year. */
export interface Key extends Base {
  readonly kind: "key";
  readonly description: string;
  /** `alias/…`. */
  readonly alias: string;
  readonly policy: readonly PolicyStatement[];
}

/** What can be encrypted with a key of the document. */
interface Encrypted extends Base {
  /** Absent: with the key that the service manages, where it has one. */
  readonly key?: string;
}

/** Private, encrypted, versioned, reached over TLS only. */
export interface Bucket extends Encrypted {
  readonly kind: "bucket";
  /** Where other accounts name it; otherwise S3 makes one up. */
  readonly name?: string;
  /** Lets roles of other accounts in. */
  readonly grants?: readonly PolicyStatement[];
  /** Where Terraform lets the name begin. */
  readonly prefix: string;
  /** What is older is removed; undefined: only what something newer has taken the place of. */
  readonly expireDays: number | undefined;
  /** Objects with this tag are removed. */
  readonly unneeded?: { readonly tag: string; readonly value: string };
  /** Name of the bucket that is told of every access. */
  readonly logsTo?: string;
  /** Objects under this path are removed when nobody wrote them again for so long. */
  readonly cache: { readonly prefix: string; readonly expireDays: number } | undefined;
}

export interface Statement {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly Text[];
  /** Operator, key, value or values. */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, Text | readonly Text[]>>>>;
}

export type Role = ServiceRole | LentRole;

interface AnyRole extends Base {
  readonly kind: "role";
  /** Where another account or a key names it; otherwise IAM makes one up. */
  readonly name?: string;
  readonly statements: readonly Statement[];
  /** ARN of the policy that no policy of the role goes beyond. */
  readonly boundary?: Text;
  /** Its place in IAM; absent: `/`. */
  readonly path?: string;
  /** Parameter with the ARN of a policy that the team writes. */
  readonly policyParameter?: string;
}

export interface ServiceRole extends AnyRole {
  /** `codebuild.amazonaws.com`. */
  readonly service: string;
}

/** For a role of another account, and for nobody else there. */
export interface LentRole extends AnyRole {
  readonly name: string;
  /** `role`: its path and name. */
  readonly lentTo: { readonly account: string; readonly role: string };
}

/** For people: attached to whom it concerns. */
export interface ManagedPolicy extends Base {
  readonly kind: "policy";
  readonly description: string;
  /** Its place in IAM; absent: `/`. */
  readonly path?: string;
  readonly statements: readonly Statement[];
}

export interface LogGroup extends Encrypted {
  readonly kind: "logs";
  readonly name: string;
  readonly retentionDays: number;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly type: "PLAINTEXT" | "PARAMETER_STORE" | "SECRETS_MANAGER";
  readonly value: string;
}

/** Of every build of a project; its value may be known to AWS only. */
export interface ProjectVariable {
  readonly name: string;
  readonly type: EnvironmentVariable["type"];
  readonly value: Text;
}

export interface Machine {
  readonly image: string;
  readonly type: "LINUX_CONTAINER" | "ARM_CONTAINER";
  /** `BUILD_GENERAL1_SMALL`. */
  readonly compute: string;
  readonly isPrivileged: boolean;
  /** ARN. */
  readonly fleet: string | undefined;
  readonly vpc:
    | { readonly id: string; readonly subnets: readonly string[]; readonly securityGroups: readonly string[] }
    | undefined;
}

export interface Project extends Encrypted {
  readonly kind: "project";
  readonly name: string;
  readonly role: string;
  readonly logs: string;
  readonly machine: Machine;
  /** File in the source, relative to the repository. */
  readonly buildspec: string;
  readonly timeoutMinutes: number;
  readonly variables: readonly ProjectVariable[];
  /** Bucket, and path in it; undefined: nothing is worth keeping. */
  readonly cache: { readonly bucket: string; readonly path: string } | undefined;
}

export interface PipelineResource extends Encrypted {
  readonly kind: "pipeline";
  readonly name: string;
  readonly role: string;
  readonly bucket: string;
  /** Where artifacts are kept in each region that actions act in, its own among them. None: in its bucket only. */
  readonly stores: readonly Store[];
  readonly executionMode: "QUEUED" | "SUPERSEDED" | "PARALLEL";
  readonly variables: readonly { readonly name: string; readonly default?: string; readonly description: string }[];
  readonly triggers: readonly Trigger[];
  readonly stages: readonly Stage[];
  /** Of what it builds or deploys. */
  readonly branch: string;
}

export interface Store {
  readonly region: string;
  /** Name of the bucket. */
  readonly bucket: Text;
  /** ARN of the key. */
  readonly key: Text | undefined;
}

export interface Trigger {
  /** Action of the source. */
  readonly source: string;
  /** What happens: pushes, also of tags, or these events of pull requests. */
  readonly on: "push" | readonly ("OPEN" | "UPDATED")[];
  /** Pushed to, or to be merged into; none: tags. */
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  /** None: every path. */
  readonly paths: readonly string[];
}

export interface Stage {
  readonly name: string;
  readonly comment: readonly string[];
  /** Entered only when this variable has this value; else the run goes on without the stage. */
  readonly entry?: { readonly variable: string; readonly equals: string };
  readonly actions: readonly Action[];
  readonly onFailure?: "ROLLBACK";
  /** Rings within so many minutes after the stage: rolled back. */
  readonly alarms?: { readonly names: readonly string[]; readonly minutes: number };
}

export interface Action {
  readonly name: string;
  readonly category: "Source" | "Build" | "Deploy" | "Approval" | "Invoke";
  readonly provider:
    | "CodeStarSourceConnection"
    | "CodeCommit"
    | "CodeBuild"
    | "CloudFormation"
    | "S3"
    | "Manual"
    | "Lambda";
  readonly runOrder: number;
  readonly configuration: Readonly<Record<string, Text>>;
  readonly namespace?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly timeoutMinutes?: number;
  /** ARN of the role in which it acts. Absent: that of the pipeline. */
  readonly role?: string;
  /** Absent: that of the pipeline. */
  readonly region?: string;
  /** `pipeline.job` of the model; absent for what surrounds them. */
  readonly job?: string;
}

export interface Topic extends Encrypted {
  readonly kind: "topic";
  readonly name: string;
  /** Parameter with the address of who is told; empty: nobody yet. Absent: nobody is told by mail. */
  readonly emailParameter?: string;
  /** Services that may publish for this account, beside its roles. */
  readonly publishers: readonly string[];
}

/** A channel in which Amazon Q Developer in chat applications shows what topics are told. */
export interface ChatChannel extends Base {
  readonly kind: "chat";
  readonly name: string;
  readonly channel: Settings["chat"][number];
  /** In which it acts for people in the channel. */
  readonly role: string;
  /** ARN of the policy that nothing done in the channel goes beyond. Without one the service takes that of an administrator. */
  readonly guardrail: Text;
  readonly topics: readonly string[];
}

export type Pattern = Readonly<Record<string, unknown>>;

export interface EventRule extends Base {
  readonly kind: "rule";
  readonly name: string;
  readonly description: string;
  /** Event pattern; texts in it are filled in. */
  readonly pattern: Pattern;
  readonly target:
    | { readonly kind: "function"; readonly id: string }
    | { readonly kind: "pipeline"; readonly id: string; readonly role: string };
}

/** Starts a pipeline, or calls a function, at set times. */
export interface Schedule extends Base {
  readonly kind: "schedule";
  readonly description: string;
  /** `cron(…)` of EventBridge, UTC, or `rate(…)`. */
  readonly expression: string;
  readonly target:
    | { readonly kind: "pipeline"; readonly id: string; readonly role: string }
    | { readonly kind: "function"; readonly id: string };
}

export interface LambdaFunction extends Base {
  readonly kind: "function";
  readonly name: string;
  readonly description: string;
  /** What its source is called where it is a file of its own. */
  readonly file: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly role: string;
  readonly logs: string;
  readonly runtime: string;
  readonly source: string;
  readonly variables: Readonly<Record<string, Text>>;
}

export interface Alarm extends Base {
  readonly kind: "alarm";
  /** Where the format gives it one. */
  readonly name: string;
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, Text>>;
  readonly topic: string;
}

export interface Dashboard extends Base {
  readonly kind: "dashboard";
  readonly name: string;
  readonly widgets: readonly Widget[];
}

export interface Widget {
  readonly title: string;
  /** `[namespace, metric, dimension name, dimension value]`. */
  readonly metrics: readonly (readonly [string, string, string, string])[];
  readonly statistic: "Sum" | "Maximum" | "Average";
}
