/**
 * Three pipelines from CodeCommit, put on emulated AWS with one command beside the pipeline that there was before, looked at,
 * and the old one taken away.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startEmulator } from "../aws/emulator.ts";
import { emulator, fullDepth } from "../lane/needs.ts";
import { sandbox } from "./sandbox.ts";

const definition = `
import { delivery, env, pipeline, sh } from "baton-cd";

const backend = pipeline("backend", {
  paths: ["backend/**"],
  outputs: { api: "url" },
  jobs: { deploy: { deploys: true, steps: [sh("./deploy.sh")] } },
});
const frontEnd = (name) =>
  pipeline(name, {
    needs: [backend],
    paths: [name + "/**"],
    jobs: {
      build: { per: "release", steps: [sh("npm ci && npm run build")], artifacts: { site: "dist" } },
      deploy: { needs: ["build"], deploys: true, uses: ["site"], env: { API: backend.outputs.api }, steps: [sh("./deploy.sh")] },
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

test("deploy all, status, destroy the old one", fullDepth(...emulator), async (t) => {
  await using emulator = await startEmulator();
  const box = sandbox(t, { files: { "baton.config.ts": definition, "baton.codepipeline.yaml": settings } });
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
  const status = await box.baton("status", "--on", "codepipeline");
  assert.equal(status.code, 0, status.stderr);
  for (const name of all.slice(1)) assert.match(status.stdout, new RegExp(`^${name}\\b`, "m"));

  const there = await box.json<Doctor>("doctor", "--on", "codepipeline");
  assert.equal(there.does, "update");
  assert.equal(there.after?.length, 1, JSON.stringify(there));
  assert.match(there.after![0]!, /^aws cloudformation delete-stack --stack-name monolith-stack && /);
  execFileSync("sh", ["-ec", there.after![0]!], { env: emulator.env });
  assert.deepEqual(await names(), all.slice(1));
});
