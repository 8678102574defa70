/** Files that one separate pipeline leaves and another takes: by real builds, the real function and the real AWS CLI. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type {
  Action,
  EnvironmentVariable,
  PipelineResource,
  Project,
} from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { type Emulator, startEmulator } from "../../../aws/emulator.ts";
import { emulator, fullDepth } from "../../../lane/needs.ts";
import { type Built, PipelineRun } from "../write/pipeline-run.ts";
import { toolShop } from "../write/written.ts";
import { startFunction } from "./function.ts";

const { resources, buildspecs } = lowerDelivery(toolShop, {
  layout: "separate",
  format: "cloudformation",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse({}),
});
const pipelineNamed = (name: string) =>
  resources.find((one): one is PipelineResource => one.kind === "pipeline" && one.name === name)!;
const actionOf = (name: string, action: string) =>
  pipelineNamed(name)
    .stages.flatMap(({ actions }) => actions)
    .find((one) => one.name === action)!;
const location = ["--create-bucket-configuration", "LocationConstraint=eu-central-1"];
const handOver = resources.find((one) => one.kind === "function" && one.id === "HandOver")!;

describe("files between separate pipelines", fullDepth(...emulator, "zip"), () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-handed-"));
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
    for (const bucket of ["artifacts", "handed"])
      await emulator.aws("s3api", "create-bucket", "--bucket", bucket, ...location);
    await emulator.aws(
      ...["dynamodb", "create-table", "--table-name", "books", "--billing-mode", "PAY_PER_REQUEST"],
      ...["--attribute-definitions", "AttributeName=place,AttributeType=S", "AttributeName=what,AttributeType=S"],
      ...["--key-schema", "AttributeName=place,KeyType=HASH", "AttributeName=what,KeyType=RANGE"],
    );
  });
  after(async () => {
    await emulator[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test("what is deployed is copied when it is written down, and laid where the consumer wants it, as it was", async () => {
    const producer = runOf("run-of-lib");
    assert.deepEqual(await build(producer, actionOf("shop-lib", "lib-build")), { status: 0, output: "" });
    // CodePipeline keeps artifacts as zip files.
    const zip = join(folder, "package.zip");
    const zipped = spawnSync("zip", ["-qr", zip, "."], { cwd: producer.artifact("lib_build"), encoding: "utf8" });
    assert.equal(zipped.status, 0, zipped.stderr);
    await emulator.aws(
      "s3api",
      "put-object",
      "--bucket",
      "artifacts",
      "--key",
      "shop-lib/lib_build/a1b2",
      "--body",
      zip,
    );
    await emulator.aws("s3api", "put-object", "--bucket", "artifacts", "--key", "shop-lib/Source/c3d4", "--body", zip);

    const leave = actionOf("shop-lib", "leave-test");
    assert.deepEqual(leave.inputs, ["Source", "lib_build"]);
    const at = (name: string, key: string) => ({
      name,
      location: { s3Location: { bucketName: "artifacts", objectKey: key } },
    });
    assert.ok(handOver.kind === "function" && typeof handOver.source === "string");
    await using called = await startFunction(handOver.source, {
      env: { ...emulator.env, TABLE: "books", HANDED: "handed" },
    });
    const UserParameters = String(leave.configuration.UserParameters)
      .replace("#{codepipeline.PipelineExecutionId}", "run-of-lib")
      .replace("#{SourceVariables.CommitId}", "4f2a");
    const data = {
      actionConfiguration: { configuration: { UserParameters } },
      inputArtifacts: [at("Source", "shop-lib/Source/c3d4"), at("lib_build", "shop-lib/lib_build/a1b2")],
    };
    const { result } = await called.ask<{ result: object }>({ event: { "CodePipeline.job": { id: "job", data } } });
    assert.deepEqual(Object.keys(result), ["DIGEST"]);

    const consumer = runOf("run-of-web");
    const deploy = actionOf("shop-web", "web-deploy");
    assert.deepEqual(deploy.inputs, ["Source"], "what another pipeline left is no artifact of this one");
    const { status, output } = await build(consumer, deploy);
    assert.equal(status, 0, output);
    const said = spawnSync("tar", ["-xOf", join(consumer.artifact("web_deploy__test"), "said.tar")], {
      encoding: "utf8",
    });
    assert.equal(said.stdout, "hello\n");
  });

  test("who takes may read that file and no other; what is there now never expires", () => {
    const role = resources.find((one) => one.kind === "role" && one.id === "WebDeployTestRole")!;
    assert.ok(role.kind === "role");
    const taking = role.statements.find(({ sid }) => sid === "TakeHanded")!;
    assert.deepEqual(taking.resources, [[{ of: "Handed", attribute: "arn" }, "/test/lib/lib_build.zip"]]);
    const bucket = resources.find((one) => one.kind === "bucket" && one.id === "Handed")!;
    assert.ok(bucket.kind === "bucket");
    assert.equal(bucket.expireDays, undefined);
  });

  const runOf = (id: string) =>
    new PipelineRun({
      emulator,
      folder,
      id,
      commit: "4f2a",
      fillSource(source) {
        mkdirSync(join(source, "lib"));
        writeFileSync(join(source, "lib/tool"), "#!/bin/sh\necho hello\n");
      },
    });

  async function build(run: PipelineRun, action: Action): Promise<Built> {
    const [reference] = action.configuration.ProjectName as unknown as [{ of: string }];
    const project = resources.find((one): one is Project => one.kind === "project" && one.id === reference.of)!;
    const running = JSON.parse(action.configuration.EnvironmentVariables as string) as EnvironmentVariable[];
    const own = project.variables.map(({ value, ...one }) => ({
      ...one,
      // The only name that a build learns from a resource.
      value: typeof value === "string" ? value : "handed",
    }));
    return run.build({
      ...action,
      inputs: action.inputs.slice(1),
      variables: [...own, ...running],
      buildspec: buildspecs.find(({ path }) => path === project.buildspec)!.text,
    });
  }
});
