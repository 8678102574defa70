import type { StepInput, ValueInput } from "../model/authored.ts";
import { shellWord } from "../model/shell-word.ts";
import { compose, named, type Piece } from "./compose.ts";
import { checkInput, type InputForm } from "./inputs.ts";

export interface CdkInput<Own extends string = never> {
  /** Default: every stack of the app. */
  readonly stacks?: readonly ValueInput<Own>[] | undefined;
  /** Folder of the app, or of an assembly that was synthesised before. Default: what `cdk.json` says. */
  readonly app?: string | undefined;
  readonly context?: Readonly<Record<string, ValueInput<Own>>> | undefined;
}

type SynthInput<Own extends string> = CdkInput<Own> & { readonly output?: string | undefined };

const keys = { stacks: "values?", app: "text?", context: "table of values?" } as const;
const synthForm: InputForm<SynthInput<string>> = { action: "cdk.synth", keys: { ...keys, output: "text?" } };
const deployForm: InputForm<CdkInput<string>> = { action: "cdk.deploy", keys };

const inputsOf = ({ stacks, app, context }: CdkInput<string>) => ({
  app,
  ...named("stacks", stacks),
  ...named("context", context),
});

function rest({ stacks, app, context = {} }: CdkInput<string>): Piece[] {
  return [
    ...(stacks === undefined ? [" --all"] : stacks.flatMap((value): Piece[] => [" ", { value }])),
    ...(app === undefined ? [] : [` --app ${shellWord(app)}`]),
    ...Object.entries(context).flatMap(([key, value]): Piece[] => [` --context ${shellWord(key)}=`, { value }]),
  ];
}

/**
 * It ends with the same code when something differs and when it fails, and says how many stacks differ; without stacks it means all of
 * them. A change set would be one more thing that somebody sees, and nothing that a template does not tell.
 */
function driftOf(input: CdkInput<string>): Piece[] {
  return [
    "said=$(npx cdk diff --no-change-set",
    ...rest({ ...input, stacks: input.stacks ?? [] }),
    ` 2>&1) || { printf '%s\\n' "$said"; exit 1; }
case "$said" in *"Number of stacks with differences: 0"*) exit 0 ;; esac
printf '%s\\n' "$said"
case "$said" in *"Number of stacks with differences: "*) exit 2 ;; esac
exit 1`,
  ];
}

export const cdk = {
  /** Writes the templates and assets; `output` is the folder they are put in. */
  synth: <const Own extends string = never>(input: SynthInput<Own> = {}): StepInput<never, Own> => {
    checkInput(synthForm, input);
    const { output = "cdk.out" } = input;
    return compose({ name: "cdk synth", kind: "cdk.synth", inputs: { output, ...inputsOf(input) } }, [
      `npx cdk synth --quiet --output ${shellWord(output)}`,
      ...rest(input),
    ]);
  },

  /** Deploys stack by stack, in the order of their dependencies, without asking. */
  deploy: <const Own extends string = never>(input: CdkInput<Own> = {}): StepInput<never, Own> => {
    checkInput(deployForm, input);
    return compose({ name: "cdk deploy", kind: "cdk.deploy", inputs: inputsOf(input), drift: driftOf(input) }, [
      "npx cdk deploy --require-approval never --progress events",
      ...rest(input),
    ]);
  },
};
