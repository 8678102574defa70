import type { ContextName, EventName, NoticeTopic, OutputType, Weekday } from "./delivery.ts";
import type { Duration } from "./duration.ts";

/**
 * The form people write, in TypeScript or YAML: defaults may be left out and the short forms may be used. The type
 * parameters carry names, so that the compiler refuses a job, output, artifact or environment that does not exist:
 * `Jobs` and `Artifacts` of the own pipeline, `Own` outputs of the own pipeline, `Environments` of the delivery.
 */

declare const checked: unique symbol;

/** `infra.outputs.siteBucket`: an output that exists. */
export interface OutputHandle {
  readonly output: string;
  readonly [checked]: "output";
}

/** `output("url")`: an output of the own pipeline, written by a job that this one needs. */
export interface OwnOutput<Own extends string = string> {
  readonly output: string;
  /** Only here, where no other handle has it, so that the compiler learns names of own outputs from nothing else. */
  readonly [checked]: readonly ["own output", Own];
}

/** `web.artifacts.dist`: an artifact that exists. */
export interface ArtifactHandle {
  readonly artifact: string;
  readonly [checked]: "artifact";
}

export interface SecretReference {
  readonly secret: string;
}

export interface VariableReference {
  readonly variable: string;
}

export interface MatrixReference {
  readonly matrix: string;
}

export interface ContextReference {
  readonly context: ContextName;
}

/** A parameter of the delivery: declared once, used as a value and in conditions. */
export interface ParameterHandle<Name extends string = string> {
  readonly parameter: Name;
  readonly [checked]: "parameter";
}

export type Scalar = string | number | boolean;

/** A list is joined without a separator. */
export type ValueInput<Own extends string = never> =
  | Scalar
  | OutputHandle
  | OwnOutput<Own>
  | SecretReference
  | VariableReference
  | ParameterHandle
  | MatrixReference
  | ContextReference
  | JoinedValue<Own>
  | readonly ValueInput<Own>[];

/** What text`…` makes: a list, which the compiler need not know, so that its complaint is about the name alone. */
export interface JoinedValue<Own extends string = never> {
  readonly [checked]: readonly ["joined", Own];
}

export type EnvInput<Own extends string = never> = Readonly<Record<string, ValueInput<Own>>>;

export type ConditionInput<Environments extends string = string> =
  | { readonly all: readonly ConditionInput<Environments>[] }
  | { readonly any: readonly ConditionInput<Environments>[] }
  | { readonly not: ConditionInput<Environments> }
  | { readonly environment: Environments | readonly Environments[] }
  | { readonly branch: string | readonly string[] }
  | { readonly event: EventName | readonly EventName[] }
  | { readonly parameter: string; readonly equals: Scalar }
  | { readonly variable: string; readonly equals: Scalar };

export interface StepInput<
  Environments extends string = never,
  Own extends string = never,
  Artifacts extends string = never,
> {
  /** Default: the first line of `run`. */
  readonly name?: string | undefined;
  readonly run: string;
  readonly shell?: "bash" | "sh" | undefined;
  readonly env?: EnvInput<Own> | undefined;
  readonly condition?: ConditionInput<Environments> | undefined;
  readonly workingDirectory?: string | undefined;
  readonly timeout?: Duration | undefined;
  readonly continueOnFailure?: boolean | undefined;
  /** Artifacts that the step works with; they are added to what its job uses. */
  readonly uses?: readonly ArtifactUseInput<Artifacts>[] | undefined;
  readonly action?:
    | {
        readonly kind: string;
        readonly inputs?: EnvInput<Own> | undefined;
        readonly publishes?: readonly string[] | undefined;
        /** How it looks whether what it left is still as it was, with variables of its own: by its exit code, 0 yes, 2 no. */
        readonly drift?: { readonly run: string; readonly env?: EnvInput<Own> | undefined } | undefined;
      }
    | undefined;
}

/** The name of an artifact of the own pipeline, a handle of another pipeline's, or either with the place it is laid. */
export type ArtifactUseInput<Artifacts extends string = never> =
  | Artifacts
  | ArtifactHandle
  | { readonly artifact: Artifacts | ArtifactHandle; readonly path?: string | undefined };

