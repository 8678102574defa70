/**
 * The built model of a delivery: plain JSON, complete (every default filled in), the same whether it was written with
 * the TypeScript builders or as YAML. Everything else in Baton reads this and nothing else.
 *
 * Names of pipelines, jobs, artifacts and outputs match `namePattern`, those of environments `placePattern`: names.ts.
 * Durations are milliseconds. References between parts are names, never object identity.
 */

/** The whole description. `version` is the version of this shape. */
export interface Delivery {
  version: 1;
  name: string;
  /** Delivery-wide variables; an environment's variable of the same name wins. */
  variables: Record<string, string>;
  /** Values a person may give when starting a run by hand. */
  parameters: Record<string, Parameter>;
  environments: Environment[];
  pipelines: Pipeline[];
  /** Who is told of what, by the name of the target. Absent: nobody is. */
  notices?: Record<string, NoticeTarget>;
}

/** Somebody who is told what happens, in the order in which it happens. */
export interface NoticeTarget {
  to: NoticeAddress;
  /** At least one. */
  on: NoticeTopic[];
  /** Empty: all. */
  environments: string[];
}

/**
 * Where it goes. What only some may know is the name of a secret: `url`, `signing`, `server`, `token`, `headers`. `topic` and `bus` are
 * ARNs, `repository` is `owner/name`, and `api` the address of a GitHub Enterprise Server's API.
 */
export type NoticeAddress =
  | { kind: "webhook"; url: string; signing?: string }
  | { kind: "slack"; url: string }
  | { kind: "teams"; url: string }
  | { kind: "email"; server: string; from: string; to: string[] }
  | { kind: "sns"; topic: string }
  | { kind: "eventbridge"; bus: string }
  | { kind: "cdevents"; url: string; signing?: string }
  | { kind: "github"; repository: string; token: string; api?: string }
  | { kind: "otlp"; url: string; headers?: string };

export type NoticeChannel = NoticeAddress["kind"];

/**
 * - `approval`: somebody is asked, has answered, or nobody has in time.
 * - `deployed`: pipelines are there in another version.
 * - `failed`: a job failed for good.
 * - `rollback`: something is taken back, or is not although it should be.
 * - `drift`: somebody looked, and it is not as it was deployed any more, or is again.
 * - `freeze`: nothing begins to be deployed there, may again, or something goes there all the same.
 * - `run`: a run or its deployment somewhere begins or ends, whatever comes of it: for programs.
 */
export type NoticeTopic = (typeof noticeTopics)[number];

export const noticeTopics = ["approval", "deployed", "failed", "rollback", "freeze", "drift", "run"] as const;

export interface Environment {
  name: string;
  /** Pushes to branches that match this GitHub glob deploy here. Absent: reached only by promotion or by hand. */
  branch?: string;
  /** Environments a release must have passed before it may come here. */
  after: string[];
  /** A release goes on to it by itself once it has been in all that comes before for `soakMs`, and no push goes there. */
  promote?: { soakMs: number };
  approval?: Approval;
  /** What failed there, deploying or verifying, is taken back to the last good release by itself. Absent: it stays as it is. */
  onFailure?: "rollback";
  /** When something may be deployed here: while one of them is open. Absent: always. */
  windows?: ChangeWindow[];
  /** Each pull request has one of its own, called `NAME-NUMBER`, until it is closed. */
  preview?: true;
  variables: Record<string, string>;
}

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export type Weekday = (typeof weekdays)[number];

export interface ChangeWindow {
  /** On which it begins. */
  days: Weekday[];
  /** `HH:MM` on the clocks of its zone, up to but without `to`, which may be `24:00`; with `to` before `from` it ends the day after. */
  from: string;
  to: string;
  /** By the name of the IANA. */
  zone: string;
}

