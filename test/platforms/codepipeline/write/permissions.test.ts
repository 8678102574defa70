/** Rights of roles: what is seen is given, and what is not understood is asked for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cloudformation, delivery, env, pipeline, sh } from "../../../../src/index.ts";
import type { Role } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { needsNoRights } from "../../../../src/platforms/codepipeline/write/step-commands.ts";

function lowered(run: string, { job = {}, settings = {} }: { job?: object; settings?: object } = {}) {
  const built = delivery("shop", {
    pipelines: [
      pipeline("web", { jobs: { go: { deploys: true, steps: [sh(run, { name: "Go" })], ...job } } } as never),
    ],
    environments: [env("test", { branch: "main" })],
  } as never);
  return lowerDelivery(built, {
    ...{ layout: "single", format: "cloudformation", root: "", folder: "codepipeline" },
    settings: settingsSchema.parse(settings),
  } as never);
}

const asked = (run: string, more?: object) =>
  lowered(run, more)
    .parameters.filter(({ id }) => id.endsWith("PolicyArn"))
    .map(({ description }) => description);

test("a job that deploys by something that is not understood is asked what it may do", () => {
  const unknown = [
    "./apply.sh",
    "cd service && aws ecs update-service --service web",
    "set -x; aws ecr get-login-password",
    "X=1 aws s3 ls",
    "if true; then aws s3 ls; fi",
    'echo "$(aws ssm get-parameter --name x)"',
    "npx cdk deploy",
    "terraform -chdir=infra apply",
    "terraform init",
    "bash -c 'aws s3 ls'",
    "bash <<END\naws s3 ls\nEND",
    "make deploy",
    "$TOOL now",
    "node deploy.js",
    "./echo hello",
    "docker push registry/web:1",
  ];
  for (const run of unknown) {
    assert.deepEqual(asked(run), ["ARN of a policy with what web.go may do in test (Go)."], run);
  }
});

test("what reaches no further than the machine is not asked about", () => {
  const known = [
    "mkdir -p dist && cp -r src/. dist/ # aws s3 sync",
    "echo 'aws s3 ls'",
    "cat <<END\naws s3 ls\nEND",
    "npm ci && npm run build",
    'for file in *; do gzip "$file"; done',
    "if [ -e a ]; then exit 1; else echo b; fi",
    "terraform fmt -check && terraform init -backend=false && terraform validate",
    "terraform -chdir=infra init -input=false -backend=false && terraform -chdir=infra validate -no-color",
    "aws --version; aws sts get-caller-identity",
    "docker build -t web .",
  ];
  for (const run of known) assert.deepEqual(asked(run), [], run);
});

test("a job that deploys nothing is asked only about what acts on AWS", () => {
  const job = { deploys: false, per: "release" };
  for (const run of ["./build.sh", "node build.js", "make", "cfn-lint template.yaml"]) {
    assert.deepEqual(asked(run, { job }), [], run);
  }
  for (const run of ["cd a && aws s3 ls", "terraform plan", "docker push x", "helm upgrade a b"]) {
    assert.equal(asked(run, { job }).length, 1, run);
  }
});

test("who says what a job may do is not asked, even where that is nothing", () => {
  assert.deepEqual(asked("./apply.sh", { settings: { permissions: { "web.go": [] } } }), []);
  const { resources } = lowered("./apply.sh", { settings: { permissions: { "web.go": [] } } });
  const role = resources.find((one): one is Role => one.kind === "role" && one.id === "WebGoTestRole")!;
  assert.equal(role.policyParameter, undefined);
});

test("a stack whose output is bound to have quotes is deployed by a machine, and of others it is said that they may have none", () => {
  const network = (type: string) =>
    pipeline("network", {
      outputs: { topic: { type, job: "deploy" } },
      jobs: {
        deploy: {
          deploys: true,
          steps: [cloudformation.deploy({ stack: "network", template: "network.yaml", publish: { topic: "Topic" } })],
        },
      },
    } as never);
  const written = (type: string) => {
    const built = delivery("shop", {
      pipelines: [network(type)],
      environments: [env("test", { branch: "main" })],
    } as never);
    const { resources, notes } = lowerDelivery(built, {
      ...{ layout: "single", format: "cloudformation", root: "", folder: "codepipeline" },
      settings: settingsSchema.parse({}),
    } as never);
    return [resources.some(({ kind }) => kind === "project"), notes.filter((note) => note.includes("network.topic"))];
  };
  assert.deepEqual(written("json"), [true, []]);
  assert.deepEqual(written("number"), [false, []]);
  assert.deepEqual(written("string"), [
    false,
    ["CodePipeline puts outputs of stacks into JSON as they are: network.topic may hold no quotes and one line only"],
  ]);
});

test("the reader is not blind: harmless commands before and after hide none", () => {
  for (const job of ["deploys", "deploys nothing"] as const) {
    assert.equal(needsNoRights({ run: "echo a\ncd b\naws s3 rm s3://x\necho c" }, job), false);
    assert.equal(needsNoRights({ run: "echo a\ncd b\necho c" }, job), true);
  }
});

test("a build reads its source, what it uses and its own cache, and nothing else in the bucket", () => {
  const web = pipeline("web", {
    jobs: {
      build: { per: "release", steps: [sh("npm ci")], artifacts: { dist: "dist" } },
      other: { per: "release", steps: [sh("true")], artifacts: { other: "other" } },
      deploy: { deploys: true, needs: ["build"], uses: ["dist"], steps: [sh("npm ci")] },
    },
  } as never);
  const built = delivery("a-delivery-with-a-long-name", {
    pipelines: [web],
    environments: [env("test", { branch: "main" })],
  } as never);
  const { resources } = lowerDelivery(built, {
    ...{ layout: "single", format: "cloudformation", root: "", folder: "codepipeline" },
    settings: settingsSchema.parse({}),
  } as never);
  const taken = (id: string) => {
    const role = resources.find((one): one is Role => one.kind === "role" && one.id === id)!;
    const { resources: read } = role.statements.find(({ sid }) => sid === "TakeArtifacts")!;
    return read.map((one) => (Array.isArray(one) ? one.at(-1) : one));
  };
  const run = "/a-delivery-with-a-lo*";
  assert.deepEqual(taken("WebDeployTestRole"), [
    `${run}/Source*`,
    `${run}/web_build*`,
    "/cache/a-delivery-with-a-long-name-web-deploy-test/*",
  ]);
  assert.deepEqual(taken("WebOtherRole"), [`${run}/Source*`]);
});
