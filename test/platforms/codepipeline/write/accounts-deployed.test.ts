/**
 * Several accounts and regions, made for real: the modules are applied from one root as the page says, each in its own
 * account and region of the emulator, and then stacks and builds act there as the roles that were made.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";
import type {
  Action,
  EnvironmentVariable,
  PipelineResource,
  Project,
} from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { type Emulator, startEmulator } from "../../../aws/emulator.ts";
import { terraformEnv } from "../../../generate/machine/terraform.ts";
import { emulator, fullDepth } from "../../../lane/needs.ts";
import { connection, forEmulator, placeFiles, runTerraform } from "./applied-terraform.ts";
import { estate, estateSettings, home, other } from "./estate.ts";
import { PipelineRun } from "./pipeline-run.ts";
import { write } from "./written.ts";

const wholePage = readFileSync(new URL("../../../../docs/generate-codepipeline.md", import.meta.url), "utf8");
const page = wholePage.slice(wholePage.indexOf("## Several accounts"));
const block = (language: string) => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)![1]!;

const infrastructure = lowerDelivery(estate, {
  layout: "single",
  format: "terraform",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse(estateSettings),
});
const pipeline = infrastructure.resources.find((one): one is PipelineResource => one.kind === "pipeline")!;
const run = "11111111-2222-3333-4444-555555555555";

test("the settings on the page are those of the delivery that is deployed here", () => {
  const { home: at, targets } = estateSettings;
  assert.deepEqual(parse(block("yaml")), { home: at, targets });
});

describe("a delivery in two accounts and three regions", fullDepth(...emulator, "terraform"), () => {
  const scratch = mkdtempSync(join(tmpdir(), "baton-accounts-"));
  let emulator: Emulator;
  let credentials: Server;
  /** CodeBuild gives each build the credentials of its project's role. */
  let machineCredentials = {};
  before(async () => {
    emulator = await startEmulator();
    credentials = createServer((_, response) => response.end(JSON.stringify(machineCredentials)));
    await new Promise<void>((resolve) => credentials.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    credentials.closeAllConnections();
    credentials.close();
    await emulator[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  test("one root applies all modules, each in its place", async () => {
    const files = forEmulator(write(estate, estateSettings, { format: "terraform" }).files, { withLifecycle: "no" });
    // Here the root configures the providers, as the page has it.
    placeFiles(
      scratch,
      files.filter(({ path }) => path !== "codepipeline/provider.tf"),
    );
    const reachable = block("hcl").replaceAll(
      /provider "aws" \{\n/g,
      "$&  max_retries = 3\n  s3_use_path_style = true\n",
    );
    const variables = ["connection_arn", "repository"].map((name) => `variable "${name}" {\n  type = string\n}\n`);
    writeFileSync(join(scratch, "main.tf"), `${variables.join("\n")}\n${reachable}`);
    const env = { ...emulator.env, ...terraformEnv(scratch) };
    assert.equal(runTerraform(join(scratch, "codepipeline"), env, "fmt", "-check", "-recursive", "-diff"), "");
    runTerraform(scratch, env, "init", "-input=false", "-no-color");
    const given = ["-var", `connection_arn=${connection}`, "-var", "repository=owner/estate"];
    runTerraform(scratch, env, "apply", "-auto-approve", "-input=false", "-no-color", ...given);

    const rolesAbroad = await rolesOf(other.account);
    assert.deepEqual(rolesAbroad, [
      "estate-network-deploy-prod-role",
      "estate-prod-actions-role",
      "estate-web-deploy-prod-role",
      "estate-web-prepare-prod-role",
    ]);
    const rolesAtHome = await rolesOf(home.account);
    assert.ok(rolesAtHome.includes("estate-web-deploy-prod-role"));
    assert.ok(!rolesAtHome.some((name) => /network-deploy-prod|actions/.test(name)), String(rolesAtHome));

    const keys = new Map<string, string>();
    for (const region of [home.region, "us-east-1", other.region]) {
      const { Aliases } = await emulator.aws<{ Aliases: { AliasName: string; TargetKeyId?: string }[] }>(
        ...["kms", "list-aliases", "--region", region],
      );
      const id = Aliases.find(({ AliasName }) => AliasName === "alias/estate-pipelines")!.TargetKeyId!;
      const about = ["--key-id", id, "--region", region];
      const { KeyMetadata } = await emulator.aws<{ KeyMetadata: { Arn: string } }>("kms", "describe-key", ...about);
      keys.set(region, KeyMetadata.Arn);
      const rotation = await emulator.aws("kms", "get-key-rotation-status", ...about);
      assert.equal(rotation.KeyRotationEnabled, true);
      const policy = await emulator.aws<{ Policy: string }>(
        "kms",
        "get-key-policy",
        "--policy-name",
        "default",
        ...about,
      );
      assert.equal(policy.Policy.includes("estate-prod-actions-role"), region === other.region);
      const bucket = ["--bucket", `estate-pipelines-${home.account}-${region}`];
      const { ServerSideEncryptionConfiguration } = await emulator.aws<{ ServerSideEncryptionConfiguration: object }>(
        ...["s3api", "get-bucket-encryption", "--region", region, ...bucket],
      );
      assert.ok(JSON.stringify(ServerSideEncryptionConfiguration).includes(KeyMetadata.Arn));
    }
    const made = await emulator.aws<{ pipeline: { artifactStores: Record<string, Store>; stages: MadeStage[] } }>(
      ...["codepipeline", "get-pipeline", "--name", "estate"],
    );
    const stores = Object.entries(made.pipeline.artifactStores).map(([region, { location, encryptionKey }]) => [
      region,
      location,
      encryptionKey.id,
    ]);
    assert.deepEqual(
      stores.toSorted(),
      [...keys].map(([region, key]) => [region, `estate-pipelines-${home.account}-${region}`, key]).toSorted(),
    );
    const network = (stage: string) =>
      made.pipeline.stages.find(({ name }) => name === stage)!.actions.find(({ name }) => name === "network-deploy")!;
    assert.deepEqual([network("us").region, network("us").roleArn], ["us-east-1", undefined]);
    assert.deepEqual(
      [network("prod").region, network("prod").roleArn],
      [other.region, `arn:aws:iam::${other.account}:role/estate-prod-actions-role`],
    );
  });

  test("a run deploys each environment where it is, and keeps outputs at home", async () => {
    const own = new PipelineRun({
      emulator,
      folder: scratch,
      id: run,
      commit: "4f2a",
      fillSource() {},
      env: {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(credentials.address() as AddressInfo).port}/`,
      },
    });
    for (const { name: stage, actions } of pipeline.stages) {
      for (const action of actions) {
        if (action.provider === "CloudFormation") own.tells(action.namespace!, await deployed(action));
        if (action.provider !== "CodeBuild") continue;
        const { status, output } = await built(own, action);
        assert.equal(status, 0, `${stage}/${action.name}: ${output}`);
      }
    }

    const places = { test: home, us: { ...home, region: "us-east-1" }, prod: other };
    for (const [environment, { account, region }] of Object.entries(places)) {
      const as = await envOf(`arn:aws:iam::${account}:role/looking`);
      const { Buckets } = await asked<{ Buckets: { Name: string }[] }>(as, "s3api", "list-buckets");
      assert.ok(
        Buckets.some(({ Name }) => Name === `estate-${environment}`),
        `${environment} has its bucket in ${account}`,
      );
      const lookAt = ["s3api", "get-bucket-location", "--bucket", `estate-${environment}`];
      assert.equal(
        (await asked<{ LocationConstraint: string | null }>(as, ...lookAt)).LocationConstraint ?? "us-east-1",
        region,
      );
      const of = (file: string) => asked<string>(as, "s3", "cp", `s3://estate-${environment}/${file}`, "-");
      assert.match(
        await of("who.txt"),
        new RegExp(`^arn:aws:sts::${account}:assumed-role/estate-web-deploy-${environment}-role/`),
      );
      assert.equal(await of("what.txt"), `arn:aws:sns:${region}:${account}:network-${environment} in ${environment}\n`);
      const { Parameter } = await asked<{ Parameter: { Value: string } }>(
        ...([as, "ssm", "get-parameter", "--name", "/estate/last", "--region", region] as const),
      );
      assert.equal(Parameter.Value, "4f2a", "what a step puts is where the environment is");
    }
    assert.match(
      await asked<string>(
        await envOf(`arn:aws:iam::${other.account}:role/looking`),
        "s3",
        "cp",
        "s3://estate-prod/who.txt",
        "-",
      ),
      new RegExp(`/${run}\n$`),
      "the session says for which run it acts",
    );
    const outputs = async (account: string, region: string) => {
      const as = await envOf(`arn:aws:iam::${account}:role/looking`);
      const { Parameters } = await asked<{ Parameters: { Name: string }[] }>(
        ...([as, "ssm", "get-parameters-by-path", "--path", "/estate", "--recursive", "--region", region] as const),
      );
      return Parameters.map(({ Name }) => Name)
        .filter((name) => name.includes("bucket"))
        .toSorted();
    };
    assert.deepEqual(
      await outputs(home.account, home.region),
      ["test", "us", "prod"]
        .flatMap((environment) => [`/estate/${environment}/bucket`, `/estate/${environment}/web/bucket/${run}`])
        .toSorted(),
    );
    assert.deepEqual(await outputs(home.account, "us-east-1"), []);
    assert.deepEqual(await outputs(other.account, other.region), []);
  });

  async function built(own: PipelineRun, action: Action) {
    const [reference] = action.configuration.ProjectName as unknown as [{ of: string }];
    const project = infrastructure.resources.find(
      (one): one is Project => one.kind === "project" && one.id === reference.of,
    )!;
    const { projects } = await emulator.aws<{ projects: { serviceRole: string }[] }>(
      ...["codebuild", "batch-get-projects", "--names", project.name],
    );
    machineCredentials = await credentialsOf(projects[0]!.serviceRole);
    const running = JSON.parse(action.configuration.EnvironmentVariables as string) as EnvironmentVariable[];
    return own.build({
      ...action,
      inputs: action.inputs.slice(1),
      variables: [...(project.variables as EnvironmentVariable[]), ...running],
      buildspec: infrastructure.buildspecs.find(({ path }) => path === project.buildspec)!.text,
    });
  }

  /** What the CloudFormation action does: in its region, as its role, the template of the source. */
  async function deployed({ configuration, role, region = home.region }: Action): Promise<Record<string, string>> {
    const env = role === undefined ? emulator.env : await envOf(role);
    const stack = ["--region", region, "--stack-name", String(configuration.StackName)];
    const template = {
      Resources: { T: { Type: "AWS::SNS::Topic", Properties: { TopicName: configuration.StackName } } },
      Outputs: { Topic: { Value: { Ref: "T" } } },
    };
    await asked(env, "cloudformation", "create-stack", ...stack, "--template-body", JSON.stringify(template));
    const { Stacks } = await asked<{ Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[] }>(
      ...([env, "cloudformation", "describe-stacks", ...stack] as const),
    );
    return Object.fromEntries(Stacks[0]!.Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  }

  async function rolesOf(account: string): Promise<string[]> {
    const as = await envOf(`arn:aws:iam::${account}:role/looking`);
    const { Roles } = await asked<{ Roles: { RoleName: string }[] }>(as, "iam", "list-roles");
    return Roles.map(({ RoleName }) => RoleName).toSorted();
  }

  async function credentialsOf(role: string) {
    const { Credentials } = await emulator.aws<{ Credentials: Record<string, string> }>(
      ...["sts", "assume-role", "--role-session-name", "machine", "--role-arn", role],
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials;
    return { AccessKeyId, SecretAccessKey, Token: SessionToken, Expiration };
  }

  /** The surroundings of who has taken a role on. */
  async function envOf(role: string): Promise<NodeJS.ProcessEnv> {
    const { AccessKeyId, SecretAccessKey, Token } = await credentialsOf(role);
    return {
      ...emulator.env,
      AWS_ACCESS_KEY_ID: AccessKeyId,
      AWS_SECRET_ACCESS_KEY: SecretAccessKey,
      AWS_SESSION_TOKEN: Token,
    };
  }
});

interface Store {
  location: string;
  encryptionKey: { id: string };
}

interface MadeStage {
  name: string;
  actions: { name: string; region?: string; roleArn?: string }[];
}

/** What the AWS CLI answers to somebody: its JSON read, the bytes of an object as text. */
async function asked<T>(env: NodeJS.ProcessEnv, ...args: string[]): Promise<T> {
  const isObject = args[0] === "s3";
  const { stdout } = await promisify(execFile)("aws", isObject ? args : [...args, "--output", "json"], { env });
  return (isObject ? stdout : JSON.parse(stdout)) as T;
}
