/**
 * The example in which QA and production are accounts of their own: the stacks of both are made from what is written, and the
 * pipeline's actions act as the roles that came with them.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { templateOf } from "../../../../src/platforms/codepipeline/write/cloudformation/template.ts";
import type { Action, PipelineResource } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { startEmulator } from "../../../aws/emulator.ts";
import { fullDepth, emulator as onEmulator } from "../../../lane/needs.ts";
import { examples, readExample } from "./written.ts";

const home = { account: "123456789012", region: "eu-central-1" };
const accounts = { qa: "111122223333", production: "444455556666" };
const { built, settings } = await readExample("network-compute");
const infrastructure = lowerDelivery(built, {
  layout: "single",
  format: "cloudformation",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse({
    ...settings,
    home,
    targets: { qa: { account: accounts.qa }, production: { account: accounts.production } },
    chat: [{ type: "slack", workspace: "T012ABCDEFG", channel: "C012ABCDEFG" }],
  }),
});
const pipeline = infrastructure.resources.find((one): one is PipelineResource => one.kind === "pipeline")!;
const isStack = ({ provider }: Action) => provider === "CloudFormation";

test("network before compute in QA, then somebody is asked, then the same in production, each in its account", () => {
  assert.deepEqual(
    pipeline.stages.map(({ name, actions }) => [name, ...actions.map((one) => `${one.runOrder} ${one.provider}`)]),
    [
      ["Source", "1 CodeStarSourceConnection"],
      ["qa", "1 CloudFormation", "2 CloudFormation"],
      ["Approve-production", "1 Manual"],
      ["production", "1 CloudFormation", "2 CloudFormation"],
    ],
  );
  for (const [environment, account] of Object.entries(accounts)) {
    const { actions } = pipeline.stages.find(({ name }) => name === environment)!;
    for (const { role, configuration } of actions) {
      assert.match(role!, new RegExp(`^arn:aws:iam::${account}:role/`));
      assert.match(String(configuration.RoleArn), new RegExp(`^arn:aws:iam::${account}:role/`));
    }
  }
  assert.ok(
    infrastructure.resources.some(({ id }) => id === "TellAsked"),
    "a channel is told that somebody is asked",
  );
});

test("the actions make QA and production in accounts of their own", fullDepth(...onEmulator), async (t) => {
  await using emulator = await startEmulator();
  const scratch = mkdtempSync(join(tmpdir(), "baton-qa-"));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));

  /** What the AWS CLI answers to whoever has taken a role on. */
  async function as<T = object>(role: string, ...args: string[]): Promise<T> {
    const { Credentials } = await emulator.aws<{ Credentials: Record<string, string> }>(
      ...["sts", "assume-role", "--role-session-name", "action", "--role-arn", role],
    );
    const env = {
      ...emulator.env,
      AWS_ACCESS_KEY_ID: Credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: Credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: Credentials.SessionToken,
    };
    const { stdout } = await promisify(execFile)("aws", [...args, "--output", "json"], { env });
    return JSON.parse(stdout) as T;
  }
  const looking = (account: string) => `arn:aws:iam::${account}:role/looking`;

  const targets = infrastructure.remoteStacks.filter(({ name }) => name.startsWith("target-"));
  assert.deepEqual(targets.map(({ account }) => account).sort(), Object.values(accounts).sort());
  for (const { name, account, infrastructure: own } of targets) {
    const file = join(scratch, `${name}.json`);
    writeFileSync(file, JSON.stringify(templateOf(own).template));
    const made = ["--stack-name", `network-compute-${name}`, "--capabilities", "CAPABILITY_NAMED_IAM"];
    await as(looking(account), "cloudformation", "create-stack", ...made, "--template-body", `file://${file}`);
  }
  const rolesOf = async (account: string) =>
    (await as<{ Roles: { Arn: string }[] }>(looking(account), "iam", "list-roles")).Roles.map(({ Arn }) => Arn);

  const outputs = new Map<string, string>();
  for (const { name: environment, actions } of pipeline.stages) {
    for (const action of actions.filter(isStack)) {
      const { configuration, role, namespace } = action;
      const roles = await rolesOf(accounts[environment as keyof typeof accounts]);
      for (const one of [role!, String(configuration.RoleArn)]) assert.ok(roles.includes(one), `${one} was made`);
      const overrides = JSON.parse(String(configuration.ParameterOverrides)) as Record<string, string>;
      const parameters = Object.entries(overrides).map(
        ([key, value]) =>
          `ParameterKey=${key},ParameterValue=${value.replace(/^#\{(.+)\}$/, (_, of: string) => outputs.get(of)!)}`,
      );
      const stack = ["--stack-name", String(configuration.StackName)];
      await as(
        ...([role!, "cloudformation", "create-stack", ...stack, "--parameters", ...parameters] as const),
        ...[
          "--template-body",
          `file://${examples}network-compute/${String(configuration.TemplatePath).split("::")[1]}`,
        ],
        ...["--capabilities", String(configuration.Capabilities ?? "CAPABILITY_IAM")],
        ...["--role-arn", String(configuration.RoleArn)],
      );
      const { Stacks } = await as<{ Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[] }>(
        ...([role!, "cloudformation", "describe-stacks", ...stack] as const),
      );
      for (const { OutputKey, OutputValue } of Stacks[0]!.Outputs)
        outputs.set(`${namespace}.${OutputKey}`, OutputValue);
    }
  }

  const own = { qa: "10.20.0.0/16", production: "10.30.0.0/16" };
  for (const [environment, account] of [...Object.entries(accounts), ["nobody", home.account]] as const) {
    const { Vpcs } = await as<{ Vpcs: { CidrBlock: string }[] }>(
      ...([looking(account), "ec2", "describe-vpcs", "--filters", "Name=is-default,Values=false"] as const),
    );
    const expected = Object.hasOwn(own, environment) ? [own[environment as keyof typeof own]] : [];
    assert.deepEqual(
      Vpcs.map(({ CidrBlock }) => CidrBlock),
      expected,
      `${environment}, ${account}`,
    );
    const { Reservations } = await as<{ Reservations: { Instances: { VpcId: string }[] }[] }>(
      ...([looking(account), "ec2", "describe-instances"] as const),
    );
    const machines = Reservations.flatMap(({ Instances }) => Instances.map(({ VpcId }) => VpcId));
    const network = outputs.get(`network-deploy@${environment}.VpcId`);
    assert.deepEqual(machines, network === undefined ? [] : [network], `${environment}, ${account}`);
  }
});