export interface Approval {
  /** Who may approve: team or user names. Empty: at a server whoever has the role approver there, on a terminal anybody. */
  reviewers: string[];
  message?: string;
  /** A request not answered by then is rejected. */
  timeoutMs: number;
  /** How many different people must approve, at least 2. Absent: one. */
  count?: number;
  /** Not whoever asked for the run. Absent: they may as well. */
  selfApproval?: false;
  /** Each time that it is not answered for so long, people are told again. Absent: they are told once. */
  reminderMs?: number;
}

/** A unit that one team owns. */
export interface Pipeline {
  name: string;
  description?: string;
  /** Pipelines of the same release and environment that hand over to this one. */
  needs: string[];
  triggers: Triggers;
  /** What may be published; each is written by exactly one job (`job`). */
  outputs: Record<string, Output>;
  env: Record<string, Value>;
  /** Relative to the folder of the definition. */
  workingDirectory: string;
  /** In the order they were written. */
  jobs: Record<string, Job>;
}

export interface Triggers {
  /** GitHub path globs below the definition's folder, later entries win, `!` negates. Empty: every change affects this pipeline. */
  paths: string[];
  /** GitHub branch globs. Empty: the branches of the environments. */
  branches: string[];
  /** Run the checks (jobs that do not deploy) for pull requests. */
  pullRequests: boolean;
  /** May be started by hand. */
  manual: boolean;
  /** POSIX cron lines, UTC. */
  schedules: string[];
}

export type OutputType = "string" | "number" | "boolean" | "url" | "json";

export interface Output {
  type: OutputType;
  description?: string;
  /** The job of this pipeline that publishes it. */
  job: string;
  /** Name under which it is kept outside Baton (a Parameter Store path); `{environment}` is replaced. */
  parameter?: string;
}

/**
 * A string with holes that are filled when the job starts. A list is joined without a separator.
 * `output` is `pipeline.output` (same release, same environment). `variable` is one of the delivery or environment.
 */
export type Value =
  | string
  | { output: string }
  | { secret: string }
  | { variable: string }
  | { parameter: string }
  | { matrix: string }
  | { context: ContextName }
  | Value[];

/** `directory` is the absolute path of the checkout; `environment` is empty in a per-release job. */
export type ContextName =
  | "delivery"
  | "environment"
  | "pipeline"
  | "job"
  | "release"
  | "run"
  | "commit"
  | "branch"
  | "directory";

export interface Job {
  /** `release`: once, the same bytes in every environment. `environment`: again in each. */
  per: "release" | "environment";
  /** Jobs of the same pipeline. A per-release job may only need per-release jobs. */
  needs: string[];
  /** Changes an environment: takes the environment's lock. Only for `per: "environment"`. */
  deploys: boolean;
  /** Looks whether what was deployed works: comes behind all jobs of its pipeline that deploy. Only for `per: "environment"`. */
  verify?: Verify;
  /** What it does to an environment that no rollback undoes: "drops a column". Only where it `deploys`. */
  irreversible?: string;
  /**
   * It undoes in an environment what its release did there, before a rollback deploys an earlier one, and runs at no other time: with
   * the definition, files and values of the release that it undoes. It belongs to an environment and holds its lock.
   */
  undo?: true;
  /**
   * A command that looks whether the environment is still as this job left it, and changes nothing: 0 says yes, 2 says no. Only where
   * it `deploys`.
   */
  drift?: string;
  /** `drift` is what the actions of the job know of how to look, and these are the variables that it has besides the job's. */
  driftEnv?: Record<string, Value>;
  /**
   * A command that takes away again what this job left in a preview, and ends well where nothing is there. Only where it `deploys`, and
   * some environment is a preview.
   */
  remove?: string;
  /**
   * When whoever ran it is lost, and nobody knows how far it came: run it again, or let a person look first. Absent: `ask` where it
   * `deploys` to an environment with an approval, else `retry`.
   */
  onLost?: "retry" | "ask";
  /** Which end of its needs lets it run. `success` is a gate; the other two are for clean-up and reports. */
  runsAfter: "success" | "failure" | "always";
  condition?: Condition;
  steps: Step[];
  env: Record<string, Value>;
  matrix?: Matrix;
  timeoutMs: number;
  retry: Retry;
  concurrency?: Concurrency;
  /** Relative to the pipeline's. */
  workingDirectory: string;
  /** Which machines may take it. Absent: any that the platform has. */
  runsOn?: RunsOn;
  /** What its steps run in. Absent: the machine itself. */
  container?: Container;
  /** What runs beside its steps for as long as they do, by the name under which they reach it. */
  services?: Record<string, ServiceContainer>;
  tools: Tool[];
  /** Its failure is reported but gates nothing. */
  continueOnFailure: boolean;
  /** What it leaves behind, by name. */
  artifacts: Record<string, Artifact>;
  /** Text or Markdown for people that its steps leave behind, relative to its working directory: a plan of what would change. */
  report?: string;
  /** What is laid into its working directory before the first step. */
  uses: ArtifactUse[];
}