export interface ArtifactInput {
  readonly path: string;
}

export interface RetryInput {
  /** Counts the first attempt too. */
  readonly attempts?: number | undefined;
  readonly delay?: Duration | undefined;
  readonly factor?: number | undefined;
  readonly maxDelay?: Duration | undefined;
}

export interface VerifyInput {
  readonly for: Duration;
  readonly every?: Duration | undefined;
}

export interface MatrixInput {
  readonly values?: MatrixValuesInput | undefined;
  readonly include?: readonly Readonly<Record<string, Scalar>>[] | undefined;
  readonly exclude?: readonly Readonly<Record<string, Scalar>>[] | undefined;
  readonly failFast?: boolean | undefined;
  readonly maxParallel?: number | undefined;
}

export type MatrixValuesInput = Readonly<Record<string, readonly Scalar[]>>;

export interface ConcurrencyInput<Own extends string = never> {
  readonly group: ValueInput<Own>;
  readonly limit?: number | undefined;
}

/** One label, a list of which the machine has all, or a group of machines with labels or without. */
export type RunsOnInput =
  | LabelInput
  | readonly LabelInput[]
  | {
      readonly labels?: LabelInput | readonly LabelInput[] | undefined;
      readonly group?: LabelInput | JoinedValue | undefined;
    };

/** Known before the job starts. */
type LabelInput = string | MatrixReference | VariableReference | ParameterHandle;

/** An image alone, or with what it is started with. */
export type ContainerInput<Own extends string = never> = ValueInput<Own> | ContainerForm<Own>;

interface ContainerForm<Own extends string = never> {
  readonly image: ValueInput<Own>;
  readonly env?: EnvInput<Own> | undefined;
  /** Of `docker create`. */
  readonly options?: string | undefined;
  readonly credentials?: { readonly username: ValueInput<Own>; readonly password: SecretReference } | undefined;
}

export type ServiceInput<Own extends string = never> =
  | ValueInput<Own>
  | (ContainerForm<Own> & { readonly ports?: readonly (number | string)[] | undefined });

export interface ToolInput {
  readonly name: string;
  readonly version?: string | undefined;
}

export interface JobInput<
  Jobs extends string = string,
  Artifacts extends string = string,
  Environments extends string = string,
  Own extends string = string,
> {
  readonly per?: "release" | "environment" | undefined;
  readonly needs?: NoInfer<Jobs> | readonly NoInfer<Jobs>[] | undefined;
  readonly deploys?: boolean | undefined;
  /** What it does that no rollback undoes: "drops a column". Said before a rollback, and no rollback goes over it by itself. */
  readonly irreversible?: string | undefined;
  /** Undoes what its release did in an environment, before a rollback deploys an earlier one; runs at no other time. */
  readonly undo?: boolean | undefined;
  /** `true`: looks once whether what was deployed works. A duration: again and again for so long. */
  readonly verify?: boolean | Duration | VerifyInput | undefined;
  /**
   * Looks whether the environment is still as this job left it: a command, by its exit code (0 yes, 2 no), or with `true` each of the
   * job's actions that knows how to ask.
   */
  readonly drift?: string | boolean | undefined;
  /** Takes away again what this job left in a preview, when its pull request is closed. */
  readonly remove?: string | undefined;
  /** What happens when its agent is lost while it runs. Default: `ask` where it deploys and somebody approves, else `retry`. */
  readonly onLost?: "retry" | "ask" | undefined;
  readonly runsAfter?: "success" | "failure" | "always" | undefined;
  readonly condition?: ConditionInput<Environments> | undefined;
  readonly steps: readonly (string | StepInput<Environments, NoInfer<Own>, NoInfer<Artifacts>>)[];
  readonly env?: EnvInput<NoInfer<Own>> | undefined;
  readonly matrix?: MatrixValuesInput | MatrixInput | undefined;
  readonly timeout?: Duration | undefined;
  /** A number is how often a failed job is tried again. */
  readonly retry?: number | RetryInput | undefined;
  readonly concurrency?: string | ConcurrencyInput<NoInfer<Own>> | undefined;
  readonly workingDirectory?: string | undefined;
  readonly runsOn?: RunsOnInput | undefined;
  /** What its steps run in. */
  readonly container?: ContainerInput<NoInfer<Own>> | undefined;
  /** What runs beside them, by name. */
  readonly services?: Readonly<Record<string, ServiceInput<NoInfer<Own>>>> | undefined;
  /** `"node"`, `"terraform@>=1.5"`, or both parts as an object. */
  readonly tools?: readonly (string | ToolInput)[] | undefined;
  readonly continueOnFailure?: boolean | undefined;
  readonly artifacts?: { readonly [Name in Artifacts]?: string | ArtifactInput } | undefined;
  /** A file for people that its steps leave behind: a plan of what would change. */
  readonly report?: string | undefined;
  readonly uses?: readonly ArtifactUseInput<NoInfer<Artifacts>>[] | undefined;
}

