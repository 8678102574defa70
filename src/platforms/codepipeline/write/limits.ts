/** What the services take of what is written, in one table, and the refusal of what they would not. */

import { CannotWrite } from "../../generated.ts";
import type { Infrastructure, PipelineResource, Resource, Statement } from "./infrastructure.ts";
import { isReference, type Reference, type Text } from "./text.ts";

/** Sources: the API models of the services, for names and values; their pages of quotas, for numbers and sizes. */
export const limits = {
  codepipeline: {
    /** Characters: of a pipeline, a stage, an action, a namespace, an artifact. */
    name: 100,
    stages: 50,
    /** In one stage, beside or after one another. */
    actions: 50,
    variables: 50,
    /** Characters of a variable; there is no empty one. */
    value: 1_000,
    description: 200,
    /** Characters of a configuration that has variables in it. */
    configuration: 1_000,
    /** In one list of a trigger, and characters of one. */
    patterns: 8,
    pattern: 255,
  },
  /** Characters that are no white space. */
  iam: { rolePolicy: 10_240 },
  kms: { keyPolicy: 32_768 },
  events: { ruleName: 64, pattern: 2_048 },
  lambda: { name: 64, environmentBytes: 4_096, sourceBytes: 4 * 1024 * 1024 },
  sns: { topicName: 256 },
  /** Those that cost nothing, in a region, and characters of a name with its folders. */
  ssm: { parameters: 10_000, name: 1_011 },
  cloudformation: { resources: 500, parameters: 200, outputs: 200, inlineBytes: 51_200, templateBytes: 1_000_000 },
} as const;

/** @throws {CannotWrite} for a pipeline that the service would refuse. */
export function refuseTooMuch(pipeline: PipelineResource): void {
  const { name, stages, variables } = pipeline;
  refuseLongNames(pipeline);
  refuseMany(name, {
    things: "stages",
    count: stages.length,
    limit: limits.codepipeline.stages,
    next: "split the delivery",
  });
  refuseMany(name, {
    things: "parameters",
    count: variables.length,
    limit: limits.codepipeline.variables,
    next: "declare fewer",
  });
  for (const { name: stage, actions } of stages) {
    const next = "use the layout separate, or let one job do more";
    refuseMany(`the stage ${stage} of ${name}`, {
      things: "actions",
      count: actions.length,
      limit: limits.codepipeline.actions,
      next,
    });
  }
  for (const { name: variable, default: preset } of variables) {
    const wrong = preset === undefined ? undefined : wrongValue(preset);
    if (wrong !== undefined) {
      throw new CannotWrite(
        `the default of the parameter ${variable} ${wrong}`,
        "give it another default; a word such as none can stand for nothing",
        ["parameters", variable, "default"],
      );
    }
  }
}

interface Amount {
  readonly things: string;
  readonly count: number;
  readonly limit: number;
  readonly next: string;
}

function refuseMany(whose: string, { things, count, limit, next }: Amount): void {
  if (count > limit)
    throw new CannotWrite(`${whose} would have ${count} ${things}, and CodePipeline takes ${limit}`, next);
}

function refuseLongNames({ name, stages }: PipelineResource): void {
  const actions = stages.flatMap((stage) => stage.actions);
  const names = [
    ["pipeline", name],
    ...stages.map((stage) => ["stage", stage.name]),
    ...actions.map((action) => ["action", action.name]),
    ...actions.flatMap(({ outputs }) => outputs.map((artifact) => ["artifact", artifact])),
  ] as [string, string][];
  const long = names.find(([, one]) => one.length > limits.codepipeline.name);
  if (long === undefined) return;
  const [kind, one] = long;
  throw new CannotWrite(
    `the ${kind} ${one} would have a name of ${one.length} characters, and CodePipeline takes ${limits.codepipeline.name}`,
    "shorten the name of the delivery, the pipeline, the job or the environment",
  );
}

function wrongValue(value: string): string | undefined {
  if (value === "") return "is empty, and a variable of CodePipeline is not";
  if (value.length > limits.codepipeline.value)
    return `has ${value.length} characters, and CodePipeline takes ${limits.codepipeline.value}`;
  return /[\r\n]/.test(value) ? "has more than one line, and CodePipeline takes one" : undefined;
}

