import type { Key, TokenUse } from "../../../../facts/access.ts";
import type { LocalAction, Step, StepsJob, Workflow } from "../../workflow.ts";
import { keyOfTemplate, type Variables, variablesOf } from "./tokens.ts";
import { joinKeys, showKey, textKey } from "./words.ts";

/** What earlier steps of a job leave for later ones: logins, checked-out credentials, backends, files. */
export interface JobState {
  /** What `git push` signs in with: those that the last checkout left behind. */
  credentials: TokenUse;
  /** Whether anything signed in to a place where commands could change something. */
  signedIn: boolean;
  /** Region and role of the cloud account that was signed in to. */
  account: ReadonlyMap<string, Key>;
  /** By folder: how the Terraform state there is told from others. */
  readonly backends: Map<string, ReadonlyMap<string, Key>>;
  readonly workspaces: Map<string, Key>;
  /** Contents of small files that scripts wrote, by path. */
  readonly files: Map<string, Key>;
  /** Tags made in the clone and not pushed yet. */
  readonly tags: Key[];
  /** A throw-away cluster was made: what is deployed there is a test. */
  localCluster: boolean;
}

export function freshState(): JobState {
  return {
    credentials: { kind: "unknown" },
    signedIn: false,
    account: new Map(),
    backends: new Map(),
    workspaces: new Map(),
    files: new Map(),
    tags: [],
    localCluster: false,
  };
}

/** Everything a reader of one step may ask. */
export interface StepSetting {
  readonly workflow: Workflow;
  readonly job: StepsJob;
  readonly step: Step;
  /** Where the step's commands start, from the root of the checkout; empty for the root. */
  readonly folder: Key;
  readonly variables: Variables;
  readonly state: JobState;
}

export interface StepOwner {
  readonly workflow: Workflow;
  readonly job: StepsJob;
  /** The composite action that the step belongs to. */
  readonly action: LocalAction | undefined;
}

export function stepSetting(step: Step, { workflow, job, action }: StepOwner, state: JobState): StepSetting {
  // Defaults of a job do not reach into actions.
  const defaults = action ? undefined : (job.defaults?.workingDirectory ?? workflow.defaults?.workingDirectory);
  const written = (step.kind === "run" ? step.workingDirectory : undefined) ?? defaults;
  return {
    workflow,
    job,
    step,
    folder: written ? normalFolder(keyOfTemplate(written)) : [],
    variables: variablesOf(step.env, job.env, workflow.env),
    state,
  };
}

/** Names of variables that sign commands in to a cloud or a service. */
const secretVariables =
  /^(AWS_(ACCESS|SECRET|ROLE|PROFILE|SESSION)|ARM_|AZURE_|GOOGLE_|GCP_|GCLOUD_|TF_TOKEN|TF_API|TF_CLOUD|DIGITALOCEAN_|CLOUDFLARE_|HCLOUD_|DOPPLER_|VAULT_|SPACES_)/i;

/** Whether the step can act on something real, as far as its variables and the steps before tell. */
export function isSignedIn({ job, state, step, workflow }: StepSetting): boolean {
  if (state.signedIn) return true;
  return [step.env, job.env, workflow.env].some((map) =>
    map?.entries.some(({ key, value }) => secretVariables.test(key.value) || /\$\{\{\s*secrets\./.test(value.raw)),
  );
}

/** `./a/b/` and `a/b` are one folder, and `.` is the root. */
export function normalFolder(folder: Key): Key {
  const parts = folder.map((part, i) => {
    if (part.kind !== "text") return part;
    let text = part.text;
    if (i === 0) text = text.replace(/^(\.\/+)+/, "").replace(/^\.$/, "");
    if (i === folder.length - 1) text = text.replace(/\/+$/, "");
    return { ...part, text };
  });
  return parts.filter((part) => part.kind !== "text" || part.text !== "");
}

export function subfolder(folder: Key, inside: Key): Key {
  const target = normalFolder(inside);
  if (target.length === 0) return folder;
  const text = target[0]?.kind === "text" ? target[0].text : "";
  if (folder.length === 0 || text.startsWith("/") || text.startsWith("~")) return target;
  const joined = joinKeys([folder, target], "/");
  // `a/../b` is `b`; only plain text can be shortened.
  const plain = joined.length === 1 && joined[0]?.kind === "text" ? joined[0].text : undefined;
  return plain?.includes("..") ? textKey(shorten(plain)) : joined;
}

function shorten(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

export function folderName(folder: Key): string {
  return showKey(folder);
}
