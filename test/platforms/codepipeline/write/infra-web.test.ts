/**
 * The example as its team has it: the Terraform of its pipelines applied to emulated AWS, and one run of the pipeline of
 * develop, action by action, as the service describes it: every buildspec is executed with the variables of project and
 * action, and what it made is looked at through the services.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { EnvironmentVariable } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { type Emulator, startEmulator } from "../../../aws/emulator.ts";
import { consoleCalls } from "../../../cli/console-blocks.ts";
import { batonFile } from "../../../cli/sandbox.ts";
import { filesIn } from "../../../generate/machine/files.ts";
import { terraformEnv } from "../../../generate/machine/terraform.ts";
import { emulator, fullDepth } from "../../../lane/needs.ts";
import { connection, forEmulator, type MadePipeline, placeFiles } from "./applied-terraform.ts";
import { lookAtDeployment } from "./infra-web-deployment.ts";
import { PipelineRun } from "./pipeline-run.ts";
import { examples } from "./written.ts";

const files = filesIn(`${examples}infra-web`);
const written = Object.entries(files).map(([path, text]) => ({ path, text }));
const commit = "9d3c1f0e5b7a46829d3c1f0e5b7a46829d3c1f0e";

interface MadeProject {
  name: string;
  serviceRole: string;
  source: { type: string; buildspec: string };
  environment: { environmentVariables: EnvironmentVariable[] };
  cache: { type: string; location?: string };
  logsConfig: { cloudWatchLogs: { groupName: string } };
}

describe("infra-web, one CodePipeline for each branch, in Terraform", fullDepth(...emulator, "terraform"), () => {
  const scratch = mkdtempSync(join(tmpdir(), "baton-infra-web-"));
  let emulator: Emulator;
  let aws: Emulator["aws"];
  before(async () => {
    emulator = await startEmulator();
    aws = emulator.aws;
    followReadme();
  });
  after(async () => {
    await emulator[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** From a clone, and with an answer to what Terraform asks: the commands by which a team gets there. */
  function followReadme(): void {
    const folder = join(scratch, "repository");
    const asked = { cwd: folder, encoding: "utf8", input: "yes\n", timeout: 300_000 } as const;
    const PATH = `${dirname(batonFile)}:${emulator.env.PATH}`;
    const env = { ...emulator.env, ...terraformEnv(scratch), NO_COLOR: "1", PATH };
    placeFiles(folder, forEmulator(written, { withLifecycle: "yes" }));
    spawnSync("git", ["init", "--quiet"], { cwd: folder });
    for (const { command } of consoleCalls(readFileSync(`${examples}infra-web/README.md`, "utf8"))) {
      const filled = command.replace("ARN", connection).replace("OWNER/NAME", "owner/infra-web");
      const { status, stdout, stderr } = spawnSync("bash", ["-c", filled], { ...asked, env });
      assert.equal(status, 0, `${filled}\n${stdout}\n${stderr}`);
    }
  }

  const pipelineOf = async (name: string) =>
    (await aws<{ pipeline: MadePipeline }>("codepipeline", "get-pipeline", "--name", name)).pipeline;
  const projectsOf = async () => {
    const { projects: names } = await aws<{ projects: string[] }>("codebuild", "list-projects");
    const { projects } = await aws<{ projects: MadeProject[] }>("codebuild", "batch-get-projects", "--names", ...names);
    return new Map(projects.map((project) => [project.name, project]));
  };

  test("two pipelines with the order, the source and the triggers of the definition", async () => {
    const { pipelines } = await aws<{ pipelines: { name: string }[] }>("codepipeline", "list-pipelines");
    assert.deepEqual(pipelines.map(({ name }) => name).sort(), ["infra-web-dev", "infra-web-prod"]);
    const pipeline = await pipelineOf("infra-web-prod");
    assert.deepEqual(
      pipeline.stages.map(({ name, actions }) => [
        name,
        ...actions.map((action) => `${action.runOrder} ${action.name}`),
      ]),
      [
        ["Source", "1 repository"],
        ["Build", "1 infra-validate", "2 web-check", "3 web-package"],
        ["prod", "1 infra-apply", "2 web-build", "3 web-deploy"],
      ],
    );
    const [source] = pipeline.stages[0]!.actions;
    assert.deepEqual([source!.configuration.BranchName, source!.configuration.ConnectionArn], ["main", connection]);
    assert.equal(pipeline.stages[2]!.onFailure.result, "ROLLBACK");
    assert.deepEqual(pipeline.triggers[0]!.gitConfiguration.push[0]!.filePaths.includes, ["infra/**", "web/**"]);
    const deploy = pipeline.stages[2]!.actions[2]!;
    assert.deepEqual(
      deploy.inputArtifacts.map(({ name }) => name),
      ["Source", "web_build__prod", "web_package"],
    );
    const read = (JSON.parse(deploy.configuration.EnvironmentVariables!) as EnvironmentVariable[]).filter(
      ({ type }) => type === "PARAMETER_STORE",
    );
    assert.deepEqual(
      read.map(({ value }) => value),
      ["functionName", "siteBucket", "distributionId"].map(
        (output) => `/pipelines-terraform/prod/infra/${output}/#{codepipeline.PipelineExecutionId}`,
      ),
    );
  });

  test("each project has a log, a role of its own and no more rights than its job needs", async () => {
    const projects = await projectsOf();
    const once = ["infra-validate", "web-check", "web-package"];
    const each = ["infra-apply", "web-build", "web-deploy"];
    const places = [
      ...once.flatMap((job) => [`${job}-develop`, `${job}-main`]),
      ...each.flatMap((job) => [`${job}-dev`, `${job}-prod`]),
    ];
    assert.deepEqual([...projects.keys()].sort(), places.map((place) => `infra-web-${place}`).sort());
    const { logGroups } = await aws<{ logGroups: { logGroupName: string; retentionInDays: number }[] }>(
      "logs",
      "describe-log-groups",
    );
    const { RoleDetailList } = await aws<{
      RoleDetailList: { Arn: string; RolePolicyList: { PolicyDocument: object }[] }[];
    }>("iam", "get-account-authorization-details");
    const allowedTo = (name: string) => {
      const role = RoleDetailList.find(({ Arn }) => Arn === projects.get(name)!.serviceRole)!;
      assert.equal(role.RolePolicyList.length, 1);
      return JSON.stringify(role.RolePolicyList[0]!.PolicyDocument);
    };
    const roles = new Set<string>();
    for (const [name, { source, serviceRole, logsConfig }] of projects) {
      assert.equal(source.type, "CODEPIPELINE");
      assert.ok(files[source.buildspec], `${source.buildspec} is in the source`);
      roles.add(serviceRole);
      const log = logGroups.find(({ logGroupName }) => logGroupName === logsConfig.cloudWatchLogs.groupName);
      assert.equal(log?.retentionInDays, 90, name);
      const other = /-dev(elop)?$/.test(name)
        ? /infra-web-(prod|state-prod)|terraform\/prod/
        : /infra-web-(dev|state-dev)\b|terraform\/dev/;
      // What the other pipelines of the delivery are doing may be read: an older commit must not be deployed.
      assert.doesNotMatch(allowedTo(name).replaceAll(/"arn:aws:codepipeline:[^"]*"/g, ""), other, name);
    }
    assert.equal(roles.size, projects.size);
    const deploy = allowedTo("infra-web-web-deploy-prod");
    assert.match(deploy, /parameter\/pipelines-terraform\/prod\/infra\/siteBucket\/\*/);
    assert.match(deploy, /function:infra-web-prod/);
    assert.doesNotMatch(deploy, /dynamodb|ssm:PutParameter/);
    const build = allowedTo("infra-web-web-build-prod");
    assert.doesNotMatch(build, /siteBucket|functionName|lambda/);
  });

  test("the artifact bucket is private, encrypted, versioned, cleared, and reached over TLS alone", async () => {
    const { Buckets } = await aws<{ Buckets: { Name: string }[] }>("s3api", "list-buckets");
    const [bucket] = Buckets.map(({ Name }) => Name).filter((name) => name.startsWith("pipeline-artifacts-"));
    const of = ["--bucket", bucket!];
    const access = await aws<{ PublicAccessBlockConfiguration: object }>("s3api", "get-public-access-block", ...of);
    assert.deepEqual(Object.values(access.PublicAccessBlockConfiguration), [true, true, true, true]);
    assert.equal((await aws<{ Status: string }>("s3api", "get-bucket-versioning", ...of)).Status, "Enabled");
    const encrypted = await aws<object>("s3api", "get-bucket-encryption", ...of);
    assert.match(JSON.stringify(encrypted), /"SSEAlgorithm":"(AES256|aws:kms)"/);
    assert.match((await aws<{ Policy: string }>("s3api", "get-bucket-policy", ...of)).Policy, /aws:SecureTransport/);
    const { Rules } = await aws<{
      Rules: { ID: string; Status: string; Filter?: { Prefix?: string }; Expiration: { Days: number } }[];
    }>("s3api", "get-bucket-lifecycle-configuration", ...of);
    assert.deepEqual(
      Rules.map(({ ID, Status, Filter, Expiration }) => [ID, Status, Filter?.Prefix ?? "", Expiration.Days]),
      [
        ["expire", "Enabled", "", 426],
        ["forget-cache", "Enabled", "cache/", 30],
      ],
    );
    const { cache } = (await projectsOf()).get("infra-web-infra-apply-dev")!;
    assert.deepEqual(cache, { type: "S3", location: `${bucket}/cache/infra-web-infra-apply-dev` });
  });

  test("the team is told how runs end, by a topic that only these services publish to", async () => {
    const { Topics } = await aws<{ Topics: { TopicArn: string }[] }>("sns", "list-topics");
    const topic = Topics.map(({ TopicArn }) => TopicArn).find((arn) => arn.endsWith(":infra-web-pipelines"))!;
    const { Attributes } = await aws<{ Attributes: { Policy: string } }>(
      "sns",
      "get-topic-attributes",
      "--topic-arn",
      topic,
    );
    const { Statement } = JSON.parse(Attributes.Policy) as { Statement: Record<string, unknown>[] };
    const allowed = Statement.filter(({ Effect }) => Effect === "Allow");
    assert.deepEqual(
      allowed.map(({ Principal, Action, Resource }) => [Principal, Action, Resource]),
      [[{ Service: "cloudwatch.amazonaws.com" }, "sns:Publish", topic]],
    );
    const { Rules } = await aws<{ Rules: { Name: string; EventPattern: string }[] }>("events", "list-rules");
    const states = Rules.map(({ Name, EventPattern }) => {
      const { detail } = JSON.parse(EventPattern) as { detail: { pipeline: string[]; state: string[] } };
      assert.deepEqual(detail.pipeline, ["infra-web-dev", "infra-web-prod"]);
      return [Name, detail.state];
    });
    assert.deepEqual(Object.fromEntries(states), {
      "infra-web-tell-passed": ["SUCCEEDED"],
      "infra-web-tell-failed": ["FAILED", "STOPPED", "CANCELED"],
    });
    for (const { Name } of Rules) {
      const { Targets } = await aws<{ Targets: { Arn: string }[] }>("events", "list-targets-by-rule", "--rule", Name);
      assert.deepEqual(
        Targets.map(({ Arn }) => Arn.split(":").slice(-2)),
        [["function", "infra-web-notices"]],
      );
    }
    const { MetricAlarms } = await aws<{ MetricAlarms: { MetricName: string; AlarmActions: string[] }[] }>(
      "cloudwatch",
      "describe-alarms",
    );
    assert.deepEqual(
      MetricAlarms.map(({ MetricName, AlarmActions }) => [MetricName, AlarmActions]),
      [["AsyncEventsDropped", [topic]]],
    );
    const { DashboardBody } = await aws<{ DashboardBody: string }>(
      "cloudwatch",
      "get-dashboard",
      "--dashboard-name",
      "infra-web-pipelines",
    );
    assert.match(DashboardBody, /infra-web-web-deploy-prod/);
  });

  test("one run of infra-web-dev: every buildspec, in the order of the pipeline", async () => {
    const place = JSON.stringify({ LocationConstraint: "eu-central-1" });
    const bucket = ["--bucket", "infra-web-state-dev", "--create-bucket-configuration", place];
    await aws("s3api", "create-bucket", ...bucket);
    const id = "22222222-3333-4444-5555-666666666666";
    const run = new PipelineRun({
      emulator,
      folder: scratch,
      id,
      commit,
      fillSource: (folder) => placeFiles(folder, written),
      env: { ...terraformEnv(scratch), TF_CLI_ARGS_init: "-backend-config=use_path_style=true" },
    });
    const projects = await projectsOf();
    const executed: string[] = [];
    for (const { actions } of (await pipelineOf("infra-web-dev")).stages.slice(1)) {
      for (const { name, namespace, configuration, inputArtifacts, outputArtifacts } of actions.toSorted(
        (a, b) => a.runOrder - b.runOrder,
      )) {
        const { environment, source } = projects.get(configuration.ProjectName!)!;
        const own = JSON.parse(configuration.EnvironmentVariables!) as EnvironmentVariable[];
        const { status, output } = await run.build({
          ...(namespace && { namespace }),
          variables: [...environment.environmentVariables, ...own],
          buildspec: files[source.buildspec]!,
          inputs: inputArtifacts.slice(1).map((artifact) => artifact.name),
          outputs: (outputArtifacts ?? []).map((artifact) => artifact.name),
        });
        assert.equal(status, 0, `${name}: ${output}`);
        executed.push(source.buildspec);
      }
    }
    assert.deepEqual(
      executed.sort(),
      Object.keys(files)
        .filter((path) => path.startsWith("codepipeline/buildspecs/"))
        .sort(),
    );
    await lookAtDeployment({ emulator, files, run: id, packaged: run.artifact("web_package"), scratch });
  });
});
