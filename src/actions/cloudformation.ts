import type { StepInput, ValueInput } from "../model/authored.ts";
import { shellWord } from "../model/shell-word.ts";
import { type AnyValue, compose, named, type Piece, publishing } from "./compose.ts";
import { checkInput, type InputForm } from "./inputs.ts";

export interface CloudFormationDeployInput<Own extends string = never> {
  readonly stack: ValueInput<Own>;
  /** File, relative to the job's working directory. */
  readonly template: string;
  readonly parameters?: Readonly<Record<string, ValueInput<Own>>> | undefined;
  readonly capabilities?: readonly ("CAPABILITY_IAM" | "CAPABILITY_NAMED_IAM" | "CAPABILITY_AUTO_EXPAND")[] | undefined;
  readonly tags?: Readonly<Record<string, ValueInput<Own>>> | undefined;
  /** Outputs to publish: name in the pipeline, key in the stack. */
  readonly publish?: Readonly<Record<string, string>> | undefined;
}

const deployForm: InputForm<CloudFormationDeployInput<string>> = {
  action: "cloudformation.deploy",
  keys: {
    stack: "value",
    template: "text",
    parameters: "table of values?",
    capabilities: "texts?",
    tags: "table of values?",
    publish: "table of texts?",
  },
};

function pairs(flag: string, entries: Readonly<Record<string, AnyValue>> = {}): Piece[] {
  const list = Object.entries(entries);
  return list.length === 0
    ? []
    : [` --${flag}`, ...list.flatMap(([key, value]): Piece[] => [` ${shellWord(key)}=`, { value }])];
}

/** The value of one output of a stack. */
function outputOf(stack: AnyValue, key: string): Piece[] {
  const query = `Stacks[0].Outputs[?OutputKey=='${key}'].OutputValue`;
  return [
    "aws cloudformation describe-stacks --stack-name ",
    { value: stack },
    ` --query ${shellWord(query)} --output text`,
  ];
}

/** CloudFormation looks itself, at those kinds of resources that it can look at. */
function driftOf(stack: AnyValue): Piece[] {
  const of: Piece[] = [" --stack-name ", { value: stack }];
  return [
    "look=$(aws cloudformation detect-stack-drift",
    ...of,
    ` --query StackDriftDetectionId --output text)
about() { aws cloudformation describe-stack-drift-detection-status --stack-drift-detection-id "$look" --query "$1" --output text; }
while status=$(about DetectionStatus); [ "$status" = DETECTION_IN_PROGRESS ]; do sleep 3; done
if [ "$status" != DETECTION_COMPLETE ]; then about DetectionStatusReason; exit 1; fi
found=$(about StackDriftStatus)
if [ "$found" = IN_SYNC ]; then exit 0; fi
if [ "$found" != DRIFTED ]; then echo "$found"; exit 1; fi
aws cloudformation describe-stack-resource-drifts --stack-resource-drift-status-filters MODIFIED DELETED`,
    ...of,
    ` --query 'StackResourceDrifts[].[StackResourceDriftStatus,LogicalResourceId,PhysicalResourceId]' --output text
exit 2`,
  ];
}

export const cloudformation = {
  /** Creates or changes a stack through a change set that is executed; an empty change is fine. */
  deploy: <const Own extends string = never>(input: CloudFormationDeployInput<Own>): StepInput<never, Own> => {
    checkInput(deployForm, input);
    const { stack, template, parameters, capabilities = [], tags, publish = {} } = input;
    return compose(
      {
        name: "Deploy the stack",
        kind: "cloudformation.deploy",
        inputs: {
          stack,
          template,
          capabilities: capabilities.length === 0 ? undefined : capabilities.join(" "),
          ...named("parameters", parameters),
          ...named("tags", tags),
          ...named("publish", publish),
        },
        publishes: Object.keys(publish),
        drift: driftOf(stack),
      },
      [
        "aws cloudformation deploy --no-fail-on-empty-changeset --stack-name ",
        { value: stack },
        ` --template-file ${shellWord(template)}`,
        ...(capabilities.length === 0 ? [] : [` --capabilities ${capabilities.join(" ")}`]),
        ...pairs("parameter-overrides", parameters),
        ...pairs("tags", tags),
        ...publishing(Object.fromEntries(Object.entries(publish).map(([name, key]) => [name, outputOf(stack, key)]))),
      ],
    );
  },
};
