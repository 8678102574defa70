import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import {
  cdk,
  cloudformation,
  cloudfront,
  context,
  docker,
  lambda,
  parameterStore,
  s3,
  secret,
  terraform,
  variable,
} from "../../src/index.ts";
import { needs } from "../lane/needs.ts";

const hostile = "it's $(touch owned); `id` \\";

const steps = [
  terraform.format({ directory: "infra" }),
  terraform.validate(),
  terraform.plan({ directory: hostile, variables: { stage: context("environment") } }),
  terraform.plan({ directory: "infra", report: hostile, variables: { stage: context("environment") } }),
  terraform.apply({
    backend: { bucket: variable("state") },
    variables: { name: hostile },
    publish: { url: "site_url" },
  }),
  terraform.destroy({ directory: "infra" }),
  s3.sync({ from: hostile, bucket: variable("bucket"), prefix: "web", cacheControl: "no-cache" }),
  cloudfront.invalidate({ distribution: variable("distribution"), paths: ["/index.html", "/a b/*"] }),
  cloudformation.deploy({
    stack: ["shop-", context("environment")],
    template: "stack.yaml",
    parameters: { Name: hostile, Stage: context("environment") },
    capabilities: ["CAPABILITY_IAM"],
    tags: { owner: "web" },
    publish: { vpc: "VpcId" },
  }),
  lambda.update({ function: variable("function"), package: "function.zip", alias: "live" }),
  lambda.blueGreen({
    function: variable("function"),
    package: hostile,
    alias: "live",
    shares: [5, 50],
    alarms: [hostile, variable("alarm")],
    watchMinutes: variable("minutes"),
    check: 'aws lambda invoke --function-name "$FUNCTION" --qualifier "$VERSION" answer.json',
  }),
  cdk.synth({ stacks: ["Data"], context: { stage: context("environment") } }),
  cdk.deploy({ app: "cdk.out" }),
  docker.build({
    repository: variable("repository"),
    publish: "image",
    context: hostile,
    registry: "ecr",
    layers: "r:l",
  }),
  parameterStore.put({ "/shop/url": hostile, "/shop/key": secret("KEY") }),
  parameterStore.publish({ url: "/shop/url" }),
];

test("every script is one that shellcheck has nothing to say about", needs("shellcheck"), () => {
  const looks = steps.flatMap(({ name, action }) =>
    action?.drift ? { name: `drift of ${name}`, run: action.drift.run } : [],
  );
  for (const { name, run } of [...steps, ...looks]) {
    const { stdout } = spawnSync("shellcheck", ["--shell=bash", "--severity=warning", "-"], {
      input: run,
      encoding: "utf8",
    });
    assert.equal(stdout, "", `${name}:\n${run}`);
  }
});

test("a literal word reaches the tool as it is; a value never becomes part of the script", () => {
  const step = s3.sync({ from: hostile, bucket: variable("bucket") });
  const script = `aws() { printf '%s\\n' "$@"; }\n${step.run}`;
  const env = { PATH: process.env.PATH, BATON_VALUE_BUCKET: `$(touch owned) "'` };
  const { stdout } = spawnSync("bash", ["--norc", "-euc", script], { encoding: "utf8", env });
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    ...["s3", "sync", "--only-show-errors", hostile, `s3://$(touch owned) "'`, "--delete"],
  ]);
  assert.deepEqual(step.env, { BATON_VALUE_BUCKET: { variable: "bucket" } });
});

test("a failing command ends the step before anything is published", () => {
  const { run } = terraform.apply({ publish: { url: "site_url" } });
  const script = `terraform() { [ "$1" != apply ]; }\nBATON_OUTPUT=/dev/stdout\n${run}`;
  const { status, stdout } = spawnSync("bash", ["-eo", "pipefail", "-c", script], { encoding: "utf8" });
  assert.notEqual(status, 0);
  assert.equal(stdout, "");
});
