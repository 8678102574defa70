/** What has to be on AWS before pipelines can be put there: who asks, connections, secrets, the stack that is there. */

import { type Ask, AwsProblem } from "./aws-cli.ts";

export interface Identity {
  readonly account: string;
  readonly arn: string;
}

export async function whoAsks(ask: Ask): Promise<Identity> {
  const { Account, Arn } = await ask<{ Account: string; Arn: string }>(["sts", "get-caller-identity"]);
  return { account: Account, arn: Arn };
}

export interface Connection {
  readonly arn: string;
  readonly name: string;
  /** `GitHub`, `GitLab`, `Bitbucket`, … */
  readonly provider: string | undefined;
  readonly status: string;
}

export async function listConnections(ask: Ask): Promise<Connection[]> {
  const { Connections } = await ask<{
    Connections?: { ConnectionArn: string; ConnectionName: string; ProviderType?: string; ConnectionStatus: string }[];
  }>(["codeconnections", "list-connections"]);
  return (Connections ?? []).map((one) => ({
    arn: one.ConnectionArn,
    name: one.ConnectionName,
    provider: one.ProviderType,
    status: one.ConnectionStatus,
  }));
}

/** Those of these secrets that Secrets Manager does not have. Their values are never asked for. */
export async function missingSecrets(names: readonly string[], ask: Ask): Promise<string[]> {
  const found = await Promise.all(
    names.map((name) => isThere(() => ask(["secretsmanager", "describe-secret", "--secret-id", name]))),
  );
  return names.filter((_, at) => !found[at]);
}

export interface StackFound {
  /** `UPDATE_COMPLETE`, … */
  readonly status: string;
  /** Ids of its parameters. */
  readonly parameters: readonly string[];
}

/** A stack as it is; undefined where there is none. */
export async function findStack(name: string, ask: Ask): Promise<StackFound | undefined> {
  try {
    const { Stacks } = await ask<{ Stacks?: { StackStatus: string; Parameters?: { ParameterKey: string }[] }[] }>([
      "cloudformation",
      "describe-stacks",
      "--stack-name",
      name,
    ]);
    const [stack] = Stacks ?? [];
    const parameters = (stack?.Parameters ?? []).map(({ ParameterKey }) => ParameterKey);
    return stack && { status: stack.StackStatus, parameters };
  } catch (error) {
    if (error instanceof AwsProblem && error.kind === "not-found") return undefined;
    throw error;
  }
}

export const pipelineIsThere = (name: string, ask: Ask): Promise<boolean> =>
  isThere(() => ask(["codepipeline", "get-pipeline", "--name", name]));

async function isThere(question: () => Promise<unknown>): Promise<boolean> {
  try {
    await question();
    return true;
  } catch (error) {
    if (error instanceof AwsProblem && error.kind === "not-found") return false;
    throw error;
  }
}
