/**
 * The commands of docs/generate-codepipeline.md that put pipelines on AWS, by the programs that the page names, on emulated
 * AWS; what they made is looked at through the services.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { cdkPackages } from "../../src/platforms/codepipeline/write/cdk-packages.ts";
import { type Emulator, startEmulator } from "../aws/emulator.ts";
import { titledFiles } from "../cli/console-blocks.ts";
import { batonFile, type Sandbox, sandbox } from "../cli/sandbox.ts";
import { emulator, fullDepth } from "../lane/needs.ts";
import { cdkModules } from "../lane/programs.ts";
import { connection, forEmulator, type MadePipeline } from "../platforms/codepipeline/write/applied-terraform.ts";
import { terraformEnv } from "./machine/terraform.ts";

const read = (page: string) => readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
const blocks = Array.from(read("generate-codepipeline.md").matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, text]) => text!);
const block = (words: string) => blocks.find((text) => text.includes(words))!;

const bucket = "acme-templates";

/** What the page leaves to its reader. */
const filled = (text: string) =>
  text
    .replaceAll(/\bARN\b/g, connection)
    .replaceAll("OWNER/NAME", "acme/storefront")
    .replaceAll("BUCKET", bucket)
    .replaceAll(/=COMMIT\b/g, `=${"3a1c5e7".padEnd(40, "0")}`);

interface Place {
  box: Sandbox;
  emulator: Emulator;
  env: NodeJS.ProcessEnv;
  /** Commands as one script; `yes` to whatever it asks. */
  run(script: string): string;
}

/** The delivery of docs/cli.md, which the page takes for its examples, and an AWS without anything in it. */
async function place(t: TestContext): Promise<Place> {
  const emulator = await startEmulator();
  t.after(() => emulator[Symbol.asyncDispose]());
  const box = sandbox(t, { files: { ...titledFiles(read("cli.md")), "infra/main.tf": "" } });
  const { NODE_TEST_CONTEXT, FORCE_COLOR, CI, ...surroundings } = process.env;
  const PATH = `${dirname(batonFile)}:${emulator.env.PATH}`;
  const env = { ...surroundings, ...box.env, ...emulator.env, PATH };
  return {
    ...{ box, emulator, env },
    run(script) {
      const { status, stdout, stderr } = spawnSync("bash", ["-e", "-o", "pipefail", "-c", script], {
        ...{ cwd: box.root, env, encoding: "utf8", input: "yes\n", timeout: 300_000 },
      });
      assert.equal(status, 0, `${script}\n${stdout}\n${stderr}`);
      return stdout;
    },
  };
}

async function lookAtStorefront({ emulator: { aws } }: Place, { tells }: { tells: string[] }): Promise<void> {
  const of = ["--name", "storefront"];
  const { pipeline } = await aws<{ pipeline: MadePipeline }>("codepipeline", "get-pipeline", ...of);
  assert.deepEqual(
    pipeline.stages.map(({ name }) => name),
    ["Source", "Build", "dev", "test", "Approve-prod", "prod"],
  );
  const source = pipeline.stages[0]!.actions[0]!.configuration;
  assert.deepEqual([source.ConnectionArn, source.FullRepositoryId], [connection, "acme/storefront"]);
  const builds = pipeline.stages.flatMap(({ actions }) =>
    actions.map(({ configuration }) => configuration.ProjectName),
  );
  const { projects } = await aws<{ projects: string[] }>("codebuild", "list-projects");
  assert.deepEqual(projects.sort(), builds.filter((name) => name !== undefined).sort());
  const { Subscriptions } = await aws<{ Subscriptions: { Endpoint: string }[] }>("sns", "list-subscriptions");
  assert.deepEqual(
    Subscriptions.map(({ Endpoint }) => Endpoint),
    tells,
  );
}

test("the page has no commands of this kind that are not executed here", () => {
  const known = ["aws cloudformation deploy", "terraform -chdir", "npx cdk deploy", "start-pipeline-execution"];
  assert.deepEqual(
    blocks.filter((text) => !known.some((words) => text.includes(words))),
    [],
  );
  assert.equal(blocks.length, known.length);
});

const onAws = fullDepth(...emulator);
const byTerraform = fullDepth(...emulator, "terraform");

