import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { literal, readable } from "../../../../src/facts/staged.ts";
import { commandFacts } from "../../../../src/platforms/codepipeline/facts/commands.ts";

const at = { source: { path: "buildspec.yml", text: "", byteOrderMark: false }, start: 0, end: 0 };

function facts(...commands: readonly string[]) {
  const written = commands.map((text) => ({ key: [{ kind: "text", text } as const], at }));
  return commandFacts(written, new Map([["STACK", [{ kind: "text", text: "shop-api" } as const]]]));
}

function told(command: string): string[] {
  return facts(command).accesses.map((access) =>
    access.kind === "resource" ? `${access.mode} ${access.resource} ${readable(access.key)}` : access.kind,
  );
}

describe("what commands do", () => {
  const cases: readonly (readonly [command: string, accesses: readonly string[]])[] = [
    ["aws cloudformation deploy --template-file t.yml --stack-name $STACK", ["write stack shop-api"]],
    ["URL=$(aws cloudformation describe-stacks --stack-name=web --output text)", ["read stack web"]],
    ["aws ssm get-parameter --name '/shop/url' | jq .", ["read parameter /shop/url"]],
    ['aws ssm put-parameter --name "/shop/$STAGE/url" --value x', ["write parameter /shop/{STAGE}/url"]],
    ["aws s3 sync dist s3://site/path --delete && aws s3 cp s3://in/a b", ["replace bucket site", "read bucket in"]],
    ["aws cloudfront create-invalidation \\\n  --distribution-id ABC --paths '/*'", ["write distribution ABC"]],
    ["npx cdk deploy Data Compute --require-approval never", ["write stack Data", "write stack Compute"]],
    ["if true; then terraform apply -auto-approve; fi", ["write terraform-state "]],
    ["echo aws s3 sync a s3://b", []],
    ["npm ci && npm test", []],
  ];
  for (const [command, accesses] of cases) test(command, () => assert.deepEqual(told(command), accesses));
});

test("folders are told from the root of the source; what is relative to another one is not guessed", () => {
  const folders = (...commands: readonly string[]) => facts(...commands).folders.map(literal);
  assert.deepEqual(folders("cd web", "cd function && zip -r a ."), ["web"]);
  assert.deepEqual(folders('cd "${CODEBUILD_SRC_DIR}/web" && npm ci', "cd $CODEBUILD_SRC_DIR/infra"), ["web", "infra"]);
  assert.deepEqual(folders("x=$(cd inner && pwd)", "cd other", "cd $PLACE"), []);
});

test("pipelines that commands start", () => {
  assert.deepEqual(facts("aws codepipeline start-pipeline-execution --name web").started.map(literal), ["web"]);
});
