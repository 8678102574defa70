/**
 * What build machines do, done here: the buildspecs of a delivery run stage by stage, with variables filled in as the
 * service fills them in, against emulated Parameter Store, S3 and CloudFront, by the real AWS CLI.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import type {
  EnvironmentVariable,
  PipelineResource,
  Project,
} from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { type Emulator, startEmulator } from "../../../aws/emulator.ts";
import { emulator, fullDepth } from "../../../lane/needs.ts";
import { type Buildspec, PipelineRun } from "./pipeline-run.ts";
import { shop, shopSettings } from "./written.ts";

const commit = "4f2a";
const infrastructure = lowerDelivery(shop, {
  layout: "single",
  format: "cloudformation",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse(shopSettings),
});
const pipeline = infrastructure.resources.find((one): one is PipelineResource => one.kind === "pipeline")!;
const projects = infrastructure.resources.filter((one): one is Project => one.kind === "project");

describe("a run of the shop", fullDepth(...emulator), () => {
  let emulator: Emulator;
  const folder = mkdtempSync(join(tmpdir(), "baton-builds-"));
  const id = "11111111-2222-3333-4444-555555555555";
  let run: PipelineRun;

  before(async () => {
    emulator = await startEmulator();
    run = new PipelineRun({
      emulator,
      folder,
      id,
      commit,
      fillSource(source) {
        mkdirSync(join(source, "web"));
        writeFileSync(join(source, "web/index.html"), "<h1>shop</h1>");
      },
    });
    for (const environment of ["test", "prod"]) {
      await emulator.aws(
        "secretsmanager",
        "create-secret",
        "--name",
        `shop/${environment}/TOKEN`,
        "--secret-string",
        `secret of ${environment}`,
      );
    }
  });
  after(async () => {
    await emulator[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test("every stage builds, and what is handed on is that of the same run", async () => {
    // Another run's values stand beside ours, newer than anything: nobody may read them.
    await emulator.aws(
      "ssm",
      "put-parameter",
      "--name",
      "/shop/test/infra/siteBucket/other",
      "--type",
      "String",
      "--value",
      "not-ours",
    );
    assert.equal(await build("Build", "web-test-22"), 0);
    assert.equal(await build("Build", "web-build"), 0);
    assert.equal(await build("test", "infra-apply"), 0);
    const { Parameters } = await emulator.aws<{ Parameters: { Name: string; Value: string }[] }>(
      "ssm",
      "get-parameters-by-path",
      "--recursive",
      "--path",
      "/shop",
    );
    const values = Object.fromEntries(Parameters.map(({ Name, Value }) => [Name, Value]));
    assert.deepEqual(values, {
      [`/shop/release/web/version/${id}`]: `1.0-${id}`,
      "/shop/test/infra/siteBucket/other": "not-ours",
      [`/shop/test/infra/siteBucket/${id}`]: "shop-test-t",
      [`/shop/test/infra/apiUrl/${id}`]: `https://api.example.com/${commit}`,
      [`/shop/test/infra/limits/${id}`]: '{"users":\n 3}',
      "/shop/test/api": `https://api.example.com/${commit}`,
    });
    assert.equal(await build("test", "web-deploy"), 0);
    const site = join(folder, "site");
    spawnSync("aws", ["s3", "sync", "--quiet", "s3://shop-test-t", site], { env: emulator.env });
    assert.equal(
      readFileSync(join(site, "settings.txt"), "utf8"),
      `a "quoted" $(touch owned) https://api.example.com/${commit}|{"users":\n 3}|secret of test|${commit}`,
    );
    assert.equal(readFileSync(join(site, ".well-known/x"), "utf8"), "hidden\n");
    assert.equal(readFileSync(join(site, "home.html"), "utf8"), "<h1>shop</h1>");
    const { Parameter } = await emulator.aws<{ Parameter: { Value: string } }>(
      "ssm",
      "get-parameter",
      "--name",
      "/shop/web/last",
    );
    assert.equal(Parameter.Value, commit);
  });

  test("a job whose failure gates nothing passes, and says that it failed", async () => {
    assert.equal(await build("test", "web-invalidate"), 0);
    assert.match(lastOutput, /The job failed; nothing waits for it to pass/);
    assert.match(lastOutput, /NoSuchDistribution/);
  });

  test("a step of another environment or parameter runs there and fails the build", async () => {
    assert.equal(await build("prod", "infra-apply"), 0);
    assert.notEqual(await build("prod", "web-deploy"), 0);
    assert.doesNotMatch(lastOutput, /upload/);
    assert.notEqual(await build("test", "web-deploy", { size: "large" }), 0);
  });

  test("what was promised and is not there, not its type, or not promised fails the job", async () => {
    const publish = (text: string) => publishing(text);
    assert.match(await publish("apiUrl=https://x.example\nlimits={}\n"), /siteBucket was promised and not published/);
    assert.match(
      await publish("siteBucket=b\napiUrl=nowhere\nlimits={}\n"),
      /apiUrl was promised as url, and its value is not an absolute http or https URL/,
    );
    assert.match(await publish("siteBucket=b\napiUrl=https://x\nlimits={\n"), /limits was promised as json/);
    assert.match(
      await publish("siteBucket=b\napiUrl=https://x\nlimits=1\nother=2\n"),
      /other was published and is not promised/,
    );
    assert.match(await publish("siteBucket=\napiUrl=https://x\nlimits=1\n"), /siteBucket is empty/);
    assert.match(await publish("what is this\n"), /neither name=value nor name<<MARK/);
    assert.match(await publish("siteBucket<<E\nno end\n"), /never closed/);
    assert.equal(await publish("siteBucket=a\nsiteBucket=file:///etc/hostname\napiUrl=https://x\nlimits=1\r\n"), "");
    const { Parameter } = await emulator.aws<{ Parameter: { Value: string } }>(
      "ssm",
      "get-parameter",
      "--name",
      "/shop/test/infra/siteBucket/r2",
    );
    assert.equal(Parameter.Value, "file:///etc/hostname");
  });

  let lastOutput = "";

  async function publishing(text: string): Promise<string> {
    const { commands = [] } = specOf("infra-apply").phases.build!;
    const command = /# Publish the outputs\n([\s\S]*?)\n\} \|\| return/.exec(commands.join("\n"))![1]!;
    const file = join(folder, "outputs");
    writeFileSync(file, text);
    const env = { ...emulator.env, BATON_OUTPUT: file, BATON_ENVIRONMENT: "test", BATON_RUN: "r2" };
    const { status, stderr } = spawnSync("bash", ["-c", command], { env, encoding: "utf8" });
    assert.equal(status === 0, stderr === "", stderr);
    return stderr;
  }

  function specOf(name: string): Buildspec {
    return parse(infrastructure.buildspecs.find(({ path }) => path.endsWith(`/${name}.yml`))!.text) as Buildspec;
  }

  /** Runs an action as CodeBuild would; its exit code. */
  async function build(stage: string, name: string, parameters = { size: "small" }): Promise<number> {
    const action = pipeline.stages.find((one) => one.name === stage)!.actions.find((one) => one.name === name)!;
    const [reference] = action.configuration.ProjectName as unknown as [{ of: string }];
    const project = projects.find(({ id }) => id === reference.of)!;
    const running = JSON.parse(action.configuration.EnvironmentVariables as string) as EnvironmentVariable[];
    const { status, output } = await run.build({
      ...action,
      inputs: action.inputs.slice(1),
      variables: [...project.variables.map((one) => ({ ...one, value: String(one.value) })), ...running],
      buildspec: infrastructure.buildspecs.find(({ path }) => path === project.buildspec)!.text,
      parameters,
    });
    lastOutput = output;
    return status;
  }
});

test("a source has the files that the projects name, and nothing else is written", () => {
  assert.deepEqual(
    infrastructure.buildspecs.map(({ path }) => path).sort(),
    [...new Set(projects.map(({ buildspec }) => buildspec))].sort(),
  );
});
