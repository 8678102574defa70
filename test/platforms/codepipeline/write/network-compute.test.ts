/** The example's own infrastructure and its pipeline's, created for real on emulated AWS and looked at through its services. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type {
  Action,
  LambdaFunction,
  PipelineResource,
} from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { answered } from "../../../aws/commands.ts";
import { type Emulator, startEmulator } from "../../../aws/emulator.ts";
import { emulator, fullDepth } from "../../../lane/needs.ts";
import type { MadePipeline } from "./applied-terraform.ts";
import { loadedFunction } from "./loaded-function.ts";
import { examples, readExample } from "./written.ts";

const { built, settings } = await readExample("network-compute");
const infrastructure = lowerDelivery(built, {
  layout: "single",
  format: "cloudformation",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse(settings),
});
const pipeline = infrastructure.resources.find((one): one is PipelineResource => one.kind === "pipeline")!;
const { source } = infrastructure.resources.find((one): one is LambdaFunction => one.id === "Rollback")!;

describe("network and compute in QA, approval, network and compute in production", fullDepth(...emulator), () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator[Symbol.asyncDispose]());

  test("the actions of the pipeline, in their order, make two environments that share nothing", async () => {
    const outputs = new Map<string, string>();
    for (const { actions } of pipeline.stages) {
      for (const action of actions) if (action.provider === "CloudFormation") await deploy(action, outputs);
    }
    const { Vpcs } = await emulator.aws<{
      Vpcs: { VpcId: string; CidrBlock: string; Tags?: { Key: string; Value: string }[] }[];
    }>("ec2", "describe-vpcs", "--filters", "Name=is-default,Values=false");
    const named = Vpcs.map(({ CidrBlock, Tags }) => [Tags?.find(({ Key }) => Key === "Name")?.Value, CidrBlock]).sort();
    assert.deepEqual(named, [
      ["production", "10.30.0.0/16"],
      ["qa", "10.20.0.0/16"],
    ]);
    const { Reservations } = await emulator.aws<{
      Reservations: {
        Instances: {
          VpcId: string;
          SubnetId: string;
          InstanceType: string;
          PublicIpAddress?: string;
        }[];
      }[];
    }>("ec2", "describe-instances");
    const machines = Reservations.flatMap(({ Instances }) => Instances);
    assert.deepEqual(
      machines.map(({ InstanceType }) => InstanceType),
      ["t3.micro", "t3.small"],
    );
    assert.deepEqual(
      machines.map(({ VpcId }) => VpcId),
      [outputs.get("network-deploy@qa.VpcId"), outputs.get("network-deploy@production.VpcId")],
    );
    assert.deepEqual(
      machines.map(({ SubnetId }) => SubnetId),
      [outputs.get("network-deploy@qa.PrivateSubnetId"), outputs.get("network-deploy@production.PrivateSubnetId")],
    );
    const { SecurityGroups } = await emulator.aws<{
      SecurityGroups: { IpPermissions: unknown[]; VpcId: string }[];
    }>("ec2", "describe-security-groups", "--filters", "Name=description,Values=Nothing in*");
    assert.deepEqual(
      SecurityGroups.map(({ VpcId, IpPermissions }) => [VpcId, IpPermissions.length]).sort(),
      machines.map(({ VpcId }) => [VpcId, 0]).sort(),
    );
    const { RouteTables } = await emulator.aws<{
      RouteTables: { VpcId: string; Routes: { GatewayId?: string }[] }[];
    }>("ec2", "describe-route-tables");
    for (const { VpcId } of machines) {
      const ways = RouteTables.filter((table) => table.VpcId === VpcId).map(({ Routes }) => Routes.length);
      assert.deepEqual(ways.sort(), [1, 1, 2], "only the public table of a network has a way out");
    }
  });

  test("the pipeline's own stack tells the team, and the function rolls back what failed and what rings", async () => {
    const template = `file://${examples}network-compute/codepipeline/pipeline.yaml`;
    const connection =
      "arn:aws:codeconnections:eu-central-1:123456789012:connection/11111111-2222-3333-4444-555555555555";
    const parameters = [
      ["ConnectionArn", connection],
      ["Repository", "owner/network-compute"],
      ["NotificationEmail", "team@example.com"],
    ];
    await emulator.aws(
      "cloudformation",
      "create-stack",
      "--stack-name",
      "pipelines",
      "--capabilities",
      "CAPABILITY_IAM",
      "--template-body",
      template,
      "--parameters",
      ...parameters.map(([key, value]) => `ParameterKey=${key},ParameterValue=${value}`),
    );
    const { Topics } = await emulator.aws<{ Topics: { TopicArn: string }[] }>("sns", "list-topics");
    assert.deepEqual(
      Topics.map(({ TopicArn }) => TopicArn.split(":").at(-1)),
      ["network-compute-pipelines"],
    );
    const { Rules } = await emulator.aws<{ Rules: { Name: string }[] }>("events", "list-rules");
    assert.deepEqual(
      Rules.map(({ Name }) => Name).sort(),
      ["alarm-rings", "deployment-failed", "tell-failed", "tell-passed"].map((name) => `network-compute-${name}`),
    );
    const { Targets } = await emulator.aws<{ Targets: { Arn: string }[] }>(
      "events",
      "list-targets-by-rule",
      "--rule",
      "network-compute-deployment-failed",
    );
    assert.match(Targets[0]!.Arn, /:function:network-compute-rollback$/);
    const { Environment } = await emulator.aws<{ Environment: { Variables: Record<string, string> } }>(
      "lambda",
      "get-function-configuration",
      "--function-name",
      "network-compute-rollback",
    );
    const [bucket] = (await emulator.aws<{ Buckets: { Name: string }[] }>("s3api", "list-buckets")).Buckets;
    const { ServerSideEncryptionConfiguration } = await emulator.aws<{
      ServerSideEncryptionConfiguration: { Rules: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: string } }[] };
    }>("s3api", "get-bucket-encryption", "--bucket", bucket!.Name);
    assert.equal(
      ServerSideEncryptionConfiguration.Rules[0]!.ApplyServerSideEncryptionByDefault.SSEAlgorithm,
      "aws:kms",
    );

    const made = await emulator.aws<{ pipeline: MadePipeline }>(
      "codepipeline",
      "get-pipeline",
      "--name",
      pipeline.name,
    );
    assert.deepEqual(
      made.pipeline.stages.map(({ name, actions }) => [name, actions.map((action) => action.name)]),
      pipeline.stages.map(({ name, actions }) => [name, actions.map((action) => action.name)]),
    );
    assert.equal(made.pipeline.stages[0]!.actions[0]!.configuration.ConnectionArn, connection);
    const start = async () =>
      (
        await emulator.aws<{ pipelineExecutionId: string }>(
          "codepipeline",
          "start-pipeline-execution",
          "--name",
          pipeline.name,
        )
      ).pipelineExecutionId;
    const oldest = await start();
    await passes(oldest, { qa: "Succeeded", production: "Succeeded" });
    const good = await start();
    await passes(good, { qa: "Succeeded", production: "Succeeded" });
    const bad = await start();
    await passes(bad, { qa: "Succeeded", production: "Failed" });
    const failed = {
      "detail-type": "CodePipeline Stage Execution State Change",
      detail: { pipeline: pipeline.name, stage: "production", state: "FAILED", "execution-id": bad },
    };
    const rings = {
      "detail-type": "CloudWatch Alarm State Change",
      time: "2026-01-01T12:03:00Z",
      detail: { alarmName: "compute-production-unhealthy", state: { value: "ALARM" } },
    };
    const ended = { "network-deploy": { status: "Succeeded", lastStatusChange: Date.UTC(2026, 0, 1, 12) / 1000 } };

    const [first] = await hear(failed, Environment.Variables);
    assert.deepEqual([first!.result, first!.stage, first!.to], ["is rolled back", "production", good]);
    const { pipelineExecutionSummaries } = await emulator.aws<{
      pipelineExecutionSummaries: { pipelineExecutionId: string; executionType: string }[];
    }>("codepipeline", "list-pipeline-executions", "--pipeline-name", pipeline.name);
    const rollback = pipelineExecutionSummaries[0]!;
    assert.equal(rollback.executionType, "ROLLBACK");
    await passes(rollback.pipelineExecutionId, { production: "Failed" });
    const again = { ...failed, detail: { ...failed.detail, "execution-id": rollback.pipelineExecutionId } };
    assert.equal((await hear(again, Environment.Variables))[0]!.result, "needs you", "a rollback is never rolled back");

    const late = await start();
    await passes(late, { qa: "Succeeded", production: "Succeeded" }, { actions: { production: ended } });
    const [second] = await hear(rings, Environment.Variables);
    assert.deepEqual([second!.from, second!.to], [late, good], "an alarm takes what is deployed away");
    assert.deepEqual(
      await hear({ ...rings, detail: { ...rings.detail, state: { value: "OK" } } }, Environment.Variables),
      [],
    );
    assert.deepEqual(
      await hear({ ...failed, detail: { ...failed.detail, stage: "Source" } }, Environment.Variables),
      [],
    );
    const last = await start();
    await passes(last, { production: "Failed" });
    for (const one of [oldest, good]) await passes(one, {}, { version: 7 });
    const changed = { ...failed, detail: { ...failed.detail, "execution-id": last } };
    assert.deepEqual(await hear(failed, Environment.Variables), [], "what is in the stage now is another run");
    const [third] = await hear(changed, Environment.Variables);
    assert.equal(third!.result, "needs you", "a run of another form of the pipeline is no target");
  });

  /** What the CloudFormation action does with its configuration. */
  async function deploy({ configuration, namespace }: Action, outputs: Map<string, string>): Promise<void> {
    const stack = configuration.StackName as string;
    const overrides = JSON.parse(configuration.ParameterOverrides as string) as Record<string, string>;
    const parameters = Object.entries(overrides).map(([key, value]) => {
      const filled = value.replace(/^#\{(.+)\}$/, (_, name: string) => outputs.get(name)!);
      return `ParameterKey=${key},ParameterValue=${filled}`;
    });
    const template = `file://${examples}network-compute/${(configuration.TemplatePath as string).split("::")[1]}`;
    await emulator.aws(
      "cloudformation",
      "create-stack",
      "--stack-name",
      stack,
      "--template-body",
      template,
      "--parameters",
      ...parameters,
      "--capabilities",
      (configuration.Capabilities as string | undefined) ?? "CAPABILITY_IAM",
    );
    const { Stacks } = await emulator.aws<{ Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[] }>(
      "cloudformation",
      "describe-stacks",
      "--stack-name",
      stack,
    );
    for (const { OutputKey, OutputValue } of Stacks[0]!.Outputs) outputs.set(`${namespace}.${OutputKey}`, OutputValue);
  }

  async function passes(run: string, stages: Record<string, string>, more: object = {}): Promise<void> {
    const body = JSON.stringify({ pipeline: pipeline.name, run, stages, status: "Succeeded", ...more });
    const answer = await fetch(`${emulator.endpoint}/emulator/run`, { method: "POST", body });
    assert.equal(answer.status, 200);
  }

  /** The source that is deployed, with the settings that it is deployed with. */
  async function hear(
    event: object,
    env: Record<string, string>,
  ): Promise<{ result: string; stage: string; from?: string; to?: string }[]> {
    const answer = (command: string, input: object) => answered(emulator, command, input);
    return (await loadedFunction(source, { env, answer })(event)) as never;
  }
});

test("the function in the template is the one that is tested", () => {
  const template = readFileSync(`${examples}network-compute/codepipeline/pipeline.yaml`, "utf8");
  const indented = source
    .trimEnd()
    .split("\n")
    .map((line) => (line === "" ? "" : `          ${line}`))
    .join("\n");
  assert.ok(template.includes(indented));
});
