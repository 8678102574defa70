/** What is on AWS: who asks, where, and what is there already. */

import type { Here } from "../../live.ts";
import { isLarge, stackName } from "../write/create-commands.ts";
import { ids } from "../write/fixed-names.ts";
import type { Infrastructure } from "../write/infrastructure.ts";
import { stackOf } from "../write/write.ts";
import { type Ask, AwsProblem, asProblem, awsCli, awsCliText } from "./aws-cli.ts";
import { existingFound } from "./existing-check-up.ts";
import type { Found, WantedOnAws } from "./found.ts";
import { type OthersFound, otherPipelines } from "./other-pipelines.ts";
import { type SourceFound, sourceOnAws } from "./source-check-up.ts";
import { differenceOf, differenceText } from "./stack-difference.ts";
import { findStack, missingSecrets, pipelineIsThere, whoAsks } from "./surroundings.ts";

export interface OnAws {
  readonly found: readonly Found[];
  readonly does: "create" | "update";
  /** Parameters that the stack has. */
  readonly kept?: readonly string[];
  /** Whether the source can be taken from there; undefined where AWS could not be asked. */
  readonly source: SourceFound | undefined;
  readonly others?: OthersFound;
  /** By way of which a large template goes. */
  readonly templateBucket?: string;
}

export async function onAws(
  { delivery, write, infrastructure, files, here }: WantedOnAws,
  remote: Awaited<ReturnType<Here["remote"]>>,
): Promise<OnAws> {
  const ask = awsCli(here.env);
  const region = await regionFound(here);
  if (region.checkUp.verdict === "fail") return { found: [region], does: "create", source: undefined };
  let account: string;
  const found = [region];
  try {
    const identity = await whoAsks(ask);
    account = identity.account;
    found.push({ checkUp: { name: "credentials", verdict: "ok", text: `${identity.arn}, account ${account}` } });
  } catch (error) {
    return { found: [region, problemFound("credentials", error)], does: "create", source: undefined };
  }
  const place = `aws://${account}/${region.checkUp.text}`;
  const bucket =
    write.format === "cloudformation" &&
    files.some(({ path, text }) => path.endsWith("/pipeline.yaml") && isLarge(text))
      ? templateBucketName(delivery.name, { account, region: region.checkUp.text })
      : undefined;
  const [source, bootstrap, secrets, state, deployed, template, existing] = await Promise.all([
    sourceOnAws({ source: write.settings.source, remote }, ask),
    write.format === "cdk" ? bootstrapFound(place, ask) : undefined,
    secretsFound(infrastructure, ask),
    stateFound({ delivery: delivery.name, write, infrastructure }, ask),
    deployedFound(infrastructure, ask),
    bucket === undefined ? undefined : templateBucketFound(bucket, ask),
    Promise.all(existingFound(write.settings.existing, { account, region: region.checkUp.text }, ask)),
  ]);
  const difference =
    state.kept && (await differenceFound({ delivery: delivery.name, write, infrastructure, files }, ask));
  found.push(
    ...existing,
    ...[bootstrap, template, secrets, state, difference, deployed].filter((one) => one !== undefined),
  );
  const others = await otherPipelines({ infrastructure, repository: source.values[ids.repository] }, ask);
  return {
    found,
    does: state.does,
    ...(state.kept && { kept: state.kept }),
    source,
    ...(others && { others }),
    ...(bucket && { templateBucket: bucket }),
  };
}

async function regionFound({ env }: Here): Promise<Found> {
  const name = "region";
  const set = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  if (set) return { checkUp: { name, verdict: "ok", text: set } };
  try {
    const text = (await awsCliText(env)(["configure", "get", "region"])).trim();
    if (text !== "") return { checkUp: { name, verdict: "ok", text } };
  } catch (error) {
    // Without a setting the program says nothing and fails; that it is missing or its profile is, comes first.
    const isSilent = error instanceof AwsProblem && error.kind === "other";
    if (!isSilent) return problemFound(error instanceof AwsProblem && error.kind === "no-cli" ? "aws" : name, error);
  }
  const remedy = "export AWS_REGION=eu-central-1, or aws configure set region eu-central-1";
  return { checkUp: { name, verdict: "fail", text: "none is set", remedy } };
}

function problemFound(name: string, error: unknown): Found {
  const { message, next } = asProblem(error);
  return { checkUp: { name, verdict: "fail", text: message, ...(next !== undefined && { remedy: next }) } };
}

async function bootstrapFound(place: string, ask: Ask): Promise<Found> {
  const name = "cdk bootstrap";
  try {
    if ((await findStack("CDKToolkit", ask)) !== undefined) {
      return { checkUp: { name, verdict: "ok", text: `${place} is prepared for the CDK` } };
    }
  } catch (error) {
    return problemFound(name, error);
  }
  const command = `npx cdk bootstrap ${place}`;
  return {
    checkUp: { name, verdict: "warn", text: `${place} is not prepared for the CDK yet`, remedy: command },
    before: command,
  };
}

/** Of this account and region alone, as all names of buckets are anybody's. */
function templateBucketName(delivery: string, { account, region }: { account: string; region: string }): string {
  const end = `-templates-${account}-${region}`;
  const start = delivery.toLowerCase().replaceAll(/[^a-z0-9-]/g, "-");
  return `${start.slice(0, 63 - end.length)}${end}`;
}

