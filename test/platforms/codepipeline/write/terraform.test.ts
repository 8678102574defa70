/** The Terraform format, through the real Terraform: formatted, valid, and applied to emulated AWS. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { WrittenFile } from "../../../../src/platforms/codepipeline/write/options.ts";
import { type Emulator, startEmulator } from "../../../aws/emulator.ts";
import { terraformEnv } from "../../../generate/machine/terraform.ts";
import { keySettings, readExample, shop, shopSettings, write } from "./written.ts";

const infraWeb = await readExample("infra-web");
const networkCompute = await readExample("network-compute");
const written = {
  shop: write(shop, shopSettings, { format: "terraform" }).files,
  "shop with a key": write(shop, keySettings, { format: "terraform" }).files,
  "shop-separate": write(shop, shopSettings, { format: "terraform", layout: "separate" }).files,
  "network-compute": write(networkCompute.built, networkCompute.settings, { format: "terraform" }).files,
  "infra-web": write(infraWeb.built, infraWeb.settings, { format: "terraform" }).files,
};

describe("Terraform", () => {
  const scratch = mkdtempSync(join(tmpdir(), "baton-terraform-"));
  const env = { ...process.env, ...terraformEnv(scratch) };
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  for (const [name, files] of Object.entries(written)) {
    test(`${name}: formatted and valid`, () => {
      const folder = place(name, files);
      assert.deepEqual(run(folder, env, "fmt", "-check", "-recursive", "-diff"), "");
      run(folder, env, "init", "-input=false", "-no-color");
      assert.match(run(folder, env, "validate", "-no-color"), /The configuration is valid/);
    });
  }

  test("infra-web: two pipelines, made for real, as the service sees them", async () => {
    const folder = place("applied", forEmulator(written["infra-web"]));
    const there = { ...emulator.env, ...terraformEnv(scratch) };
    run(folder, there, "init", "-input=false", "-no-color");
    run(
      folder,
      there,
      "apply",
      "-auto-approve",
      "-input=false",
      "-no-color",
      "-var",
      `connection_arn=${connection}`,
      "-var",
      "repository=owner/infra-web",
    );
    const { pipelines } = await emulator.aws<{ pipelines: { name: string }[] }>("codepipeline", "list-pipelines");
    assert.deepEqual(pipelines.map(({ name }) => name).sort(), ["infra-web-dev", "infra-web-prod"]);
    const { pipeline } = await emulator.aws<{ pipeline: Made }>(
      "codepipeline",
      "get-pipeline",
      "--name",
      "infra-web-prod",
    );
    assert.deepEqual(
      pipeline.stages.map(({ name, actions }) => [
        name,
        ...actions.map((action) => `${action.runOrder} ${action.name}`),
      ]),
      [
        ["Source", "1 repository"],
        ["Build", "1 infra-validate", "2 web-check", "3 web-package"],
        ["prod", "1 infra-apply", "2 web-build", "3 web-deploy"],
      ],
    );
    const [source] = pipeline.stages[0]!.actions;
    assert.deepEqual([source!.configuration.BranchName, source!.configuration.ConnectionArn], ["main", connection]);
    assert.equal(pipeline.stages[2]!.onFailure.result, "ROLLBACK");
    assert.deepEqual(pipeline.triggers[0]!.gitConfiguration.push[0]!.filePaths.includes, ["infra/**", "web/**"]);
    const deploy = pipeline.stages[2]!.actions[2]!;
    assert.deepEqual(
      deploy.inputArtifacts.map(({ name }) => name),
      ["Source", "web_build__prod", "web_package"],
    );
    const read = (JSON.parse(deploy.configuration.EnvironmentVariables!) as { value: string; type?: string }[]).filter(
      ({ type }) => type === "PARAMETER_STORE",
    );
    assert.deepEqual(
      read.map(({ value }) => value),
      ["functionName", "siteBucket", "distributionId"].map(
        (output) => `/pipelines-terraform/prod/infra/${output}/#{codepipeline.PipelineExecutionId}`,
      ),
    );

    const { projects } = await emulator.aws<{
      projects: { name: string; serviceRole: string; source: { buildspec: string } }[];
    }>("codebuild", "batch-get-projects", "--names", deploy.configuration.ProjectName!);
    assert.equal(projects[0]!.source.buildspec, "codepipeline/buildspecs/web-deploy.yml");
    const role = projects[0]!.serviceRole.split("/").at(-1)!;
    const { PolicyDocument } = await emulator.aws<{ PolicyDocument: object }>(
      "iam",
      "get-role-policy",
      "--role-name",
      role,
      "--policy-name",
      "own",
    );
    const allowed = JSON.stringify(PolicyDocument);
    assert.match(allowed, /parameter\/pipelines-terraform\/prod\/infra\/siteBucket\/\*/);
    assert.match(allowed, /function:infra-web-prod/);
    assert.doesNotMatch(allowed, /infra-web-dev|dynamodb|ssm:PutParameter/);
    const [bucket] = (await emulator.aws<{ Buckets: { Name: string }[] }>("s3api", "list-buckets")).Buckets;
    const of = ["--bucket", bucket!.Name];
    const access = await emulator.aws<{ PublicAccessBlockConfiguration: object }>(
      "s3api",
      "get-public-access-block",
      ...of,
    );
    assert.deepEqual(Object.values(access.PublicAccessBlockConfiguration), [true, true, true, true]);
    assert.equal((await emulator.aws<{ Status: string }>("s3api", "get-bucket-versioning", ...of)).Status, "Enabled");
    assert.match(
      (await emulator.aws<{ Policy: string }>("s3api", "get-bucket-policy", ...of)).Policy,
      /aws:SecureTransport/,
    );
    const rules = await emulator.aws<{ Rules: { Name: string }[] }>("events", "list-rules");
    assert.deepEqual(rules.Rules.map(({ Name }) => Name).sort(), ["infra-web-tell-failed", "infra-web-tell-passed"]);
  });

  test("network-compute: the function that rolls back, with its source from beside the module", async () => {
    const folder = place("rollback", forEmulator(written["network-compute"]));
    const there = { ...emulator.env, ...terraformEnv(scratch) };
    run(folder, there, "init", "-input=false", "-no-color");
    run(
      folder,
      there,
      "apply",
      "-auto-approve",
      "-input=false",
      "-no-color",
      "-var",
      `connection_arn=${connection}`,
      "-var",
      "repository=owner/network-compute",
    );
    const made = await emulator.aws<{ Configuration: { Environment: { Variables: Record<string, string> } } }>(
      "lambda",
      "get-function",
      "--function-name",
      "network-compute-rollback",
    );
    assert.deepEqual(JSON.parse(made.Configuration.Environment.Variables.STAGES!), {
      "network-compute": ["qa", "production"],
    });
    for (const rule of ["network-compute-deployment-failed", "network-compute-alarm-rings"]) {
      const { Targets } = await emulator.aws<{ Targets: { Arn: string }[] }>(
        "events",
        "list-targets-by-rule",
        "--rule",
        rule,
      );
      assert.match(Targets[0]!.Arn, /:function:network-compute-rollback$/);
    }
    const { pipeline } = await emulator.aws<{ pipeline: Made }>(
      "codepipeline",
      "get-pipeline",
      "--name",
      "network-compute",
    );
    assert.deepEqual(
      pipeline.stages.map(({ name }) => name),
      ["Source", "qa", "Approve-production", "production"],
    );
  });

  function place(name: string, files: readonly WrittenFile[]): string {
    for (const { path, text } of files) {
      mkdirSync(dirname(join(scratch, name, path)), { recursive: true });
      writeFileSync(join(scratch, name, path), text);
    }
    return join(scratch, name, "codepipeline");
  }
});

