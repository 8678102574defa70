/** What is counted: of the pipelines to be, whatever their format, and of those that exist. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import { billOf } from "../../../../src/platforms/codepipeline/cost/count.ts";
import { useOfFiles } from "../../../../src/platforms/codepipeline/cost/existing-use.ts";
import { useOfDocument } from "../../../../src/platforms/codepipeline/cost/generated-use.ts";
import type { MonthlyUse } from "../../../../src/platforms/codepipeline/cost/monthly-use.ts";
import { costSettingsSchema } from "../../../../src/platforms/codepipeline/cost/settings.ts";
import { readPipelines } from "../../../../src/platforms/codepipeline/read/repository.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { folderWith } from "../read/folder.ts";
import { shop, shopSettings, write } from "../write/written.ts";

const settings = costSettingsSchema.parse({});
const known = { settings, usual: new Map<string, number>() };
const quantities = (use: MonthlyUse) =>
  Object.fromEntries(billOf(use, settings).lines.map(({ price, quantity }) => [price, quantity]));

const infrastructure = lowerDelivery(shop, {
  layout: "single",
  format: "cloudformation",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse({ ...shopSettings, rollback: "function" }),
});

test("everything that a generated delivery is billed for is counted", () => {
  const use = useOfDocument(infrastructure, known);
  const [pipeline] = use.pipelines;
  assert.deepEqual([use.pipelines.length, pipeline!.name, pipeline!.type, pipeline!.runs], [1, "shop", "V2", 20]);
  // Source, two legs of the test, build; apply, deploy and invalidate in two environments; an approval.
  assert.equal(pipeline!.actions.length, 1 + 3 + 2 * 3 + 1);
  assert.deepEqual(
    pipeline!.actions.filter(({ basis }) => basis === "free").map(({ names }) => names),
    [["shop/approve-prod"]],
  );
  const counted = quantities(use);
  assert.equal(counted["codepipeline.v2"], 20 * (1 + 9 * 3), "a minute for the source, three for each build");
  assert.equal(counted["codebuild.general1.small"], 20 * 9 * 3);
  assert.deepEqual(
    [counted["cloudwatch.alarm"], counted["cloudwatch.dashboard"], counted["secrets.secret"], counted["secrets.read"]],
    [2, 1, 2, 40],
  );
  assert.deepEqual(
    [counted["lambda.request"], counted["sns.email"]],
    [40, 40],
    "notices and rollbacks; an e-mail for the run, one to approve",
  );
  assert.equal(counted["s3.storage"], (20 * 2 * 10 * (456 / 30)) / 1024, "the source and dist, for 456 days");
});

test("a dashboard of a large delivery is not among those that are free", () => {
  const widgets = [
    { title: "Many", statistic: "Sum" as const, metrics: Array(51).fill(["A", "b", "C", "d"] as const) },
  ];
  const resources = infrastructure.resources.map((one) => (one.kind === "dashboard" ? { ...one, widgets } : one));
  const { lines } = billOf(useOfDocument({ ...infrastructure, resources }, known), settings);
  assert.deepEqual(
    lines.flatMap(({ item, usd }) => (item === "dashboards" ? [usd] : [])),
    [3],
  );
});

test("jobs that ran here count as long as they usually took, also where only another environment had them", () => {
  const usual = new Map([
    ["infra.apply@test", 100_000],
    ["infra.apply@prod", 200_000],
    ["web.test[node=22]", 10_000],
    ["web.deploy@test", 130_000],
    ["web.deployed@prod", 9_000_000],
  ]);
  const use = useOfDocument(infrastructure, { settings, usual });
  const minutes = Object.fromEntries(
    use.pipelines[0]!.actions.map(({ names, minutes, basis }) => [names[0], `${minutes} ${basis}`]),
  );
  assert.equal(minutes["infra.apply@test"], "3 measured");
  assert.equal(minutes["infra.apply@prod"], "5 measured");
  assert.equal(minutes["web.test@Build"], "2 measured");
  assert.equal(minutes["web.deploy@prod"], "4 measured", "as long as in test");
  assert.equal(minutes["web.invalidate@prod"], "3 assumed");
});

/** Differences that the files cannot tell: what builds publish at run time, who is told, what rolls back. */
const fromFiles = ["codepipeline.v2", "codebuild.general1.small", "cloudwatch.alarm", "cloudwatch.dashboard"];

test("read back, the written files are counted as the document is", async () => {
  const wanted = quantities(useOfDocument(infrastructure, known));
  const { files } = write(shop, { ...shopSettings, rollback: "function" });
  using folder = folderWith(Object.fromEntries(files.map(({ path, text }) => [path, text])));
  const found = quantities(useOfFiles(await readPipelines(join(folder.path, "codepipeline")), known));
  for (const id of [...fromFiles, "secrets.secret", "secrets.read"]) assert.equal(found[id], wanted[id], id);
  assert.equal(found["s3.storage"], (20 * 2 * 10 * (426 / 30)) / 1024, "426 days, as the lifecycle says");
});

