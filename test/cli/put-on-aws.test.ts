/**
 * Three pipelines from CodeCommit, put on emulated AWS from the menu beside the pipeline that there was before; what is pushed is delivered
 * by them, they are looked at, and the old one is taken away.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import type { Delivery } from "../../src/model/delivery.ts";
import { lowerDelivery } from "../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../src/platforms/codepipeline/write/options.ts";
import { type Emulator, startEmulator } from "../aws/emulator.ts";
import { emulator, fullDepth } from "../lane/needs.ts";
import { madeBy, SetsAtWork } from "../platforms/codepipeline/separate/at-work.ts";
import { codeCommitOf } from "../platforms/codepipeline/separate/repositories.ts";
import { type Sandbox, sandbox } from "./sandbox.ts";
import { openTerminal } from "./terminal.ts";

const definition = `
import { delivery, env, pipeline, sh } from "baton-cd";

const backend = pipeline("backend", {
  paths: ["backend/**"],
  outputs: { api: "url" },
  jobs: { deploy: { deploys: true, steps: [sh("./backend/deploy.sh")] } },
});
const frontEnd = (name) =>
  pipeline(name, {
    needs: [backend],
    paths: [name + "/**"],
    jobs: {
      build: {
        per: "release",
        steps: [sh("cd " + name + " && npm ci && npm run build")],
        artifacts: { site: name + "/dist" },
      },
      deploy: {
        needs: ["build"],
        deploys: true,
        uses: ["site"],
        env: { API: backend.outputs.api },
        steps: [sh("./" + name + "/deploy.sh")],
      },
    },
  });
export default delivery("shop", {
  pipelines: [backend, frontEnd("admin"), frontEnd("customer")],
  environments: [env("dev", { branch: "main" }), env("prod", { after: "dev", approval: { reviewers: ["ops"] } })],
});
`;
const settings = `
layout: separate
source: { type: codecommit }
permissions: { backend.deploy: [], admin.deploy: [], customer.deploy: [] }
`;
/** Of the front ends: a build by npm, an upload to a bucket of the environment. */
const frontEnd = (name: string) => ({
  [`${name}/package.json`]: JSON.stringify({
    name,
    version: "1.0.0",
    scripts: { build: "mkdir -p dist && cp page dist/" },
  }),
  [`${name}/package-lock.json`]: JSON.stringify({
    ...{ name, version: "1.0.0", lockfileVersion: 3, requires: true },
    packages: { "": { name, version: "1.0.0" } },
  }),
  [`${name}/page`]: `${name} 1`,
  [`${name}/deploy.sh`]: `#!/bin/sh
set -e
bucket="shop-${name}-$BATON_ENVIRONMENT"
aws s3 mb "s3://$bucket" 2> /dev/null || true
echo "$API" > ${name}/dist/api
aws s3 sync ${name}/dist "s3://$bucket"
`,
});
const files = {
  "backend/deploy.sh": `#!/bin/sh
set -e
aws sns create-topic --name "orders-$BATON_ENVIRONMENT" > /dev/null
echo "api=https://$BATON_ENVIRONMENT.example.com" >> "$BATON_OUTPUT"
`,
  ...frontEnd("admin"),
  ...frontEnd("customer"),
};
const action = (name: string, category: string, provider: string, configuration: object) => ({
  Name: name,
  ActionTypeId: { Category: category, Owner: "AWS", Provider: provider, Version: "1" },
  Configuration: configuration,
});
const before = {
  Resources: {
    Role: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            { Effect: "Allow", Principal: { Service: "codepipeline.amazonaws.com" }, Action: "sts:AssumeRole" },
          ],
        },
      },
    },
    Pipeline: {
      Type: "AWS::CodePipeline::Pipeline",
      Properties: {
        Name: "monolith",
        RoleArn: { "Fn::GetAtt": ["Role", "Arn"] },
        ArtifactStore: { Type: "S3", Location: "any" },
        Stages: [
          {
            Name: "Source",
            Actions: [action("code", "Source", "CodeCommit", { RepositoryName: "shop", BranchName: "main" })],
          },
          { Name: "Deploy", Actions: [action("all", "Build", "CodeBuild", { ProjectName: "all" })] },
        ],
      },
    },
  },
};