const connection = "arn:aws:codeconnections:eu-central-1:123456789012:connection/11111111-2222-3333-4444-555555555555";

/** Its provider waits a minute for a lifecycle rule that the emulator has at once; how to reach the emulator. */
function forEmulator(files: readonly WrittenFile[]): WrittenFile[] {
  const provider = `provider "aws" {\n  max_retries       = 1\n  s3_use_path_style = true\n}\n`;
  return [
    ...files.map((file) => ({ ...file, text: file.text.replace(/# The rule for old versions[\s\S]*?\n}\n\n/, "") })),
    { path: "codepipeline/provider.tf", text: provider },
  ];
}

interface Made {
  stages: {
    name: string;
    onFailure: { result: string };
    actions: {
      name: string;
      runOrder: number;
      configuration: Record<string, string>;
      inputArtifacts: { name: string }[];
    }[];
  }[];
  triggers: { gitConfiguration: { push: { filePaths: { includes: string[] } }[] } }[];
}

/** What Terraform prints; fails with its complaint. */
function run(folder: string, env: NodeJS.ProcessEnv, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync("terraform", args, {
    cwd: folder,
    env,
    encoding: "utf8",
    timeout: 300_000,
  });
  assert.equal(
    error,
    undefined,
    "terraform is missing, or took more than five minutes; install Terraform 1.5 or later",
  );
  assert.equal(status, 0, `${stderr}\n${stdout}`);
  return stdout;
}