/** A machine that takes the job has all of the labels and, where one is named, belongs to the group. */
export interface RunsOn {
  labels: Value[];
  group?: Value;
}

export interface Container {
  image: Value;
  env: Record<string, Value>;
  /** Of `docker create`, as one text. */
  options?: string;
  /** For the registry of the image. */
  credentials?: { username: Value; password: Value };
}

export interface ServiceContainer extends Container {
  /** `5432`, `5432:5432`, `53:53/udp`: of the machine, and of the container. */
  ports: string[];
}

export interface Artifact {
  /** File or folder, relative to the job's working directory. */
  path: string;
}

export interface ArtifactUse {
  /** `pipeline.artifact` (the pipeline itself or one it needs). */
  artifact: string;
  /** Where it is laid, relative to the job's working directory. A file is laid at exactly this path. */
  path: string;
}

export interface Matrix {
  values: Record<string, string[]>;
  include: Record<string, string>[];
  exclude: Record<string, string>[];
  /** Cancel the other legs when one fails. */
  failFast: boolean;
  maxParallel?: number;
}

/** `attempts` counts the first one too. The wait before attempt n+1 is min(maxDelayMs, delayMs * factor^(n-1)). */
export interface Retry {
  attempts: number;
  delayMs: number;
  factor: number;
  maxDelayMs: number;
}

/** How long it must go on to pass (the bake time), and how often it looks meanwhile. 0: it looks once. */
export interface Verify {
  forMs: number;
  everyMs: number;
}

/** At most `limit` jobs of one group at a time, over all runs; the rest wait in order, none is dropped. */
export interface Concurrency {
  group: Value;
  limit: number;
}

/** A program that must be on the path; `version` is a semver range checked against `NAME --version`. */
export interface Tool {
  name: string;
  version?: string;
}

export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | { environment: string[] }
  | { branch: string[] }
  | { event: EventName[] }
  | { parameter: string; equals: string }
  | { variable: string; equals: string };

export type EventName = "push" | "pull-request" | "manual" | "schedule" | "promotion" | "rollback";

export interface Step {
  name: string;
  /** A shell script. Values reach it through the environment only. */
  run: string;
  /** `bash` means `bash -eo pipefail`, `sh` means `sh -e`. */
  shell: "bash" | "sh";
  env: Record<string, Value>;
  condition?: Condition;
  /** Relative to the job's. */
  workingDirectory: string;
  /** Bounded by the job's limit as well. Absent: only the job's. */
  timeoutMs?: number;
  continueOnFailure: boolean;
  /** What an action (`s3.sync`) was made from, so that a platform may lower it to something native; and the outputs it publishes. */
  action?: { kind: string; inputs: Record<string, Value>; publishes?: string[] };
}

export interface Parameter {
  type: "string" | "number" | "boolean" | "choice";
  description?: string;
  /** Absent: must be given. */
  default?: string;
  /** For `choice`. */
  options: string[];
}
