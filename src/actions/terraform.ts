import type { StepInput, ValueInput } from "../model/authored.ts";
import { shellWord } from "../model/shell-word.ts";
import { compose, named, type Piece, publishing } from "./compose.ts";
import { checkInput, type InputForm } from "./inputs.ts";

export interface TerraformInput<Own extends string = never> {
  /** Folder of the root module, relative to the job's working directory. Default: the working directory itself. */
  readonly directory?: string | undefined;
  /** Settings of the backend, each given to `terraform init` as `-backend-config`. */
  readonly backend?: Readonly<Record<string, ValueInput<Own>>> | undefined;
}

export interface TerraformChangeInput<Own extends string = never> extends TerraformInput<Own> {
  readonly variables?: Readonly<Record<string, ValueInput<Own>>> | undefined;
}

export interface TerraformPlanInput<Own extends string = never> extends TerraformChangeInput<Own> {
  /** File that the plan is written to for people, relative to the job's working directory: what its `report` names. */
  readonly report?: string | undefined;
}

export interface TerraformApplyInput<Own extends string = never> extends TerraformChangeInput<Own> {
  /** Outputs to publish: name in the pipeline, name in Terraform. */
  readonly publish?: Readonly<Record<string, string>> | undefined;
}

const keys = { directory: "text?", backend: "table of values?" } as const;
const changeKeys = { ...keys, variables: "table of values?" } as const;
const forms = {
  format: { action: "terraform.format", keys } satisfies InputForm<TerraformInput<string>>,
  validate: { action: "terraform.validate", keys } satisfies InputForm<TerraformInput<string>>,
  plan: { action: "terraform.plan", keys: { ...changeKeys, report: "text?" } } satisfies InputForm<
    TerraformPlanInput<string>
  >,
  apply: { action: "terraform.apply", keys: { ...changeKeys, publish: "table of texts?" } } satisfies InputForm<
    TerraformApplyInput<string>
  >,
  destroy: { action: "terraform.destroy", keys: changeKeys } satisfies InputForm<TerraformChangeInput<string>>,
};

/** Not asked anything, no colours, and the lock of the state is waited for rather than failed on. */
const lock = "-input=false -no-color -lock-timeout=5m";

const at = ({ directory }: TerraformInput<string>) =>
  directory === undefined ? "" : ` -chdir=${shellWord(directory)}`;

function init(input: TerraformInput<string>, more: string): Piece[] {
  const backend = Object.entries(input.backend ?? {}).flatMap(([name, value]): Piece[] => [
    ` -backend-config=${shellWord(name)}=`,
    { value },
  ]);
  return [`terraform${at(input)} init -input=false -no-color${more}`, ...backend, "\n"];
}

function variables(input: TerraformChangeInput<string>): Piece[] {
  return Object.entries(input.variables ?? {}).flatMap(([name, value]): Piece[] => [
    ` -var ${shellWord(name)}=`,
    { value },
  ]);
}

/** Who only looks waits for nobody, and holds up nobody; of all that is printed what would change is shown. */
function driftOf(input: TerraformChangeInput<string>): Piece[] {
  return [
    "planned=$(mktemp)\ntrap 'rm -f \"$planned\"' EXIT\n",
    ...init(input, " > /dev/null"),
    `status=0\nterraform${at(input)} plan -detailed-exitcode -input=false -no-color -lock=false -out="$planned" > /dev/null`,
    ...variables(input),
    ` || status=$?\nif [ "$status" = 2 ]; then terraform${at(input)} show -no-color "$planned"; fi\nexit "$status"`,
  ];
}

/** Of what needs no backend. */
const folderOf = ({ directory }: TerraformInput<string>) => ({ directory });

const inputsOf = (input: TerraformChangeInput<string>) => ({
  ...folderOf(input),
  ...named("backend", input.backend),
  ...named("variables", input.variables),
});

/** Steps around Terraform's own command line. */
export const terraform = {
  /** Fails on files that are not formatted. */
  format: <const Own extends string = never>(input: TerraformInput<Own> = {}): StepInput<never, Own> => {
    checkInput(forms.format, input);
    return compose({ name: "terraform fmt", kind: "terraform.format", inputs: folderOf(input) }, [
      `terraform${at(input)} fmt -check -recursive -diff`,
    ]);
  },

  /** Needs no backend and no credentials. */
  validate: <const Own extends string = never>(input: TerraformInput<Own> = {}): StepInput<never, Own> => {
    checkInput(forms.validate, input);
    return compose({ name: "terraform validate", kind: "terraform.validate", inputs: folderOf(input) }, [
      ...init({ directory: input.directory }, " -backend=false"),
      `terraform${at(input)} validate -no-color`,
    ]);
  },

  plan: <const Own extends string = never>(input: TerraformPlanInput<Own> = {}): StepInput<never, Own> => {
    checkInput(forms.plan, input);
    return compose(
      { name: "terraform plan", kind: "terraform.plan", inputs: { ...inputsOf(input), report: input.report } },
      [
        ...init(input, ""),
        `terraform${at(input)} plan ${lock}`,
        ...(input.report === undefined ? [] : [" -out=baton.tfplan"]),
        ...variables(input),
        ...(input.report === undefined
          ? []
          : [`\nterraform${at(input)} show -no-color baton.tfplan > ${shellWord(input.report)}`]),
      ],
    );
  },

  apply: <const Own extends string = never>(input: TerraformApplyInput<Own> = {}): StepInput<never, Own> => {
    checkInput(forms.apply, input);
    return compose(
      {
        name: "terraform apply",
        kind: "terraform.apply",
        inputs: { ...inputsOf(input), ...named("publish", input.publish) },
        publishes: Object.keys(input.publish ?? {}),
        drift: driftOf(input),
      },
      [
        ...init(input, ""),
        `terraform${at(input)} apply -auto-approve ${lock}`,
        ...variables(input),
        ...publishing(
          Object.fromEntries(
            Object.entries(input.publish ?? {}).map(([name, output]) => [
              name,
              [`terraform${at(input)} output -raw ${shellWord(output)}`],
            ]),
          ),
        ),
      ],
    );
  },

  destroy: <const Own extends string = never>(input: TerraformChangeInput<Own> = {}): StepInput<never, Own> => {
    checkInput(forms.destroy, input);
    return compose({ name: "terraform destroy", kind: "terraform.destroy", inputs: inputsOf(input) }, [
      ...init(input, ""),
      `terraform${at(input)} destroy -auto-approve ${lock}`,
      ...variables(input),
    ]);
  },
};