interface Doctor {
  does: string;
  checks: { name: string; verdict: string; text: string }[];
  commands: string[];
  after?: string[];
}

test("deploy all, a push, status, destroy the old one", fullDepth(...emulator, "jq", "tmux"), async (t) => {
  await using emulator = await startEmulator();
  const box = sandbox(t, { files: { "baton.config.ts": definition, "baton.codepipeline.yaml": settings, ...files } });
  for (const name of ["backend", "admin", "customer"]) chmodSync(join(box.root, name, "deploy.sh"), 0o755);
  box.commit("Scripts are run");
  Object.assign(box.env, emulator.env);
  const git = (...args: string[]) => execFileSync("git", args, { cwd: box.root, encoding: "utf8" }).trim();
  git("branch", "--move", "main");
  git("config", "user.name", "Tester");
  git("config", "user.email", "tester@example.com");
  // What git is told of the remote is CodeCommit's; what is pushed goes to a folder.
  const pushed = join(box.root, ".git", "pushed");
  mkdirSync(pushed);
  execFileSync("git", ["init", "--quiet", "--bare"], { cwd: pushed });
  git("remote", "add", "origin", "codecommit::eu-central-1://shop");
  git("config", `url.${pushed}.pushInsteadOf`, "codecommit::eu-central-1://shop");
  git("config", "push.autoSetupRemote", "true");
  await emulator.aws(
    ...["cloudformation", "create-stack", "--stack-name", "monolith-stack", "--capabilities", "CAPABILITY_IAM"],
    ...["--template-body", JSON.stringify(before)],
  );
  const names = async () =>
    (await emulator.aws<{ pipelines: { name: string }[] }>("codepipeline", "list-pipelines")).pipelines
      .map(({ name }) => name)
      .sort();
  assert.deepEqual(await names(), ["monolith"]);

  const put = await box.baton("doctor", "--on", "codepipeline", "--put", "--yes");
  assert.equal(put.code, 0, `${put.stdout}\n${put.stderr}`);
  const all = [
    "monolith",
    "shop-admin-main",
    "shop-backend-main",
    "shop-backend-to-dev",
    "shop-backend-to-prod",
    "shop-customer-main",
  ];
  assert.deepEqual(await names(), all);
  assert.match(put.stdout, /^warn {2}other pipelines: monolith \(main, stack monolith-stack\) takes the same source/m);
  const ran = [...put.stderr.matchAll(/^\$ (\S+ \S+ \S+)/gm)].map(([, words]) => words);
  assert.deepEqual(ran, [
    "baton generate codepipeline",
    "aws codecommit create-repository",
    "git add codepipeline",
    "aws s3 mb",
    "aws cloudformation deploy",
  ]);
  assert.equal(git("--git-dir", pushed, "log", "-1", "--format=%s", "main"), "Generate the pipelines");

  // Whom a push concerns is looked at by the function, and a deploying pipeline is started by nobody's push.
  const { Rules } = await emulator.aws<{ Rules: { Name: string; EventPattern?: string }[] }>("events", "list-rules");
  assert.deepEqual(
    Rules.filter(({ EventPattern = "" }) => EventPattern.includes("aws.codecommit")).map(({ Name }) => Name),
    ["shop-source-changed"],
  );
  await delivered({ emulator, pushed, box, t });

  const there = await box.json<Doctor>("doctor", "--on", "codepipeline");
  assert.equal(there.does, "update");
  assert.equal(there.after?.length, 1, JSON.stringify(there));
  assert.match(there.after![0]!, /^aws cloudformation delete-stack --stack-name monolith-stack && /);

  const terminal = openTerminal(t, box, [], { columns: 160, rows: 70 });
  const menu = await terminal.shows(/number, or Enter to leave:/);
  const choose = (call: string) => {
    const [, number] = new RegExp(`(\\d+) {2}baton ${call} `).exec(menu) ?? [];
    assert.ok(number, menu);
    terminal.keys(number, "Enter");
  };
  choose("status --on codepipeline");
  const status = await terminal.shows(/^shop on CodePipeline[\s\S]*number, or Enter to leave:/m);
  for (const name of all.slice(1)) assert.match(status, new RegExp(`^${name}\\b`, "m"));
  choose("doctor --on codepipeline --put");
  for (const _ of there.commands) {
    await terminal.shows(/\[s\]kip, \[N\]o:\s*$/);
    terminal.keys("s", "Enter");
  }
  await terminal.shows(/Do the new pipelines deliver\? \[y\]es, \[N\]o:/);
  terminal.keys("y", "Enter");
  await terminal.shows(/Do the new pipelines deliver\?[\s\S]*number, or Enter to leave:\s*$/);
  assert.deepEqual(await names(), all.slice(1));
  terminal.keys("Enter");
  await terminal.shows(/ended with 0/);
});

