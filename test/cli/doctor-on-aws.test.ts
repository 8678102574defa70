/** `baton doctor --on codepipeline` against emulated AWS, asked by the real AWS CLI. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { type Emulator, startEmulator } from "../aws/emulator.ts";
import { emulator, fullDepth } from "../lane/needs.ts";
import { type Sandbox, sandbox } from "./sandbox.ts";

const connection = "arn:aws:codeconnections:eu-central-1:123456789012:connection/11111111-2222-3333-4444-555555555555";

const definition = (name: string) => `
import { delivery, env, pipeline, secret, sh, terraform } from "baton-cd";

const web = pipeline("web", {
  jobs: {
    deploy: {
      deploys: true,
      env: { TOKEN: secret("TOKEN") },
      steps: [terraform.apply({ directory: "infra" }), sh("./deploy.sh")],
    },
  },
});
export default delivery("${name}", { pipelines: [web], environments: [env("dev", { branch: "main" })] });
`;

interface DoctorJson {
  version: number;
  on: string;
  checks: { name: string; verdict: string; text: string; remedy?: string }[];
  does: string;
  commands: string[];
}

describe("whether generated pipelines can be put on AWS from here", fullDepth(...emulator), () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator[Symbol.asyncDispose]());

  /** A repository that is pushed to GitHub, as far as git knows. */
  function pushed(t: TestContext, name: string, settings = ""): Sandbox {
    const files = { "baton.config.ts": definition(name), ...(settings && { "baton.codepipeline.yaml": settings }) };
    const box = sandbox(t, { files });
    const git = (...args: string[]) => execFileSync("git", args, { cwd: box.root, encoding: "utf8" }).trim();
    const branch = git("branch", "--show-current");
    git("remote", "add", "origin", "https://ada:ghp_notforprinting@github.com/acme/shop.git");
    git("update-ref", `refs/remotes/origin/${branch}`, "HEAD");
    git("branch", "--quiet", "--set-upstream-to", `origin/${branch}`);
    Object.assign(box.env, emulator.env);
    return box;
  }

  async function tell(body: object, of = "connection"): Promise<void> {
    const answer = await fetch(`${emulator.endpoint}/emulator/${of}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200);
  }

  const verdicts = ({ checks }: DoctorJson) => Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));

  test("what is missing comes with its remedy, and the commands stand in their order, as far filled in as is known", async (t) => {
    const box = pushed(t, "shop");
    const first = await box.json<DoctorJson>("doctor", "--on", "codepipeline");
    assert.deepEqual([first.version, first.on, first.does], [1, "codepipeline", "create"]);
    assert.deepEqual(verdicts(first), {
      aws: "ok",
      "generated files": "warn",
      source: "warn",
      region: "ok",
      credentials: "ok",
      "secrets on AWS": "warn",
      "on AWS": "ok",
      connection: "warn",
    });
    assert.deepEqual(first.commands, [
      "baton generate codepipeline --layout single --format cloudformation",
      "aws codeconnections create-connection --provider-type GitHub --connection-name acme",
      'git add codepipeline && git commit --message "Generate the pipelines" && git push',
      "aws cloudformation deploy --stack-name shop-pipelines --template-file codepipeline/pipeline.yaml --capabilities CAPABILITY_IAM --parameter-overrides ConnectionArn=… Repository=acme/shop WebDeployDevPolicyArn=…",
    ]);
    const secret = first.checks.find(({ name }) => name === "secrets on AWS")!;
    assert.match(secret.remedy!, /aws secretsmanager create-secret --name shop\/dev\/TOKEN --secret-string file:/);

    await box.baton("generate", "codepipeline");
    box.commit("generated");
    await emulator.aws(
      "secretsmanager",
      "create-secret",
      "--name",
      "shop/dev/TOKEN",
      "--secret-string",
      "not-to-be-shown",
    );
    await tell({
      ConnectionArn: connection,
      ConnectionName: "github",
      ProviderType: "GitHub",
      ConnectionStatus: "PENDING",
    });
    const { code, stdout, stderr } = await box.baton("doctor", "--on", "codepipeline");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok {4}generated files: 2 files up to date$/m);
    assert.match(stdout, /^warn {2}source: 1 commit not pushed\n +remedy: git push$/m);
    assert.match(stdout, /^ok {4}credentials: arn:aws:\S+, account 123456789012$/m);
    assert.match(
      stdout,
      /^warn {2}connection: github is pending\n +remedy: confirm it at https:\/\/eu-central-1\.console/m,
    );
    assert.match(
      stdout,
      new RegExp(
        `^to put it on AWS\\n {2}git push\\n {2}aws cloudformation deploy .*ConnectionArn=${connection} `,
        "m",
      ),
    );
    assert.doesNotMatch(stdout + stderr, /ghp_|not-to-be-shown|AWS_SECRET/);
    assert.match(stderr, /next: baton status --on codepipeline/);
  });

  test("CodeCommit: the repository is that of the remote, and is made before anything is pushed to it", async (t) => {
    const box = pushed(t, "committed", "source: { type: codecommit }\n");
    const origin = "codecommit::eu-central-1://committed";
    execFileSync("git", ["remote", "set-url", "origin", origin], { cwd: box.root });
    const command = "aws codecommit create-repository --repository-name committed";
    const first = await box.json<DoctorJson>("doctor", "--on", "codepipeline");
    const found = first.checks.find(({ name }) => name === "repository")!;
    assert.deepEqual([found.verdict, found.remedy], ["warn", `${command}, and push`]);
    assert.ok(first.commands.includes(command));
    assert.match(first.commands.at(-1)!, /--parameter-overrides Repository=committed WebDeployDevPolicyArn=…$/);
    await emulator.aws("codecommit", "create-repository", "--repository-name", "committed");
    assert.equal(verdicts(await box.json<DoctorJson>("doctor", "--on", "codepipeline")).repository, "ok");
  });

  test("a stack that is there is brought up to date, without parameters that it keeps", async (t) => {
    const box = pushed(t, "older");
    const body = JSON.stringify({
      Parameters: { ConnectionArn: { Type: "String" }, Repository: { Type: "String" } },
      Resources: { Topic: { Type: "AWS::SNS::Topic" } },
    });
    const values = ["ConnectionArn", "Repository"].map((key) => `ParameterKey=${key},ParameterValue=old`);
    const name = ["--stack-name", "older-pipelines"];
    await emulator.aws(
      "cloudformation",
      "create-stack",
      ...[...name, "--template-body", body, "--parameters", ...values],
    );
    const json = await box.json<DoctorJson>("doctor", "--on", "codepipeline");
    assert.equal(json.does, "update");
    const difference = json.checks.find(({ name }) => name === "stack and files")!;
    assert.match(difference.text, /^not there yet: Artifacts.* and \d+ more; there and not wanted any more: Topic$/);
    assert.match(
      json.checks.find(({ name }) => name === "on AWS")!.text,
      /^the stack older-pipelines is there: CREATE_COMPLETE$/,
    );
    assert.equal(
      json.commands.at(-1),
      "aws cloudformation deploy --stack-name older-pipelines --template-file codepipeline/pipeline.yaml --capabilities CAPABILITY_IAM --parameter-overrides WebDeployDevPolicyArn=…",
    );
  });

  test("a stack that could not be made has to go first: that of the pipelines, and those that they deploy", async (t) => {
    const box = pushed(t, "network");
    box.write({
      "baton.config.ts": `
import { cloudformation, delivery, env, pipeline, text, context } from "baton-cd";

const stack = text\`vpc-\${context("environment")}\`;
const deploy = { deploys: true, steps: [cloudformation.deploy({ stack, template: "vpc.yaml" })] };
const network = pipeline("network", { jobs: { deploy } });
export default delivery("network", {
  pipelines: [network],
  environments: [env("dev", { branch: "main" }), env("prod", { after: "dev" })],
});
`,
    });
    const body = JSON.stringify({ Resources: { Topic: { Type: "AWS::SNS::Topic" } } });
    const lost = ["network-pipelines", "vpc-prod"];
    for (const stack of [...lost, "vpc-dev"])
      await emulator.aws("cloudformation", "create-stack", "--stack-name", stack, "--template-body", body);
    const found = async () => {
      const { checks, commands } = await box.json<DoctorJson>("doctor", "--on", "codepipeline");
      return { commands, of: (name: string) => checks.find((one) => one.name === name) };
    };
    assert.equal((await found()).of("deployed stacks"), undefined);
    for (const StackName of lost) await tell({ StackName, StackStatus: "ROLLBACK_COMPLETE" }, "stack");
    const { commands, of } = await found();
    const remove = lost.map((stack) => `aws cloudformation delete-stack --stack-name ${stack}`);
    assert.deepEqual([of("on AWS")!.verdict, of("on AWS")!.remedy], ["warn", remove[0]]);
    assert.match(
      of("deployed stacks")!.text,
      /^vpc-prod could not be made \(ROLLBACK_COMPLETE\), and has to go before network\.deploy deploys it$/,
    );
    assert.equal(of("deployed stacks")!.remedy, remove[1]);
    assert.deepEqual(
      commands.filter((one) => one.includes("delete-stack")),
      [remove[0]],
      "what others deploy is theirs to delete",
    );
    for (const command of remove) execFileSync("sh", ["-ec", command], { env: emulator.env });
    assert.equal((await found()).of("deployed stacks"), undefined);
  });

  test("each format asks for what it needs", async (t) => {
    await tell({
      ConnectionArn: connection,
      ConnectionName: "github",
      ProviderType: "GitHub",
      ConnectionStatus: "AVAILABLE",
    });
    const box = pushed(t, "formats", "format: cdk\n");
    const cdk = await box.json<DoctorJson>("doctor", "--on", "codepipeline");
    assert.equal(verdicts(cdk)["cdk bootstrap"], "warn");
    assert.ok(cdk.commands.includes("npx cdk bootstrap aws://123456789012/eu-central-1"));
    assert.match(
      cdk.commands.at(-1)!,
      new RegExp(`^npm install .* --parameters ConnectionArn=${connection} --parameters Repository=acme/shop `),
    );
    const terraform = await box.json<DoctorJson>("doctor", "--on", "codepipeline", "--format", "terraform");
    assert.match(terraform.checks.find(({ name }) => name === "on AWS")!.text, /^formats: not there yet$/);
    assert.match(
      terraform.commands.at(-1)!,
      /^terraform -chdir=codepipeline init && .* -var connection_arn=arn:\S+ -var repository=acme\/shop -var web_deploy_dev_policy_arn=…$/,
    );
    const bin = join(box.root, ".git", "bin");
    mkdirSync(bin);
    for (const name of ["aws", "git"]) {
      const path = execFileSync("bash", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
      writeFileSync(join(bin, name), `#!/bin/sh\nexec ${path} "$@"\n`, { mode: 0o755 });
    }
    box.env.PATH = `${bin}:${join(process.execPath, "..")}`;
    const without = await box.json<DoctorJson>("doctor", "--on", "codepipeline", "--format", "terraform");
    assert.equal(verdicts(without).terraform, "fail");
    assert.equal((await box.baton("doctor", "--on", "codepipeline", "--format", "terraform")).code, 1);
  });

  test("without the AWS CLI, a region or credentials it says so, and still which commands there will be", async (t) => {
    const box = pushed(t, "alone");
    const home = join(box.root, ".git", "home");
    mkdirSync(home);
    const own = { HOME: home, AWS_CONFIG_FILE: join(home, "config"), AWS_SHARED_CREDENTIALS_FILE: join(home, "keys") };
    const path = `${join(process.execPath, "..")}:${home}`;
    writeFileSync(join(home, "git"), `#!/bin/sh\nPATH=${process.env.PATH} exec git "$@"\n`, { mode: 0o755 });
    const failures: [Record<string, string>, RegExp][] = [
      [
        { PATH: path, AWS_REGION: "", AWS_DEFAULT_REGION: "" },
        /^fail {2}aws: the AWS CLI \(aws\) is not on the path\n +remedy: install it/m,
      ],
      [{ AWS_REGION: "", AWS_DEFAULT_REGION: "" }, /^fail {2}region: none is set\n +remedy: export AWS_REGION=/m],
      [
        { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
        /^fail {2}credentials: no credentials for AWS are set\n +remedy: aws configure/m,
      ],
    ];
    for (const [env, message] of failures) {
      Object.assign(box.env, emulator.env, own, { PATH: process.env.PATH }, env);
      const { code, stdout, stderr } = await box.baton("doctor", "--on", "codepipeline");
      assert.equal(code, 1, stderr);
      assert.match(stdout, message);
      assert.match(stdout, /^to put it on AWS\n/m);
      assert.match(stderr, /1 check failed/);
    }
    for (const args of [
      ["--on", "jenkins"],
      ["--layout", "single"],
    ]) {
      const { code, stderr } = await box.baton("doctor", ...args);
      assert.equal(code, 2, stderr);
    }
  });
});
