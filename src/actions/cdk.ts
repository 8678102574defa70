import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose, named, type Piece, quote } from "./compose.ts";
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
    ...(app === undefined ? [] : [` --app ${quote(app)}`]),
    ...Object.entries(context).flatMap(([key, value]): Piece[] => [` --context ${quote(key)}=`, { value }]),
  ];
}

export const cdk = {
  /** Writes the templates and assets; `output` is the folder they are put in. */
  synth: <const Own extends string = never>(input: SynthInput<Own> = {}): StepInput<never, Own> => {
    checkInput(synthForm, input);
    const { output = "cdk.out" } = input;
    return compose({ name: "cdk synth", kind: "cdk.synth", inputs: { output, ...inputsOf(input) } }, [
      `npx cdk synth --quiet --output ${quote(output)}`,
      ...rest(input),
    ]);
  },

  /** Deploys stack by stack, in the order of their dependencies, without asking. */
  deploy: <const Own extends string = never>(input: CdkInput<Own> = {}): StepInput<never, Own> => {
    checkInput(deployForm, input);
    // What it ends with when something differs is what it ends with when it fails: so once to look, and once to tell.
    const drift = [
      "npx cdk diff",
      ...rest(input),
      "\nnpx cdk diff --fail",
      ...rest(input),
      " > /dev/null 2>&1 || exit 2",
    ];
    return compose({ name: "cdk deploy", kind: "cdk.deploy", inputs: inputsOf(input), drift }, [
      "npx cdk deploy --require-approval never --progress events",
      ...rest(input),
    ]);
  },
};
