/** One pipeline in every form it can be written in: the facts are the same. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { StagedPipeline } from "../../../../src/facts/stages.ts";
import { literal } from "../../../../src/facts/written.ts";
import { locationOf } from "../../../../src/findings/source.ts";
import { codepipelineFacts } from "../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import { readPipelines } from "../../../../src/platforms/codepipeline/read/repository.ts";
import { folderWith } from "./folder.ts";

const template = `Parameters:
  Repository: { Type: String, Default: acme/shop }
  Connection: { Type: String }
Resources:
  Shop:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: shop
      ExecutionMode: QUEUED
      ArtifactStore: { Type: S3, Location: shop-artifacts }
      RoleArn: arn:aws:iam::111122223333:role/shop
      Stages:
        - Name: Source
          Actions:
            - Name: Checkout
              ActionTypeId: { Category: Source, Owner: AWS, Provider: CodeStarSourceConnection, Version: "1" }
              Configuration: { ConnectionArn: !Ref Connection, FullRepositoryId: !Ref Repository, BranchName: main }
              OutputArtifacts: [{ Name: Source }]
        - Name: Deploy
          Actions:
            - Name: Stack
              RunOrder: 2
              ActionTypeId: { Category: Deploy, Owner: AWS, Provider: CloudFormation, Version: "1" }
              Configuration: { ActionMode: CREATE_UPDATE, StackName: !Sub "\${AWS::StackName}-api", TemplatePath: Source::api.yml }
              InputArtifacts: [{ Name: Source }]
`;

const action = (name: string, rest: object) => ({ name, ...rest });
const checkout = { category: "Source", owner: "AWS", provider: "CodeStarSourceConnection", version: "1" };
const deploy = { category: "Deploy", owner: "AWS", provider: "CloudFormation", version: "1" };
const source = { ConnectionArn: "arn:connection", FullRepositoryId: "acme/shop", BranchName: "main" };
const stack = { ActionMode: "CREATE_UPDATE", StackName: "shop-api", TemplatePath: "Source::api.yml" };

const definition = {
  pipeline: {
    name: "shop",
    executionMode: "QUEUED",
    roleArn: "arn:aws:iam::111122223333:role/shop",
    artifactStore: { type: "S3", location: "shop-artifacts" },
    stages: [
      {
        name: "Source",
        actions: [
          action("Checkout", { actionTypeId: checkout, configuration: source, outputArtifacts: [{ name: "Source" }] }),
        ],
      },
      {
        name: "Deploy",
        actions: [
          action("Stack", {
            runOrder: 2,
            actionTypeId: deploy,
            configuration: stack,
            inputArtifacts: [{ name: "Source" }],
          }),
        ],
      },
    ],
  },
};

const terraform = {
  name: "${local.name}",
  role_arn: "${aws_iam_role.shop.arn}",
  execution_mode: "QUEUED",
  artifact_store: [{ type: "S3", location: "shop-artifacts" }],
  stage: [
    {
      name: "Source",
      action: [action("Checkout", { ...checkout, configuration: source, output_artifacts: ["Source"] })],
    },
    {
      name: "Deploy",
      action: [action("Stack", { ...deploy, run_order: 2, configuration: stack, input_artifacts: ["Source"] })],
    },
  ],
};

const nulls = { region: null, role_arn: null, namespace: null };
const planned = JSON.parse(JSON.stringify({ ...terraform, name: "shop", role_arn: null }), (key, value) =>
  key === "action" ? value.map((each: object) => ({ ...nulls, ...each })) : value,
);

const forms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "CloudFormation in YAML": { "delivery.yml": template },
  "CloudFormation in JSON": {
    "cdk.out/Shop.template.json": JSON.stringify(
      {
        Resources: {
          Shop: {
            Type: "AWS::CodePipeline::Pipeline",
            Properties: JSON.parse(JSON.stringify(definition.pipeline), (_, value) =>
              value && typeof value === "object" && !Array.isArray(value) && !("ActionMode" in value)
                ? Object.fromEntries(
                    Object.entries(value).map(([key, each]) => [key[0]!.toUpperCase() + key.slice(1), each]),
                  )
                : value,
            ),
          },
        },
      },
      undefined,
      1,
    ),
  },
  "the service's own JSON": { "pipeline.json": JSON.stringify(definition, undefined, 2) },
  "Terraform in JSON": {
    "infra/pipeline.tf.json": JSON.stringify({ resource: { aws_codepipeline: { shop: terraform } } }),
    "infra/names.tf.json": JSON.stringify({ locals: { name: "shop" } }),
  },
  "a plan of Terraform": {
    "plan.json": JSON.stringify({
      format_version: "1.2",
      planned_values: {
        root_module: {
          child_modules: [
            {
              resources: [
                {
                  address: "module.a.aws_codepipeline.shop",
                  type: "aws_codepipeline",
                  mode: "managed",
                  values: planned,
                },
              ],
            },
          ],
        },
      },
    }),
  },
};

function pushOf({ starts: [start] }: StagedPipeline) {
  assert.ok(start?.cause.kind === "push");
  return start.cause;
}

describe("one pipeline in every form", () => {
  for (const [form, files] of Object.entries(forms)) {
    test(form, async () => {
      using folder = folderWith(files);
      const [pipeline, ...others] = codepipelineFacts(await readPipelines(folder.path)).pipelines;
      assert.ok(pipeline);
      assert.equal(others.length, 0);
      assert.deepEqual([pipeline.label, pipeline.name, pipeline.mode], ["shop", "shop", "queued"]);
      assert.deepEqual(
        pipeline.actions.map(({ label, stageLabel, category, provider, runOrder, inputs, outputs, misspelt }) => ({
          label,
          stageLabel,
          category,
          provider,
          runOrder,
          inputs: inputs.map(literal),
          outputs: outputs.map(literal),
          misspelt,
        })),
        [
          {
            label: "Checkout",
            stageLabel: "Source",
            category: "source",
            provider: "CodeStarSourceConnection",
            runOrder: 1,
            inputs: [],
            outputs: ["Source"],
            misspelt: [],
          },
          {
            label: "Stack",
            stageLabel: "Deploy",
            category: "deploy",
            provider: "CloudFormation",
            runOrder: 2,
            inputs: ["Source"],
            outputs: [],
            misspelt: [],
          },
        ],
      );
      const { source } = pushOf(pipeline);
      assert.equal(literal(source?.repository), "acme/shop");
      assert.equal(literal(source?.branch), "main");
      const { at } = pipeline.actions[1]!.inputs[0]!;
      assert.match(at.source.text.slice(at.start, at.end), /^"?Source"?$/);
    });
  }
});

test("what only a deployment knows stays open, and is the same where it is the same", async () => {
  using folder = folderWith({ "delivery.yml": template.replace("Default: acme/shop", "MinLength: 1") });
  const [pipeline] = codepipelineFacts(await readPipelines(folder.path)).pipelines;
  const { repository } = pushOf(pipeline!).source!;
  assert.equal(literal(repository), undefined);
  assert.deepEqual(repository.key, [{ kind: "expression", text: "delivery.yml#Repository" }]);
  const [access] = pipeline!.actions[1]!.accesses;
  assert.ok(access?.kind === "resource");
  assert.deepEqual(access.key, [
    { kind: "expression", text: "delivery.yml#AWS::StackName" },
    { kind: "text", text: "-api" },
  ]);
});

test("places are lines and columns of the file", async () => {
  using folder = folderWith({ "delivery.yml": template });
  const [pipeline] = codepipelineFacts(await readPipelines(folder.path)).pipelines;
  const { line, column } = locationOf(pipeline!.actions[1]!.keyAt);
  assert.deepEqual([line, column], [template.split("\n").findIndex((text) => text.includes("Name: Stack")) + 1, 21]);
});
