/** The table and the function as the template makes them, on emulated AWS, with the real client library of AWS. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Emulator, startEmulator } from "../../../aws/emulator.ts";
import { emulator, fullDepth } from "../../../lane/needs.ts";
import { readExample, write } from "../write/written.ts";
import { type HandOverFunction, startFunction } from "./function.ts";

const { built, settings } = await readExample("network-compute");
const template = write(built, { ...settings, rollback: "stage", alarms: {} }, { layout: "separate" }).files[0]!.text;

describe("the hand-over, deployed", fullDepth(...emulator, "zip"), () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-deployed-"));
  let emulator: Emulator;
  let handOver: HandOverFunction;
  /** Named by CloudFormation. */
  let table: string;

  before(async () => {
    emulator = await startEmulator();
    writeFileSync(join(folder, "pipeline.yaml"), template);
    const connection =
      "arn:aws:codeconnections:eu-central-1:123456789012:connection/11111111-2222-3333-4444-555555555555";
    const parameters = [`ConnectionArn,ParameterValue=${connection}`, "Repository,ParameterValue=owner/name"];
    await emulator.aws(
      ...["cloudformation", "create-stack", "--stack-name", "pipelines", "--capabilities", "CAPABILITY_IAM"],
      ...["--template-body", `file://${folder}/pipeline.yaml`],
      ...["--parameters", ...parameters.map((one) => `ParameterKey=${one}`)],
    );
    const { Environment } = await emulator.aws<{ Environment: { Variables: Record<string, string> } }>(
      ...["lambda", "get-function-configuration", "--function-name", "network-compute-hand-over"],
    );
    table = Environment.Variables.TABLE!;
    const { Code } = await emulator.aws<{ Code: { Location: string } }>(
      ...["lambda", "get-function", "--function-name", "network-compute-hand-over"],
    );
    assert.ok(Code.Location);
    // Unpacked by the service, the source is the one of the template.
    const source = /ZipFile: \|\n((?: {10}.*\n|\n)+)/.exec(template)![1]!.replaceAll(/^ {10}/gm, "");
    handOver = await startFunction(source, { env: { ...emulator.env, ...Environment.Variables } });
    await emulator.aws("s3api", "create-bucket", "--bucket", "sources", ...location);
  });
  after(async () => {
    await handOver[Symbol.asyncDispose]();
    await emulator[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the table is as the function wants it: by place and what, with an end for proofs, protected", async () => {
    const { Table } = await emulator.aws<{
      Table: {
        KeySchema: { AttributeName: string }[];
        BillingModeSummary: { BillingMode: string };
        SSEDescription?: object;
      };
    }>("dynamodb", "describe-table", "--table-name", table);
    assert.deepEqual(
      Table.KeySchema.map(({ AttributeName }) => AttributeName),
      ["place", "what"],
    );
    assert.equal(Table.BillingModeSummary.BillingMode, "PAY_PER_REQUEST");
    const { Rules } = await emulator.aws<{ Rules: { Name: string; EventPattern: string }[] }>("events", "list-rules");
    const rule = Rules.find(({ Name }) => Name === "network-compute-stage-passed")!;
    assert.deepEqual(JSON.parse(rule.EventPattern).detail.pipeline, ["network-compute-network"]);
    const { Targets } = await emulator.aws<{ Targets: { Arn: string }[] }>(
      ...["events", "list-targets-by-rule", "--rule", rule.Name],
    );
    assert.match(Targets[0]!.Arn, /:function:network-compute-hand-over$/);
  });

  test("a release goes through two pipelines and two environments", async () => {
    await commit("c1", { "network.yaml": "n1", "compute.yaml": "c1" });
    const early = await start("compute");
    assert.deepEqual(await ask("gate", { pipeline: "compute", run: early, environment: "qa" }), {
      GO: "no",
      REASON: "network is not there yet",
    });
    await ended("compute", early);

    const network = await start("network");
    assert.equal((await ask("gate", { pipeline: "network", run: network, environment: "qa" })).GO, "yes");
    const waiting = await start("compute");
    assert.equal(
      await ask("gate", { pipeline: "compute", run: waiting, environment: "qa" }),
      null,
      "the lock is taken",
    );
    await ask("enter", { pipeline: "network", run: network, environment: "qa" });
    await ask("leave", { pipeline: "network", run: network, environment: "qa", outputs: { vpcId: "vpc-1" } });
    assert.equal((await ask("gate", { pipeline: "compute", run: waiting, environment: "qa" })).GO, "yes");
    assert.deepEqual(await ask("enter", { pipeline: "compute", run: waiting, environment: "qa" }), {
      RUN_network: network,
      OUTPUT_network_vpcId: "vpc-1",
    });
    await ask("leave", { pipeline: "compute", run: waiting, environment: "qa" });
    assert.equal((await ask("ready", { pipeline: "compute", run: waiting, environment: "production" })).READY, "no");
    await ask("gate", { pipeline: "network", run: network, environment: "production", ready: "yes" });
    await ask("enter", { pipeline: "network", run: network, environment: "production" });
    await ask("leave", { pipeline: "network", run: network, environment: "production" });
    const { result } = await handOver.ask<{ result: string[] }>({ event: passed("network", "production") });
    assert.deepEqual(result, ["network-compute-compute"]);
    const { pipelineExecutionSummaries } = await emulator.aws<{
      pipelineExecutionSummaries: { pipelineExecutionId: string }[];
    }>("codepipeline", "list-pipeline-executions", "--pipeline-name", "network-compute-compute");
    const started = pipelineExecutionSummaries[0]!.pipelineExecutionId;
    const { clientRequestToken: _token, ...asked } = (await told("compute", started, {})).asked;
    assert.deepEqual(asked, {
      name: "network-compute-compute",
      sourceRevisions: [{ actionName: "repository", revisionType: "COMMIT_ID", revisionValue: "c1" }],
      variables: [{ name: "BATON_FROM", value: "production" }],
    });
    const only = { pipeline: "compute", run: started, from: "production" };
    assert.equal((await ask("gate", { ...only, environment: "qa" })).REASON, "this run begins with production");
    assert.equal((await ask("ready", { ...only, environment: "production" })).READY, "yes");
    assert.equal((await ask("gate", { ...only, environment: "production", ready: "no" })).GO, "no");
  });

  test("a lock whose holder has ended is taken over; one whose holder is at work is not", async () => {
    const holder = await start("network");
    assert.equal((await ask("gate", { pipeline: "network", run: holder, environment: "qa" })).GO, "yes");
    const next = await start("network");
    assert.equal(await ask("gate", { pipeline: "network", run: next, environment: "qa" }), null);
    await ended("network", holder);
    assert.equal((await ask("gate", { pipeline: "network", run: next, environment: "qa" })).GO, "yes");
    const unknown = randomUUID();
    await emulator.aws(
      ...["dynamodb", "put-item", "--table-name", table, "--item"],
      JSON.stringify({
        place: { S: "qa" },
        what: { S: "lock" },
        run: { S: unknown },
        codepipeline: { S: "network-compute-network" },
      }),
    );
    assert.equal((await ask("gate", { pipeline: "network", run: next, environment: "qa" })).GO, "yes");
    await ended("network", next);
  });

  test("other sources than those that are there: no entry, with the reason; an action that breaks says so", async () => {
    await commit("c2", { "network.yaml": "n2", "compute.yaml": "c1" });
    const run = await start("compute");
    assert.match(
      (await ask("gate", { pipeline: "compute", run, environment: "qa", commit: "c2" })).REASON!,
      /the network that is there was made from other sources \(commit c1\)/,
    );
    const job = randomUUID();
    const refused = await ask("enter", { pipeline: "compute", run, environment: "qa", commit: "c2", job });
    assert.match(refused.failed!, /compute cannot be deployed to qa now/);
    const answer = await (await fetch(`${emulator.endpoint}/emulator/answers/${job}`)).json();
    assert.equal((answer as { failureDetails: { type: string } }).failureDetails.type, "JobFailed");
  });

  const location = ["--create-bucket-configuration", "LocationConstraint=eu-central-1"];

  const start = async (pipeline: string) =>
    (
      await emulator.aws<{ pipelineExecutionId: string }>(
        ...["codepipeline", "start-pipeline-execution", "--name", `network-compute-${pipeline}`],
      )
    ).pipelineExecutionId;

  async function told(pipeline: string, run: string, more: object): Promise<{ asked: Record<string, unknown> }> {
    const body = JSON.stringify({ pipeline: `network-compute-${pipeline}`, run, stages: {}, ...more });
    const answer = await fetch(`${emulator.endpoint}/emulator/run`, { method: "POST", body });
    assert.equal(answer.status, 200);
    return (await answer.json()) as { asked: Record<string, unknown> };
  }

  const ended = (pipeline: string, run: string) => told(pipeline, run, { status: "Succeeded" });

  /** The source of a commit, as the source action leaves it. */
  async function commit(name: string, files: Record<string, string>): Promise<void> {
    const place = join(folder, name);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
    }
    const { status, stderr } = spawnSync("zip", ["-qr", `${place}.zip`, "."], { cwd: place, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    await emulator.aws("s3api", "put-object", "--bucket", "sources", "--key", name, "--body", `${place}.zip`);
  }

  const passed = (pipeline: string, stage: string) => ({
    id: randomUUID(),
    "detail-type": "CodePipeline Stage Execution State Change",
    detail: { pipeline: `network-compute-${pipeline}`, stage, state: "SUCCEEDED" },
  });

  async function ask(
    what: string,
    {
      commit: sources = "c1",
      job = randomUUID(),
      ...asked
    }: Record<string, unknown> & { pipeline: string; job?: string },
  ): Promise<Record<string, string>> {
    const UserParameters = JSON.stringify({
      do: what,
      codepipeline: `network-compute-${asked.pipeline}`,
      from: "first",
      commit: sources,
      ...asked,
    });
    const data = {
      actionConfiguration: { configuration: { UserParameters } },
      inputArtifacts: [{ location: { s3Location: { bucketName: "sources", objectKey: sources } } }],
    };
    const { result } = await handOver.ask<{ result: Record<string, string> }>({
      event: { "CodePipeline.job": { id: job, data } },
    });
    return result;
  }
});
