/**
 * A workflow as we write it: typed, ordered, with room for comments. `print.ts` turns it into text. Only what Baton
 * writes can be said here; everything else enters as `Raw` (additions of the team).
 */

/** Anything that YAML can hold; maps keep their order. */
export type Raw = string | number | boolean | null | readonly Raw[] | { readonly [key: string]: Raw };

export interface WorkflowDocument {
  /** Relative to the repository. */
  file: string;
  /** Lines above the document, without `#`. */
  header: readonly string[];
  name: string;
  runName?: string;
  on: Triggers;
  /** At the top nothing is allowed; every job asks for what it needs. */
  concurrency?: ConcurrencyGroup;
  jobs: Readonly<Record<string, JobDocument>>;
}

export interface Triggers {
  push?: { branches: readonly string[] };
  pullRequest?: { branches?: readonly string[]; types?: readonly string[] };
  mergeGroup?: { branches?: readonly string[] };
  dispatch?: { inputs: Readonly<Record<string, Input>> };
  call?: {
    inputs: Readonly<Record<string, Input>>;
    secrets: readonly string[];
    /** Name to expression. */
    outputs: Readonly<Record<string, { description?: string; value: string }>>;
  };
  schedules?: readonly string[];
}

export interface Input {
  description?: string;
  type: "string" | "boolean" | "number" | "choice";
  required?: true;
  default?: string | boolean;
  options?: readonly string[];
}

export interface ConcurrencyGroup {
  group: string;
  /** Expression: when a newer run takes the place of an older one. Without it everybody waits for a turn. */
  cancelInProgress?: string;
}

export type Permission =
  | "actions"
  | "contents"
  | "id-token"
  | "packages"
  | "attestations"
  | "checks"
  | "pull-requests"
  | "deployments";
export type Permissions = Readonly<Partial<Record<Permission, "read" | "write">>>;

interface JobBase {
  /** Why it is there, above its id. */
  comment?: readonly string[];
  name?: string;
  needs?: readonly string[];
  /** Expression without `${{ }}`. */
  if?: string;
  permissions: Permissions;
  concurrency?: ConcurrencyGroup;
}

export interface StepsJobDocument extends JobBase {
  kind: "steps";
  runsOn: RunnerChoice;
  container?: ContainerDocument;
  services?: Readonly<Record<string, ContainerDocument>>;
  environment?: JobEnvironment;
  strategy?: Strategy;
  timeoutMinutes: number;
  continueOnError?: boolean;
  outputs?: Readonly<Record<string, string>>;
  env?: Readonly<Record<string, string>>;
  workingDirectory?: string;
  steps: readonly StepDocument[];
}

/** A label, labels of which a machine has all, or a group of machines. */
export type RunnerChoice = string | readonly string[] | { group: string; labels?: string | readonly string[] };

export interface ContainerDocument {
  image: string;
  credentials?: { username: string; password: string };
  env?: Readonly<Record<string, string>>;
  ports?: readonly string[];
  options?: string;
}

/** Of GitHub: whose secrets, variables and protection a job has. */
export interface JobEnvironment {
  name: string;
  /** Where what was deployed is seen. */
  url?: string;
  /** The job is no deployment, whatever it reads there. */
  deployment?: false;
}

export interface CallJobDocument extends JobBase {
  kind: "call";
  /** File of this repository. */
  uses: string;
  with?: Readonly<Record<string, string>>;
  secrets?: readonly string[];
}

export type JobDocument = StepsJobDocument | CallJobDocument;

export interface Strategy {
  matrix: Raw;
  failFast: boolean;
  maxParallel?: number;
}

interface StepBase {
  comment?: readonly string[];
  id?: string;
  /** Left out where what is used says it. */
  name?: string;
  if?: string;
  env?: Readonly<Record<string, string>>;
  timeoutMinutes?: number;
  continueOnError?: boolean;
}

export interface RunStepDocument extends StepBase {
  run: string;
  /** `any`: a line that every shell understands, so that the workflow has to choose none for it. */
  shell?: "sh" | "any";
  workingDirectory?: string;
}

export interface UsesStepDocument extends StepBase {
  /** Of another repository, or the path of one in this. */
  uses: { action: string; sha: string; version: string } | `./${string}`;
  with?: Readonly<Record<string, string | number | boolean>>;
}

export type StepDocument = RunStepDocument | UsesStepDocument;

/** Adds what holds for all of a workflow's jobs together; `write` wins over `read`. */
export function unitePermissions(all: readonly Permissions[]): Permissions {
  const united: Partial<Record<Permission, "read" | "write">> = {};
  for (const permissions of all) {
    for (const [name, level] of Object.entries(permissions) as [Permission, "read" | "write"][]) {
      if (united[name] !== "write") united[name] = level;
    }
  }
  return Object.fromEntries(Object.entries(united).sort(([a], [b]) => (a < b ? -1 : 1)));
}
