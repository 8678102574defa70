/** `baton status --on codepipeline` against emulated AWS, asked by the real AWS CLI. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { type Emulator, startEmulator } from "../aws/emulator.ts";
import { emulator, fullDepth } from "../lane/needs.ts";
import { storefrontFiles } from "./deliveries.ts";
import { type Sandbox, sandbox } from "./sandbox.ts";

const connection = "arn:aws:codeconnections:eu-central-1:123456789012:connection/11111111-2222-3333-4444-555555555555";
const stages = ["Source", "Build", "dev", "test", "Approve-prod", "prod"];
const commits = { first: "1111111aaaa", second: "2222222bbbb", third: "3333333cccc" };

interface StatusJson {
  version: number;
  pipelines: {
    name: string;
    stages: { name: string; status?: string; waiting: number }[];
    lastRun?: { status: string };
  }[];
  missing: string[];
  approvals: { stage: string; approve: string; reject: string; console: string }[];
  connections: { status?: string; unknown?: string; console: string }[];
  deployed: Record<string, Record<string, { commit: string; isRollback: boolean }>>;
}

describe("how generated pipelines are on AWS", fullDepth(...emulator), () => {
  let emulator: Emulator;
  let role: string;
  before(async () => {
    emulator = await startEmulator();
    const trust = {
      Statement: [{ Effect: "Allow", Principal: { Service: "codepipeline.amazonaws.com" }, Action: "sts:AssumeRole" }],
    };
    const made = await emulator.aws<{ Role: { Arn: string } }>(
      ...["iam", "create-role", "--role-name", "pipelines", "--assume-role-policy-document", JSON.stringify(trust)],
    );
    role = made.Role.Arn;
  });
  after(() => emulator[Symbol.asyncDispose]());

  /** A delivery of this name, whose pipeline is on AWS unless `stages` is empty. */
  async function delivered(t: TestContext, name: string, has: readonly string[] = stages): Promise<Sandbox> {
    const definition = storefrontFiles["baton.config.ts"]!.replace('delivery("storefront"', `delivery("${name}"`);
    const box = sandbox(t, { files: { ...storefrontFiles, "baton.config.ts": definition } });
    Object.assign(box.env, emulator.env);
    if (has.length > 0) await createPipeline(name, has);
    return box;
  }

  async function createPipeline(name: string, has: readonly string[]): Promise<void> {
    const action = (stage: string) => {
      if (stage === "Source") return { name: "repository", category: "Source", provider: "CodeStarSourceConnection" };
      if (stage.startsWith("Approve-")) return { name: stage.toLowerCase(), category: "Approval", provider: "Manual" };
      return { name: "web-deploy", category: "Build", provider: "CodeBuild" };
    };
    const body = {
      name,
      roleArn: role,
      artifactStore: { type: "S3", location: "any" },
      stages: has.map((stage) => {
        const { name, ...type } = action(stage);
        const configuration = stage === "Source" ? { ConnectionArn: connection } : {};
        return {
          name: stage,
          actions: [{ name, actionTypeId: { ...type, owner: "AWS", version: "1" }, configuration }],
        };
      }),
    };
    await codepipeline("CreatePipeline", { pipeline: body });
  }

  /** Without the AWS CLI, which takes its time to start. */
  async function codepipeline<T>(operation: string, body: object): Promise<T> {
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `CodePipeline_20150709.${operation}`,
      authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/codepipeline/aws4_request",
    };
    const answer = await fetch(emulator.endpoint, { method: "POST", headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, operation);
    return (await answer.json()) as T;
  }

  async function tell(path: "run" | "connection", body: object): Promise<void> {
    const answer = await fetch(`${emulator.endpoint}/emulator/${path}`, { method: "POST", body: JSON.stringify(body) });
    assert.equal(answer.status, 200);
  }

  /** A run of this commit, which has come so far. */
  async function run(pipeline: string, commit: string, state: object): Promise<string> {
    const started = await codepipeline<{ pipelineExecutionId: string }>("StartPipelineExecution", { name: pipeline });
    const summary = JSON.stringify({ ProviderType: "GitHub", CommitMessage: `Change ${commit}\n\nMore of it` });
    const sourceRevisions = [{ actionName: "repository", revisionId: commit, revisionSummary: summary }];
    await tell("run", { pipeline, run: started.pipelineExecutionId, sourceRevisions, ...state });
    return started.pipelineExecutionId;
  }

  const passed = (...names: string[]) => Object.fromEntries(names.map((name) => [name, "Succeeded"]));
  const waits = { "approve-prod": { status: "InProgress", token: "token-1", lastStatusChange: 1_700_000_000 } };

  test("what is where, what waits and how to answer, and the answer is the command that is shown", async (t) => {
    const box = await delivered(t, "answering");
    await tell("connection", { ConnectionArn: connection, ConnectionStatus: "AVAILABLE" });
    await run("answering", commits.first, { status: "Succeeded", stages: passed(...stages) });
    await run("answering", commits.second, {
      stages: { ...passed("Source", "Build", "dev", "test"), "Approve-prod": "InProgress" },
      actions: { "Approve-prod": waits },
    });
    await run("answering", commits.third, {
      stages: { ...passed("Source", "Build"), dev: "Failed" },
      actions: {
        dev: {
          "web-deploy": {
            status: "Failed",
            errorDetails: { message: "Build terminated with state: FAILED" },
            externalExecutionUrl: "https://example.com/builds/1",
          },
        },
      },
      inbound: ["test"],
    });
    const { code, stdout, stderr } = await box.baton("status", "--on", "codepipeline");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^answering on CodePipeline, eu-central-1, account 123456789012$/m);
    assert.match(stdout, /^dev\n {2}answering +2222222 .*Change 2222222bbbb$/m, "the third did not pass dev");
    assert.match(stdout, /^prod\n {2}answering +1111111 /m);
    assert.match(stdout, /^ {2}dev +Failed +3333333$/m);
    assert.match(
      stdout,
      /✖ dev, web-deploy: Build terminated with state: FAILED\n {4}https:\/\/example\.com\/builds\/1/,
    );
    assert.match(stdout, /^ {2}test +Succeeded +2222222 +1 run waiting to get in$/m);
    assert.match(stdout, /^ {2}Approve-prod +waits for approval +2222222$/m);
    assert.match(
      stdout,
      /look at it: https:\/\/eu-central-1\.console\.aws\.amazon\.com\/codesuite\/codepipeline\/pipelines\/answering\/view/,
    );
    assert.doesNotMatch(stdout, /pending|AVAILABLE/, "a connection that works is not worth a line");
    const approve = /approve: +(aws .*)$/m.exec(stdout)![1]!;
    assert.match(stderr, /next: aws codepipeline put-approval-result .*status=Approved/);
    execFileSync("bash", ["-c", approve], { env: emulator.env });
    const after = await box.baton("status", "--on", "codepipeline");
    assert.match(after.stdout, /^ {2}Approve-prod +Succeeded +2222222$/m);
    assert.doesNotMatch(after.stdout, /waiting for an answer/);
    for (const text of [stdout, stderr, after.stdout]) assert.doesNotMatch(text, /AWS_SECRET|\btest-secret\b/);
  });

  test("a rollback shows the commit that it put back", async (t) => {
    const box = await delivered(t, "rolling");
    const good = await run("rolling", commits.first, { status: "Succeeded", stages: passed(...stages) });
    await run("rolling", commits.second, {
      status: "Failed",
      stages: { ...passed("Source", "Build", "dev", "test"), prod: "Failed" },
    });
    const back = { pipelineName: "rolling", stageName: "prod", targetPipelineExecutionId: good };
    const { pipelineExecutionId } = await codepipeline<{ pipelineExecutionId: string }>("RollbackStage", back);
    await tell("run", { pipeline: "rolling", run: pipelineExecutionId, status: "Succeeded", stages: passed("prod") });
    const json = await box.json<StatusJson>("status", "--on", "codepipeline");
    assert.equal(json.version, 1);
    assert.equal(json.deployed.prod!.rolling!.commit, commits.first);
    assert.equal(json.deployed.prod!.rolling!.isRollback, true);
    assert.equal(json.deployed.test!.rolling!.commit, commits.second);
    assert.match(
      (await box.baton("status", "--on", "codepipeline")).stdout,
      /^rolling {2}rollback \w{8} Succeeded {2}1111111/m,
    );
  });

  test("a connection that nobody confirmed yet comes first, with the page that does it", async (t) => {
    const box = await delivered(t, "waiting");
    await tell("connection", { ConnectionArn: connection, ConnectionStatus: "PENDING" });
    const { code, stdout, stderr } = await box.baton("status", "--on", "codepipeline");
    assert.equal(code, 0);
    assert.match(stdout, /^waiting {2}no run yet$/m);
    assert.match(stdout, /^ {2}waiting +never deployed$/m);
    assert.match(
      stdout,
      /connection\/1{8}-\S+ is pending: no push starts anything until somebody confirms it in the console\n +https:\/\/eu-central-1\.console\.aws\.amazon\.com\/codesuite\/settings\/connections/,
    );
    assert.match(stderr, /next: https:\/\/eu-central-1\.console\.\S+ {2}confirm the connection there/);
    const json = await box.json<StatusJson>("status", "--on", "codepipeline");
    assert.deepEqual(
      json.connections.map(({ status }) => status),
      ["PENDING"],
    );
  });

  test("a pipeline that is not there, or not as the definition says, comes with the command that helps", async (t) => {
    const box = await delivered(t, "absent", []);
    const { code, stderr } = await box.baton("status", "--on", "codepipeline");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /absent: not on AWS \(layout single\), in the account and region[\s\S]*next: aws cloudformation deploy --stack-name absent-pipelines .*ConnectionArn=…/,
    );
    const json = await box.baton("status", "--on", "codepipeline", "--json");
    assert.equal(json.code, 1);
    assert.deepEqual((JSON.parse(json.stdout) as StatusJson).missing, ["absent"]);
    const old = await delivered(t, "older", ["Source", "dev"]);
    const stale = await old.baton("status", "--on", "codepipeline");
    assert.match(stale.stdout, /its stages are not those of the definition/);
  });

  test("what keeps AWS from being asked is said, with what to do", async (t) => {
    const box = await delivered(t, "unasked", []);
    const home = join(box.root, ".git", "home");
    mkdirSync(home);
    const own = { HOME: home, AWS_CONFIG_FILE: join(home, "config"), AWS_SHARED_CREDENTIALS_FILE: join(home, "keys") };
    const refusals: [Record<string, string>, RegExp][] = [
      [
        { PATH: `${home}:${join(process.execPath, "..")}:/usr/bin/nowhere` },
        /the AWS CLI \(aws\) is not on the path\n +next: install it/,
      ],
      [
        { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
        /no credentials for AWS are set\n +next: aws configure, or aws sso login/,
      ],
      [
        { AWS_REGION: "", AWS_DEFAULT_REGION: "", AWS_ENDPOINT_URL: "" },
        /no region is set\n +next: export AWS_REGION=/,
      ],
      [{ AWS_PROFILE: "nobody" }, /profile \(nobody\) could not be found\n +next: aws configure list-profiles/],
      [{ AWS_ENDPOINT_URL: "http://127.0.0.1:9" }, /Could not connect to the endpoint[\s\S]*next: look at the network/],
    ];
    for (const [env, message] of refusals) {
      delete box.env.AWS_PROFILE;
      Object.assign(box.env, emulator.env, own, env);
      const { code, stdout, stderr } = await box.baton("status", "--on", "codepipeline");
      assert.equal(code, 1, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, message);
    }
    const wrong = await box.baton("status", "--on", "jenkins");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--on jenkins: there is no such service to ask\n +next: use .*--on codepipeline/);
    assert.equal((await box.baton("status", "--layout", "single")).code, 2);
  });
});