/** On one line, and not longer than CodePipeline takes it. */
export function describing(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length <= limits.codepipeline.description
    ? line
    : `${line.slice(0, limits.codepipeline.description - 1)}…`;
}

/** @throws {CannotWrite} for what a service beside CodePipeline would refuse, when half of it is there already. */
export function refuseTooMuchOfOthers({ delivery, resources }: Infrastructure): void {
  for (const one of resources) {
    const [amount, next] = excess(one, delivery) ?? [];
    if (amount !== undefined) throw new CannotWrite(amount, next);
  }
}

const shorter = "shorten the name of the delivery";

function excess(one: Resource, delivery: string): [amount: string, next: string] | undefined {
  switch (one.kind) {
    case "role": {
      const size = policySize(one.statements);
      if (size <= limits.iam.rolePolicy) return undefined;
      return [
        `the policy of the role ${one.id} would have about ${size} characters, and IAM takes ${limits.iam.rolePolicy} of a role`,
        "split the delivery, or say in permissions what its jobs may do with patterns",
      ];
    }
    case "rule": {
      if (one.name.length > limits.events.ruleName)
        return [
          `the rule ${one.name} would have a name of ${one.name.length} characters, and EventBridge takes ${limits.events.ruleName}`,
          shorter,
        ];
      const size = JSON.stringify(one.pattern).length;
      if (size <= limits.events.pattern) return undefined;
      return [
        `the rule ${one.name} would have a pattern of ${size} characters, and EventBridge takes ${limits.events.pattern}`,
        "use the layout single, or split the delivery",
      ];
    }
    case "function": {
      if (one.name.length > limits.lambda.name)
        return [
          `the function ${one.name} would have a name of ${one.name.length} characters, and Lambda takes ${limits.lambda.name}`,
          shorter,
        ];
      const variables = Object.entries(one.variables).map(([name, value]) => name.length + lengthOf(value));
      const bytes = variables.reduce((sum, each) => sum + each, 0);
      if (bytes > limits.lambda.environmentBytes)
        return [
          `the function ${one.name} would have ${bytes} bytes of variables, and Lambda takes ${limits.lambda.environmentBytes}`,
          "split the delivery",
        ];
      const size = Buffer.byteLength(one.source);
      if (size <= limits.lambda.sourceBytes) return undefined;
      return [
        `the function ${one.name} would have ${size} bytes, and Lambda takes ${limits.lambda.sourceBytes} as they are`,
        "split the delivery",
      ];
    }
    case "topic":
      if (one.name.length <= limits.sns.topicName) return undefined;
      return [`the topic of ${delivery} would have a name of ${one.name.length} characters`, shorter];
    default:
      return undefined;
  }
}

/** Characters of a policy as IAM counts them, with what only AWS knows estimated. */
export function policySize(statements: readonly Statement[]): number {
  const frame = '{"Version":"2012-10-17","Statement":[]}'.length;
  return statements.reduce(
    (sum, { sid, actions, resources, condition }) =>
      sum +
      JSON.stringify({ Sid: sid, Effect: "Allow", Action: actions, Resource: [] }).length +
      resources.reduce((all, one) => all + lengthOf(one) + 3, 0) +
      (condition === undefined ? 0 : JSON.stringify(condition).length) +
      1,
    frame,
  );
}

const lengthOf = (text: Text): number =>
  typeof text === "string"
    ? text.length
    : text.reduce<number>((sum, part) => sum + (isReference(part) ? estimate(part) : (part as string).length), 0);

/** Of values that are long and usual. */
function estimate(reference: Reference): number {
  if ("pseudo" in reference) return { partition: 3, region: 14, account: 12 }[reference.pseudo];
  if ("parameter" in reference) return 110;
  return reference.attribute === "arn" ? 110 : 64;
}

/** @throws {CannotWrite} for more values of outputs than Parameter Store keeps without being paid. */
export function refuseTooManyValues(count: number, delivery: string): void {
  if (count <= limits.ssm.parameters) return;
  throw new CannotWrite(
    `the outputs of ${delivery} would be up to ${count} parameters, and Parameter Store takes ${limits.ssm.parameters} in a region`,
    "publish several of them as one output of type json, or split the delivery",
  );
}