test("CloudFormation: generated, up to date, deployed", onAws, async (t) => {
  const it = await place(t);
  await it.emulator.aws(
    "s3api",
    "create-bucket",
    "--bucket",
    bucket,
    "--create-bucket-configuration",
    "LocationConstraint=eu-central-1",
  );
  assert.match(
    it.run(filled(block("aws cloudformation deploy"))),
    /Successfully created\/updated stack - storefront-pipelines/,
  );
  await lookAtStorefront(it, { tells: ["team@example.com"] });
});

test("Terraform: generated, initialised, applied when asked", byTerraform, async (t) => {
  const it = await place(t);
  const [generate, init, apply] = filled(block("terraform -chdir")).trim().split("\n");
  it.run(generate!);
  // The file with the provider, which the page leaves to its reader; a rule the provider would look for a minute at is left out.
  const folder = join(it.box.root, "codepipeline");
  const artifacts = { path: "codepipeline/artifacts.tf", text: it.box.read("codepipeline/artifacts.tf") };
  for (const { path, text } of forEmulator([artifacts], { withLifecycle: "no" })) it.box.write({ [path]: text });
  Object.assign(it.env, terraformEnv(folder));
  it.run(init!);
  assert.match(it.run(`${apply} -no-color`), /Apply complete!/);
  await lookAtStorefront(it, { tells: ["team@example.com"] });
});

const cdk = cdkModules("aws-cdk", "aws-cdk-lib");
const byCdk = fullDepth(...emulator, "aws-cdk", "aws-cdk-lib");

test("CDK: generated, installed, deployed", byCdk, async (t) => {
  const it = await place(t);
  // Stand-in for npm, which would ask a registry: it has what the page says, and nothing else.
  const tools = join(it.box.root, ".tools");
  mkdirSync(tools);
  const npm = `#!/bin/sh\n[ "$*" = 'install ${cdkPackages.join(" ")}' ] && ln -s '${cdk}' node_modules\n`;
  writeFileSync(join(tools, "npm"), npm);
  chmodSync(join(tools, "npm"), 0o755);
  it.env.PATH = `${tools}:${it.env.PATH}`;
  // On a terminal it asks before it gives rights to anybody; where there is none it is told beforehand.
  Object.assign(it.env, { CDK_REQUIRE_APPROVAL: "never", CDK_DISABLE_CLI_TELEMETRY: "true", HOME: it.box.root });
  const [generate, install, deploy] = filled(block("npx cdk deploy")).trim().split("\n");
  it.run(`${generate}\n${install}\nnpx cdk bootstrap aws://123456789012/eu-central-1 --app 'node codepipeline/app.ts'`);
  it.run(deploy!);
  await lookAtStorefront(it, { tells: [] });
});

test("separate pipelines: a release is deployed to an environment by hand", onAws, async (t) => {
  const it = await place(t);
  it.run("baton generate codepipeline --layout separate && aws s3 mb s3://templates");
  const [, , ...deploy] = filled(block("aws cloudformation deploy")).trim().split("\n");
  // A template of this size goes by a bucket, as the command that writes it says.
  it.run(`${deploy.join("\n")} --s3-bucket templates`);
  const { pipelineExecutionId } = JSON.parse(it.run(filled(block("start-pipeline-execution")))) as {
    pipelineExecutionId: string;
  };
  const of = ["--pipeline-name", "storefront-infra-to-prod"];
  const { pipelineExecutionSummaries } = await it.emulator.aws<{
    pipelineExecutionSummaries: { pipelineExecutionId: string }[];
  }>("codepipeline", "list-pipeline-executions", ...of);
  assert.deepEqual(
    pipelineExecutionSummaries.map((one) => one.pipelineExecutionId),
    [pipelineExecutionId],
  );
  const { pipeline } = await it.emulator.aws<{
    pipeline: { variables: { name: string }[]; stages: { name: string; actions: { name: string }[] }[] };
  }>("codepipeline", "get-pipeline", "--name", "storefront-infra-to-prod");
  assert.ok(
    pipeline.variables.some(({ name }) => name === "BATON_RELEASE"),
    "the variable is one of the pipeline",
  );
  assert.deepEqual(
    pipeline.stages[0]!.actions.map(({ name }) => name),
    ["repository"],
  );
});
