/** CodePipelines that nobody wrote from this definition and that take the same branches: two would deliver the same. */

import { stackName } from "../write/create-commands.ts";
import type { Infrastructure, PipelineResource } from "../write/infrastructure.ts";
import type { PipelineAnswer } from "./answers.ts";
import { type Ask, AwsProblem } from "./aws-cli.ts";
import type { Found } from "./found.ts";

/** Each is asked for by itself. */
const lookedAt = 40;

export interface OthersFound extends Found {
  /** What takes them away, once the new ones deliver. */
  readonly after: readonly string[];
}

/** Undefined where there are none. Not to know is no error: whoever may not list them is told so. */
export async function otherPipelines(
  { infrastructure, repository }: { infrastructure: Infrastructure; repository: string | undefined },
  ask: Ask,
): Promise<OthersFound | undefined> {
  if (repository === undefined) return undefined;
  const name = "other pipelines";
  const own = infrastructure.resources.filter((one): one is PipelineResource => one.kind === "pipeline");
  const branches = new Set(own.map(({ branch }) => branch));
  try {
    const { pipelines = [] } = await ask<{ pipelines?: { name: string }[] }>(["codepipeline", "list-pipelines"]);
    const strangers = pipelines.filter((one) => !own.some((each) => each.name === one.name)).map((one) => one.name);
    const same: { pipeline: string; branch: string; stack: Stack }[] = [];
    for (const pipeline of strangers.slice(0, lookedAt)) {
      const branch = await branchOf(pipeline, repository, ask);
      if (branch === undefined || !branches.has(branch)) continue;
      const stack = await stackOf(pipeline, ask);
      // With what an update of the own stack takes away.
      if (stack.name !== stackName(infrastructure.delivery)) same.push({ pipeline, branch, stack });
    }
    const unseen = strangers.length > lookedAt ? `, of the first ${lookedAt} of ${strangers.length}` : "";
    if (same.length === 0) return undefined;
    const said = same.map(
      ({ pipeline, branch, stack }) => `${pipeline} (${branch}${stack.name ? `, stack ${stack.name}` : ""})`,
    );
    const after = [...new Set(same.flatMap(({ pipeline, stack }) => goes(pipeline, stack) ?? []))];
    const open = same.flatMap(({ pipeline, stack }) => (stack.isKnown ? [] : [pipeline]));
    return {
      checkUp: {
        name,
        verdict: "warn",
        text: `${said.join(", ")} ${same.length === 1 ? "takes" : "take"} the same source${unseen}: both would deliver it`,
        remedy: `when the new ones deliver: ${[...after, ...open.map((one) => `take ${one} away as it was made`)].join("; ")}`,
      },
      after,
    };
  } catch (error) {
    if (!(error instanceof AwsProblem)) throw error;
    return { checkUp: { name, verdict: "warn", text: `could not be looked at: ${error.message}` }, after: [] };
  }
}

/** `name`: none, where it is of no stack. */
type Stack =
  | { readonly isKnown: true; readonly name: string | undefined }
  | { readonly isKnown: false; name?: undefined };

function goes(pipeline: string, { isKnown, name }: Stack): string | undefined {
  if (!isKnown) return undefined;
  if (name === undefined) return `aws codepipeline delete-pipeline --name ${pipeline}`;
  return `aws cloudformation delete-stack --stack-name ${name} && aws cloudformation wait stack-delete-complete --stack-name ${name}`;
}

/** Of the repository; undefined where the pipeline takes another one. */
async function branchOf(pipeline: string, repository: string, ask: Ask): Promise<string | undefined> {
  const { pipeline: found } = await ask<PipelineAnswer>(["codepipeline", "get-pipeline", "--name", pipeline]);
  const sources = (found?.stages ?? []).flatMap(({ actions = [] }) => actions);
  return sources.map(({ configuration = {} }) => configuration).find((one) => takes(one, repository))?.BranchName;
}

const takes = (configuration: Readonly<Record<string, string>>, repository: string) =>
  (configuration.RepositoryName ?? configuration.FullRepositoryId)?.toLowerCase() === repository.toLowerCase();

/** Not known where nobody may say: it is then not for us to say how it goes. */
async function stackOf(pipeline: string, ask: Ask): Promise<Stack> {
  const asked = ["cloudformation", "describe-stack-resources", "--physical-resource-id", pipeline];
  try {
    const { StackResources = [] } = await ask<{
      StackResources?: { StackName: string; PhysicalResourceId?: string }[];
    }>(asked);
    const found = StackResources.find(({ PhysicalResourceId }) => PhysicalResourceId === pipeline);
    return { isKnown: true, name: found?.StackName };
  } catch (error) {
    if (!(error instanceof AwsProblem)) throw error;
    return error.kind === "not-found" ? { isKnown: true, name: undefined } : { isKnown: false };
  }
}