async function templateBucketFound(bucket: string, ask: Ask): Promise<Found> {
  const name = "template bucket";
  try {
    await ask(["s3api", "get-bucket-location", "--bucket", bucket]);
    return { checkUp: { name, verdict: "ok", text: `${bucket} takes the template` } };
  } catch (error) {
    const problem = asProblem(error);
    if (problem.kind !== "not-found") return problemFound(name, problem);
    const before = `aws s3 mb s3://${bucket}`;
    const text = "the template is larger than CloudFormation takes from here, so it goes by way of a bucket";
    return { checkUp: { name, verdict: "warn", text, remedy: before }, before };
  }
}

async function secretsFound({ resources }: Infrastructure, ask: Ask): Promise<Found | undefined> {
  const name = "secrets on AWS";
  const variables = resources.flatMap((one) => (one.kind === "project" ? one.variables : []));
  const wanted = variables.flatMap(({ type, value }) =>
    type === "SECRETS_MANAGER" && typeof value === "string" ? [value] : [],
  );
  const names = [...new Set(wanted)].sort();
  if (names.length === 0) return undefined;
  try {
    const missing = await missingSecrets(names, ask);
    if (missing.length === 0)
      return { checkUp: { name, verdict: "ok", text: `${names.join(", ")} in Secrets Manager` } };
    const remedy = `aws secretsmanager create-secret --name ${missing[0]} --secret-string file://…`;
    return { checkUp: { name, verdict: "warn", text: `not in Secrets Manager: ${missing.join(", ")}`, remedy } };
  } catch (error) {
    return problemFound(name, error);
  }
}

/** Whether it is there already, and in a state that it can be brought up to date from. */
async function stateFound(
  { delivery, write, infrastructure }: { delivery: string } & Pick<WantedOnAws, "write" | "infrastructure">,
  ask: Ask,
): Promise<Found & Pick<OnAws, "does" | "kept">> {
  const name = "on AWS";
  const pipelines = infrastructure.resources.flatMap((one) => (one.kind === "pipeline" ? [one.name] : []));
  try {
    if (write.format === "terraform") {
      const there = await Promise.all(pipelines.map((pipeline) => pipelineIsThere(pipeline, ask)));
      const text = there.some((one) => one)
        ? `${pipelines.join(", ")}: there`
        : `${pipelines.join(", ")}: not there yet`;
      return { checkUp: { name, verdict: "ok", text }, does: there.some((one) => one) ? "update" : "create" };
    }
    const stack = stackName(delivery);
    const there = await findStack(stack, ask);
    if (there === undefined) {
      return { checkUp: { name, verdict: "ok", text: `the stack ${stack} is not there yet` }, does: "create" };
    }
    const { status, parameters } = there;
    if (wasNeverMade(status)) {
      const remedy = `aws cloudformation delete-stack --stack-name ${stack}`;
      const text = `the stack ${stack} could not be made (${status}) and has to go first`;
      return { checkUp: { name, verdict: "warn", text, remedy }, before: remedy, does: "create" };
    }
    const text = `the stack ${stack} is there: ${status}`;
    return { checkUp: { name, verdict: "ok", text }, does: "update", kept: parameters };
  } catch (error) {
    return { ...problemFound(name, error), does: "create" };
  }
}

/** Nothing can be brought up to date that was never there. */
const wasNeverMade = (status: string) => status === "ROLLBACK_COMPLETE" || status === "ROLLBACK_FAILED";

/** Stacks that CodePipeline deploys itself and cannot. Those of other accounts and regions are not seen from here; undefined: none. */
async function deployedFound({ resources }: Infrastructure, ask: Ask): Promise<Found | undefined> {
  const name = "deployed stacks";
  const actions = resources
    .flatMap((one) => (one.kind === "pipeline" ? one.stages.flatMap((stage) => stage.actions) : []))
    .filter(
      ({ provider, role, region }) => provider === "CloudFormation" && role === undefined && region === undefined,
    );
  const jobs = new Map(actions.map(({ configuration, job }) => [String(configuration.StackName), job!]));
  try {
    const found = await Promise.all(
      [...jobs].map(async ([stack, job]) => ({ stack, job, there: await findStack(stack, ask) })),
    );
    const lost = found.flatMap(({ stack, job, there }) =>
      there && wasNeverMade(there.status) ? [{ stack, job, ...there }] : [],
    );
    if (lost.length === 0) return undefined;
    const text = lost
      .map(({ stack, job, status }) => `${stack} could not be made (${status}), and has to go before ${job} deploys it`)
      .join("; ");
    const remedy = lost.map(({ stack }) => `aws cloudformation delete-stack --stack-name ${stack}`).join(" && ");
    return { checkUp: { name, verdict: "warn", text, remedy } };
  } catch (error) {
    return problemFound(name, error);
  }
}

/** Between the stack that is there and the files. Undefined where nobody can tell: who may not read it is told by others. */
async function differenceFound(
  {
    delivery,
    write,
    infrastructure,
    files,
  }: { delivery: string } & Pick<WantedOnAws, "write" | "infrastructure" | "files">,
  ask: Ask,
): Promise<Found | undefined> {
  const name = "stack and files";
  const wanted =
    write.format === "cdk"
      ? stackOf(infrastructure, write).template
      : files.find(({ path }) => path.endsWith("/pipeline.yaml"))!.text;
  try {
    const stack = ["--stack-name", stackName(delivery)];
    const { TemplateBody: there } = await ask<{ TemplateBody?: unknown }>(["cloudformation", "get-template", ...stack]);
    const text = differenceText(differenceOf({ there, wanted }));
    if (text === undefined) return { checkUp: { name, verdict: "ok", text: "the stack is what the files say" } };
    return { checkUp: { name, verdict: "warn", text, remedy: "the last of the commands below brings it up to date" } };
  } catch (error) {
    return problemFound(name, error);
  }
}