export interface OutputInput<Jobs extends string = string> {
  readonly type?: OutputType | undefined;
  readonly description?: string | undefined;
  readonly job?: Jobs | undefined;
  readonly parameter?: string | undefined;
}

export interface ParameterInput {
  readonly type?: "string" | "number" | "boolean" | "choice" | undefined;
  readonly description?: string | undefined;
  readonly default?: Scalar | undefined;
  readonly options?: readonly Scalar[] | undefined;
}

/** Exactly one address. Those that only some may know are secrets. */
export interface NoticeInput<Environments extends string = string> {
  /** The address of an incoming webhook. */
  readonly slack?: SecretReference | undefined;
  /** The address of a workflow that takes webhooks. */
  readonly teams?: SecretReference | undefined;
  /** Standard Webhooks; signed when there is `signing`: a secret that begins with `whsec_`. */
  readonly webhook?: { readonly url: SecretReference; readonly signing?: SecretReference | undefined } | undefined;
  /** `server` is `smtps://user:password@host` or the like. */
  readonly email?:
    | { readonly server: SecretReference; readonly from: string; readonly to: string | readonly string[] }
    | undefined;
  /** The ARN of a topic. Who may publish there is what the AWS SDK finds on the machine. */
  readonly sns?: string | undefined;
  /** The ARN of an event bus, likewise. */
  readonly eventbridge?: string | undefined;
  /** CDEvents as CloudEvents over HTTP; signed as a webhook is when there is `signing`. */
  readonly cdevents?: { readonly url: SecretReference; readonly signing?: SecretReference | undefined } | undefined;
  /** Statuses of commits, and deployments. `api` is that of a GitHub Enterprise Server: `https://HOST/api/v3`. */
  readonly github?:
    | { readonly repository: string; readonly token: SecretReference; readonly api?: string | undefined }
    | undefined;
  /** OpenTelemetry over OTLP/HTTP: traces and metrics of runs. `headers` is `name=value,name=value`, as in OTEL_EXPORTER_OTLP_HEADERS. */
  readonly otlp?: { readonly url: SecretReference; readonly headers?: SecretReference | undefined } | undefined;
  /** Default: everything; where people read it (and of sns) without `run`. */
  readonly on?: NoticeTopic | readonly NoticeTopic[] | undefined;
  /** Default: all. */
  readonly environments?: Environments | readonly Environments[] | undefined;
}

export interface WindowInput {
  /** `"mon"`, `"mon-fri"`, or a list of such. Default: every day. */
  readonly days?: DaysInput | readonly DaysInput[] | undefined;
  /** `"09:00"`; up to but without `to`. With `to` before `from` it ends on the day after. */
  readonly from: string;
  readonly to: string;
  /** `"Europe/Berlin"`. */
  readonly zone: string;
}

type DaysInput = Weekday | `${Weekday}-${Weekday}`;

export interface PromoteInput {
  /** `"2h"`: how long a release must have been in everything that comes before. */
  readonly soak: Duration;
}

export interface ApprovalInput {
  readonly reviewers?: readonly string[] | undefined;
  readonly message?: string | undefined;
  readonly timeout?: Duration | undefined;
  /** How many different people must approve. Default: 1. */
  readonly count?: number | undefined;
  /** Whether whoever asked for the run may approve it. Default: true. */
  readonly selfApproval?: boolean | undefined;
  /** Each time that nobody has answered for so long, people are told again. */
  readonly reminder?: Duration | undefined;
}
