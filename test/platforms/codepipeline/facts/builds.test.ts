/** What a build does, told from its buildspec wherever that stands and from the variables it is given. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Access } from "../../../../src/facts/access.ts";
import { showKey } from "../../../../src/facts/show-key.ts";
import type { ActionFacts, StagedPipeline } from "../../../../src/facts/stages.ts";
import { literal } from "../../../../src/facts/written.ts";
import { positionOf } from "../../../../src/findings/source.ts";
import { codepipelineFacts } from "../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import { readPipelines } from "../../../../src/platforms/codepipeline/read/repository.ts";
import { folderWith } from "../read/folder.ts";

interface Build {
  /** YAML of a buildspec, which stands in a file. */
  readonly spec?: string;
  /** Lines of the project's properties. */
  readonly project?: string;
  /** Lines of the action's configuration. */
  readonly configuration?: string;
  readonly input?: string;
}

function template({ project = "", configuration = "", input = "Source" }: Build): string {
  const lines = (text: string, indent: number) => text.trim().replace(/^(?=.)/gm, " ".repeat(indent));
  return `Resources:
  Project:
    Type: AWS::CodeBuild::Project
    Properties:
${lines(project || "Source: { Type: CODEPIPELINE, BuildSpec: build.yml }", 6)}
  Shop:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Stages:
        - Name: Source
          Actions:
            - Name: Source
              ActionTypeId: { Category: Source, Owner: AWS, Provider: CodeStarSourceConnection, Version: "1" }
              OutputArtifacts: [{ Name: Source }]
        - Name: Build
          Actions:
            - Name: Build
              ActionTypeId: { Category: Build, Owner: AWS, Provider: CodeBuild, Version: "1" }
              InputArtifacts: [{ Name: ${input} }]
              Configuration:
                ProjectName: !Ref Project
${lines(configuration, 16)}
`;
}

async function pipelineOf(build: Build): Promise<StagedPipeline> {
  using folder = folderWith({ "shop.yml": template(build), ...(build.spec ? { "build.yml": build.spec } : {}) });
  const [pipeline] = codepipelineFacts(await readPipelines(folder.path)).pipelines;
  return pipeline!;
}

async function actionOf(build: Build): Promise<ActionFacts> {
  return (await pipelineOf(build)).actions.at(-1)!;
}

function show(access: Access): string {
  if (access.kind !== "resource") return access.kind;
  const details = [...access.details].map(([name, value]) => ` ${name}=${showKey(value)}`).join("");
  return `${access.mode} ${access.resource} ${showKey(access.key)}${details}`;
}

const spec = (...commands: readonly string[]) =>
  `version: 0.2\nphases:\n  build:\n    commands:\n${commands.map((text) => `      - ${JSON.stringify(text)}\n`).join("")}`;

const told = async (build: Build) => (await actionOf(build)).accesses.map(show);

describe("what commands do", () => {
  const cases: readonly (readonly [command: string, accesses: readonly string[]])[] = [
    ["aws cloudformation deploy --template-file t.yml --stack-name shop-api", ["write stack shop-api"]],
    ["URL=$(aws cloudformation describe-stacks --stack-name=web --output text)", ["read stack web"]],
    ["aws ssm get-parameter --name '/shop/url' | jq .", ["read parameter /shop/url"]],
    ['aws ssm put-parameter --name "/shop/$STAGE/url" --value x', ["write parameter /shop/$STAGE/url"]],
    [
      "aws s3 sync dist s3://site/path --delete && aws s3 cp s3://in/a b",
      ["replace bucket site/path", "read bucket in/a"],
    ],
    ["aws cloudfront create-invalidation \\\n  --distribution-id ABC --paths '/*'", ["write distribution ABC"]],
    ["npx cdk deploy Data Compute --require-approval never", ["write stack Data", "write stack Compute"]],
    ["cdk deploy --all", ["write stack "]],
    ["cd infra && sam deploy --stack-name api --region eu-west-1", ["write stack api region=eu-west-1"]],
    ["if true; then terraform apply -auto-approve; fi", ["write terraform-state  working-directory="]],
    ["cd $CODEBUILD_SRC_DIR/infra && terraform apply", ["write terraform-state infra working-directory=infra"]],
    ["terraform -chdir=$CODEBUILD_SRC_DIR/infra apply", ["write terraform-state infra working-directory=infra"]],
    ["echo aws s3 sync a s3://b", []],
    ["npm ci && npm test", []],
    ["aws codepipeline start-pipeline-execution --name web", []],
  ];
  for (const [command, accesses] of cases)
    test(command, async () => assert.deepEqual(await told({ spec: spec(command) }), accesses));
});

test("all phases run in one shell: folders and variables are kept; with version 0.1 each command has its own", async () => {
  const commands = ["cd infra", "export STACK=api", "terraform apply", "aws cloudformation deploy --stack-name $STACK"];
  assert.deepEqual(await told({ spec: spec(...commands) }), [
    "write terraform-state infra working-directory=infra",
    "write stack api",
  ]);
  assert.deepEqual(await told({ spec: spec(...commands).replace("0.2", "0.1") }), [
    "write terraform-state  working-directory=",
    "write stack $STACK",
  ]);
});

