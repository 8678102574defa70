import type { ScriptSetting } from "../../../../shell/call.ts";
import { normalFolder } from "../../../../shell/folders.ts";
import type { MachineState } from "../../../../shell/machine-state.ts";
import type { LocalAction, Repository, Step, StepsJob, Workflow } from "../../workflow.ts";
import { ownCommands } from "./own-commands.ts";
import { keyOfTemplate, tokenOf, type Variables, variablesOf } from "./tokens.ts";

/** Everything a reader of one step may ask. */
export interface StepSetting extends ScriptSetting {
  readonly workflow: Workflow;
  readonly job: StepsJob;
  readonly step: Step;
  readonly variables: Variables;
}

export interface StepOwner {
  readonly workflow: Workflow;
  readonly job: StepsJob;
  /** The composite action that the step belongs to. */
  readonly action: LocalAction | undefined;
  readonly files: Repository["files"];
}

export function stepSetting(step: Step, { workflow, job, action, files }: StepOwner, state: MachineState): StepSetting {
  // Defaults of a job do not reach into actions.
  const defaults = action ? undefined : (job.defaults?.workingDirectory ?? workflow.defaults?.workingDirectory);
  const written = (step.kind === "run" ? step.workingDirectory : undefined) ?? defaults;
  const variables = variablesOf(step.env, job.env, workflow.env);
  return {
    workflow,
    job,
    step,
    files,
    folder: written ? normalFolder(keyOfTemplate(written)) : [],
    variables,
    state,
    own: ownCommands,
    // What a variable holds is filled in later, by the job that asks.
    values: new Map(),
    roots: new Set(),
    accountOf: () => state.account,
    hasVariable: (name) => variables(name) !== undefined,
    tokenOf: (secret) => tokenOf(secret, variables),
    isSignedIn: () => state.signedIn || holdsSecrets(step, { workflow, job }),
  };
}

/** Names of variables that sign commands in to a cloud or a service. */
const secretVariables =
  /^(AWS_(ACCESS|SECRET|ROLE|PROFILE|SESSION)|ARM_|AZURE_|GOOGLE_|GCP_|GCLOUD_|TF_TOKEN|TF_API|TF_CLOUD|DIGITALOCEAN_|CLOUDFLARE_|HCLOUD_|DOPPLER_|VAULT_|SPACES_)/i;

function holdsSecrets(step: Step, { workflow, job }: Pick<StepOwner, "workflow" | "job">): boolean {
  return [step.env, job.env, workflow.env].some((map) =>
    map?.entries.some(({ key, value }) => secretVariables.test(key.value) || /\$\{\{\s*secrets\./.test(value.raw)),
  );
}