/** Commits of git go through what was put, by the rules, functions and buildspecs that are there. */
async function delivered({
  emulator,
  pushed,
  box,
  t,
}: {
  emulator: Emulator;
  pushed: string;
  box: Sandbox;
  t: TestContext;
}) {
  const folder = mkdtempSync(join(tmpdir(), "baton-put-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "baton.config.ts");
  writeFileSync(
    file,
    definition.replace('"baton-cd"', JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)),
  );
  const { default: built } = (await import(pathToFileURL(file).href)) as { default: Delivery };
  const repository = codeCommitOf("shop", pushed);
  const infrastructure = lowerDelivery(built, {
    ...{ layout: "separate", format: "cloudformation", root: "", folder: "codepipeline" },
    settings: settingsSchema.parse(parse(settings)),
  });
  const there = await madeBy("shop-pipelines", emulator);
  const at = await SetsAtWork.of({ infrastructure, emulator, folder, there, repository });
  const looksFor = async (event: object) => {
    const known = at.runs.length;
    assert.deepEqual(await at.hear(event), ["shop-changes"]);
    const started = at.runs.slice(known).map(({ codepipeline }) => codepipeline);
    await at.settle();
    assert.deepEqual(
      at.runs.filter(({ status }) => status !== "Succeeded").map((run) => [run.codepipeline, run.reason]),
      [],
    );
    return started.sort();
  };
  const read = async (bucket: string, key: string) => {
    const to = join(folder, "read");
    await emulator.aws("s3api", "get-object", "--bucket", bucket, "--key", key, to);
    return readFileSync(to, "utf8").trim();
  };
  assert.deepEqual(await looksFor(repository.pushed()), ["shop-admin-main", "shop-backend-main", "shop-customer-main"]);
  for (const environment of ["dev", "prod"])
    for (const app of ["admin", "customer"]) {
      assert.equal(await read(`shop-${app}-${environment}`, "page"), `${app} 1`);
      assert.equal(await read(`shop-${app}-${environment}`, "api"), `https://${environment}.example.com`);
    }
  const { Topics } = await emulator.aws<{ Topics: { TopicArn: string }[] }>("sns", "list-topics");
  for (const environment of ["dev", "prod"])
    assert.ok(Topics.some(({ TopicArn }) => TopicArn.endsWith(`:orders-${environment}`)));

  // A push that touches one of them starts that one, goes everywhere, and leaves the others as they are.
  box.write({ "customer/page": "customer 2" });
  box.commit("Greet customers");
  execFileSync("git", ["push", "--quiet"], { cwd: box.root });
  assert.deepEqual(await looksFor(repository.pushed()), ["shop-customer-main"]);
  for (const environment of ["dev", "prod"]) {
    assert.equal(await read(`shop-customer-${environment}`, "page"), "customer 2");
    const last = at.runs.findLast(({ codepipeline }) => codepipeline === `shop-backend-to-${environment}`)!;
    assert.match(last.output, new RegExp(`backend stays as it is in ${environment}`));
    assert.match(last.output, new RegExp(`admin stays as it is in ${environment}`));
  }
  assert.deepEqual(await looksFor(repository.pushed()), [], "the same event once more");
}