test("variables: the action's before the project's before those of the buildspec", async () => {
  const environment = `Source: { Type: CODEPIPELINE, BuildSpec: build.yml }
Environment:
  EnvironmentVariables:
    - { Name: STACK, Value: of-project }
    - { Name: BUCKET, Value: !Sub "\${AWS::AccountId}-site" }
    - { Name: URL, Type: PARAMETER_STORE, Value: /shop/url }`;
  const build = {
    project: environment,
    spec: `env:\n  variables: { STACK: of-spec, NAME: of-spec }\n  parameter-store: { KEY: /shop/key }\n  secrets-manager: { PASS: "shop/db:password" }\n${spec(
      "aws cloudformation deploy --stack-name $STACK",
      "aws lambda update-function-code --function-name $NAME",
      "aws s3 sync dist s3://$BUCKET",
    )}`,
  };
  const reads = ["read parameter /shop/url", "read parameter /shop/key", "read parameter shop/db"];
  assert.deepEqual(await told(build), [
    ...reads,
    "write stack of-project",
    "write function of-spec",
    `replace bucket \${{ #AWS::AccountId }}-site`.replace("replace", "write"),
  ]);
  const given = `EnvironmentVariables: '[{"name":"STACK","value":"of-action"},{"name":"NAME","value":"#{Source.CommitId}"}]'`;
  assert.deepEqual((await told({ ...build, configuration: given })).slice(reads.length, -1), [
    "write stack of-action",
    "write function …",
  ]);
  const hidden = "EnvironmentVariables: !ImportValue variables";
  assert.deepEqual((await told({ ...build, configuration: hidden })).slice(reads.length, -1), [
    "write stack $STACK",
    "write function $NAME",
  ]);
});

test("a buildspec in the template keeps what the template puts into it", async () => {
  const project = `Source:
  Type: CODEPIPELINE
  BuildSpec: !Sub |
    version: 0.2
    phases:
      build:
        commands:
          - aws cloudformation deploy --stack-name shop-\${AWS::Region}`;
  assert.deepEqual(await told({ project }), [`write stack shop-\${{ #AWS::Region }}`]);
});

test("another identity, profile or region is another place", async () => {
  const deploy = "aws cloudformation deploy --stack-name api";
  assert.deepEqual(await told({ spec: spec(`${deploy} --profile prod`) }), ["write stack api account=…"]);
  assert.deepEqual(await told({ spec: spec("eval $(aws sts assume-role --role-arn x)", deploy) }), [
    "write stack api account=…",
  ]);
  assert.deepEqual(await told({ spec: spec(`AWS_REGION=us-east-1 ${deploy}`) }), ["write stack api region=us-east-1"]);
});

test("folders of the source; not those of what another action made", async () => {
  const folders = async (input: string, ...commands: readonly string[]) =>
    (await actionOf({ input, spec: spec(...commands) })).paths.map((path) => literal(path));
  assert.deepEqual(await folders("Source", "cd web", "(cd function && zip -r a .)", "npm ci"), ["web/function", "web"]);
  assert.deepEqual(
    await folders("Source", 'cd "${CODEBUILD_SRC_DIR}/web" && npm ci', "cd $CODEBUILD_SRC_DIR/infra", "ls"),
    ["web", "infra"],
  );
  assert.deepEqual(await folders("Source", "x=$(cd inner && ls)", "cd $PLACE", "ls"), ["inner"]);
  assert.deepEqual(await folders("Built", "cd web", "npm ci"), []);
  const [access] = await told({ input: "Built", spec: spec("cd web", "terraform apply") });
  assert.equal(access, "write terraform-state …/web working-directory=…/web");
});

test("phases say where they are and whether they run after a failure", async () => {
  const phases = async (text: string) =>
    (await actionOf({ spec: text })).phases.map(({ label, afterFailure, at, accesses }) => [
      label,
      afterFailure,
      positionOf(at.source, at.start).line,
      accesses.length,
    ]);
  const all = `version: 0.2
phases:
  install: { commands: npm ci }
  pre_build: { commands: [npm test] }
  build:
    commands: [npm run build]
    finally: [echo done]
  post_build:
    commands:
      - aws s3 sync dist s3://site
`;
  assert.deepEqual(await phases(all), [
    ["install", false, 3, 0],
    ["pre_build", false, 4, 0],
    ["build", false, 6, 0],
    ["build finally", true, 6, 0],
    ["post_build", true, 9, 1],
  ]);
  assert.deepEqual((await phases(all.replace("  build:\n", "  build:\n    on-failure: ABORT\n"))).at(-1), [
    "post_build",
    false,
    10,
    1,
  ]);
});

test("without the file of the buildspec nothing is said of what it does", async () => {
  assert.deepEqual([await told({}), (await actionOf({})).opaque], [[], true]);
  const unknown = "Source: { Type: CODEPIPELINE, BuildSpec: !Sub '${AWS::Region}/build.yml' }";
  assert.deepEqual([await told({ project: unknown }), (await actionOf({ project: unknown })).opaque], [[], true]);
});

test("stacks that a file of the folder names are not taken for one another", async () => {
  assert.deepEqual(await told({ spec: spec("npx serverless deploy --stage prod") }), ["write stack …"]);
});