const stage = (name: string, ...actions: object[]) => ({ Name: name, Actions: actions });
const step = (name: string, [Category, Owner, Provider]: readonly [string, string, string], Configuration = {}) => ({
  Name: name,
  ActionTypeId: { Category, Owner, Provider, Version: "1" },
  Configuration,
  ...(Category === "Source" && { OutputArtifacts: [{ Name: "S" }] }),
});
const pipeline = (Name: string, more: object, ...stages: object[]) => ({
  Type: "AWS::CodePipeline::Pipeline",
  Properties: { Name, ArtifactStore: { Type: "S3", Location: { Ref: "Store" } }, Stages: stages, ...more },
});
const checkout = stage("Source", step("Get", ["Source", "AWS", "CodeCommit"]));
const build = stage("Build", step("Make", ["Build", "AWS", "CodeBuild"], { ProjectName: { Ref: "Project" } }));
const machine = (Type: string, ComputeType: string) => ({
  Type: "AWS::CodeBuild::Project",
  Properties: { Environment: { Type, ComputeType } },
});

async function existing(resources: object): Promise<MonthlyUse> {
  using folder = folderWith({
    "pipelines.yaml": stringify({ Resources: { Store: { Type: "AWS::S3::Bucket" }, ...resources } }),
  });
  return useOfFiles(await readPipelines(folder.path), known);
}

test("the type of a pipeline is what is written, or what follows from what only V2 has", async () => {
  const { pipelines: types } = await existing({
    A: pipeline("a", {}, checkout, build),
    B: pipeline("b", { PipelineType: "V1" }, checkout, build),
    C: pipeline("c", { PipelineType: "V2" }, checkout, build),
    D: pipeline("d", { Variables: [{ Name: "x" }] }, checkout, build),
    E: pipeline("e", {}, checkout, { ...build, OnFailure: { Result: "ROLLBACK" } }),
  });
  assert.deepEqual(
    types.map(({ name, type }) => [name, type]),
    [
      ["a", "V1"],
      ["b", "V1"],
      ["c", "V2"],
      ["d", "V2"],
      ["e", "V2"],
    ],
  );
});

test("approvals and a team's own workers are free, machines are paid by their size, and an unknown one is said", async () => {
  const last = stage(
    "Rest",
    step("Ask", ["Approval", "AWS", "Manual"]),
    step("Own", ["Deploy", "Custom", "Ours"]),
    step("Roll", ["Deploy", "AWS", "ECS"]),
  );
  const use = await existing({
    A: pipeline("a", { PipelineType: "V2" }, checkout, build, last),
    Project: machine("LINUX_CONTAINER", "BUILD_GENERAL1_LARGE"),
    Key: { Type: "AWS::KMS::Key" },
  });
  const counted = quantities(use);
  assert.equal(counted["codepipeline.v2"], 20 * (1 + 3 + 5));
  assert.equal(counted["codebuild.general1.large"], 20 * 3);
  assert.equal(counted["kms.key"], 1);
  assert.equal(counted["s3.storage"], 2.376302, "200 MB a month for a year: nothing removes them");
  const strange = await existing({
    A: pipeline("a", {}, checkout, build),
    Project: machine("LINUX_GPU_CONTAINER", "BUILD_GENERAL1_LARGE"),
  });
  assert.match(strange.unpriced.join(), /BUILD_GENERAL1_LARGE of LINUX_GPU_CONTAINER/);
  assert.equal(quantities(strange)["codepipeline.v1"], 1);
});

test("Terraform as JSON is counted by the same things", async () => {
  const action = (name: string, category: string, provider: string, more: object = {}) => ({
    name,
    category,
    owner: "AWS",
    provider,
    version: "1",
    ...more,
  });
  const configuration = {
    resource: {
      aws_s3_bucket: { store: { bucket: "store" } },
      aws_s3_bucket_lifecycle_configuration: {
        store: {
          bucket: "store",
          rule: [
            { id: "part", status: "Enabled", filter: [{ prefix: "logs/" }], expiration: [{ days: 1 }] },
            { id: "all", status: "Enabled", filter: [{}], expiration: [{ days: 60 }] },
          ],
        },
      },
      aws_cloudwatch_metric_alarm: { failed: { alarm_name: "failed" } },
      aws_codebuild_project: {
        make: {
          name: "make",
          environment: {
            type: "ARM_CONTAINER",
            compute_type: "BUILD_GENERAL1_SMALL",
            environment_variable: [{ name: "TOKEN", value: "shop/token", type: "SECRETS_MANAGER" }],
          },
        },
      },
      aws_codepipeline: {
        shop: {
          name: "shop",
          artifact_store: [{ type: "S3", location: "store" }],
          variable: [{ name: "x" }],
          stage: [
            { name: "Source", action: [action("Get", "Source", "CodeCommit", { output_artifacts: ["S"] })] },
            {
              name: "Build",
              action: [action("Make", "Build", "CodeBuild", { configuration: { ProjectName: "make" } })],
            },
          ],
        },
      },
    },
  };
  using folder = folderWith({ "main.tf.json": JSON.stringify(configuration) });
  const counted = quantities(useOfFiles(await readPipelines(folder.path), known));
  assert.deepEqual(counted, {
    "codepipeline.v2": 80,
    "codebuild.arm1.small": 60,
    "s3.storage": 0.390625,
    "s3.put": 20,
    "cloudwatch.logs": 0.019531,
    "cloudwatch.alarm": 1,
    "secrets.secret": 1,
    "secrets.read": 20,
  });
});
