/** The generated CodePipelines of the shop: their own stack made, then a run of each, against emulated AWS. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { templateOf } from "../../../src/platforms/codepipeline/write/cloudformation/template.ts";
import type { Infrastructure, LambdaFunction } from "../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../src/platforms/codepipeline/write/options.ts";
import { type Emulator, startEmulator } from "../../aws/emulator.ts";
import { filesIn } from "../../generate/machine/files.ts";
import { emulator, fullDepth } from "../../lane/needs.ts";
import { type HandOverFunction, startFunction } from "../../platforms/codepipeline/hand-over/function.ts";
import { readExample } from "../../platforms/codepipeline/write/written.ts";
import { exampleFolder } from "../../platforms/github/write/deliveries.ts";
import { pathWithoutNetwork } from "./npm-without-network.ts";
import { Service } from "./service.ts";

const { built, settings } = await readExample("ecommerce");
const infrastructure: Infrastructure = lowerDelivery(built, {
  layout: "separate",
  format: "cdk",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse(settings),
});

describe("the shop on CodePipeline", fullDepth(...emulator, "aws-cdk-lib", "zip", "jq"), () => {
  let emulator: Emulator;
  let handOver: HandOverFunction;
  let service: Service;
  const folder = mkdtempSync(join(tmpdir(), "baton-shop-"));
  const started: AsyncDisposable[] = [];
  const aws = <T = object>(words: string, ...more: string[]) => emulator.aws<T>(...words.split(" "), ...more);

  before(async () => {
    emulator = await startEmulator();
    started.unshift(emulator);
    await makePipelines();
    const source = infrastructure.resources.find((one): one is LambdaFunction => one.kind === "function")!.source;
    const { Environment } = await aws<{ Environment: { Variables: Record<string, string> } }>(
      "lambda get-function-configuration --function-name ecommerce-hand-over",
    );
    handOver = await startFunction(source, { env: { ...emulator.env, ...Environment.Variables } });
    started.unshift(handOver);
    const path = pathWithoutNetwork(join(folder, "bin"));
    // What the image lacks is installed from registries; here it is there already.
    for (const installer of ["yum", "pip"]) {
      writeFileSync(join(folder, "bin", installer), "#!/bin/sh\n");
      chmodSync(join(folder, "bin", installer), 0o755);
    }
    service = new Service({ infrastructure, emulator, handOver, folder, path });
  });
  after(async () => {
    for (const one of started) await one[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The stack of the pipelines, and the place that takes their sources. */
  async function makePipelines(): Promise<void> {
    mkdirSync(join(folder, "stack"));
    const template = join(folder, "stack/template.json");
    writeFileSync(template, JSON.stringify(templateOf(infrastructure).template));
    const connection =
      "arn:aws:codeconnections:eu-central-1:123456789012:connection/11111111-2222-3333-4444-555555555555";
    const parameters = [`ConnectionArn,ParameterValue=${connection}`, "Repository,ParameterValue=owner/shop"];
    await aws(
      "cloudformation create-stack --stack-name pipelines --capabilities CAPABILITY_IAM",
      ...["--template-body", `file://${template}`],
      ...["--parameters", ...parameters.map((one) => `ParameterKey=${one}`)],
    );
    await aws("s3api create-bucket --bucket sources --create-bucket-configuration LocationConstraint=eu-central-1");
  }

  test("the stack of the pipelines is made: who is told, who builds with what rights, who hands over", async () => {
    const { Topics } = await aws<{ Topics: { TopicArn: string }[] }>("sns list-topics");
    assert.deepEqual(
      Topics.map(({ TopicArn }) => TopicArn.split(":").at(-1)),
      ["ecommerce-pipelines"],
    );
    const { Rules } = await aws<{ Rules: { Name: string }[] }>("events list-rules");
    assert.ok(Rules.some(({ Name }) => Name === "ecommerce-tell-failed"));
    const { DashboardEntries } = await aws<{ DashboardEntries: { DashboardName: string }[] }>(
      "cloudwatch list-dashboards",
    );
    assert.ok(DashboardEntries.some(({ DashboardName }) => DashboardName === "ecommerce-pipelines"));
    const { Roles } = await aws<{ Roles: { RoleName: string }[] }>("iam list-roles");
    const rightsOf = async (role: string) => {
      const { RoleName } = Roles.find((one) => one.RoleName.includes(role))!;
      const { PolicyDocument } = await aws<{ PolicyDocument: object }>(
        `iam get-role-policy --policy-name own --role-name ${RoleName}`,
      );
      return JSON.stringify(PolicyDocument).replaceAll("'", '"');
    };
    const release = await rightsOf("BackendReleaseProdRole");
    assert.match(release, /lambda:UpdateAlias/);
    assert.match(release, /function:shop-orders-prod"/);
    assert.doesNotMatch(release, /shop-orders-(dev|staging)|UpdateFunctionConfiguration|iam:|dynamodb:/);
    const compute = await rightsOf("BackendComputeProdRole");
    assert.match(compute, /lambda:UpdateFunctionConfiguration/);
    assert.doesNotMatch(compute, /lambda:UpdateFunctionCode|lambda:UpdateAlias|shop-compute-dev/);
  });

  test("a front end does not go ahead of what it needs; then everything is there, and every buildspec has run", async () => {
    await service.push("c1", filesIn(exampleFolder("ecommerce")));
    assert.equal(await service.start("ecommerce-customer", "dev"), false, "hosting and backend are not there yet");
    for (const name of ["hosting", "backend", "admin", "customer"]) {
      assert.equal(await service.start(`ecommerce-${name}`, "dev"), true, `${name} was not let into dev`);
    }
    assert.deepEqual([...service.built].sort(), infrastructure.buildspecs.map(({ path }) => path).sort());
    const { FunctionVersion } = await aws<{ FunctionVersion: string }>(
      "lambda get-alias --function-name shop-orders-dev --name live",
    );
    assert.equal(FunctionVersion, "1");
    const { Buckets } = await aws<{ Buckets: { Name: string }[] }>("s3api list-buckets");
    for (const app of ["admin", "customer"]) {
      const bucket = `shop-${app}-dev-123456789012`;
      assert.ok(Buckets.some(({ Name }) => Name === bucket));
      const { Contents } = await aws<{ Contents: { Key: string }[] }>(`s3api list-objects-v2 --bucket ${bucket}`);
      assert.ok(Contents.some(({ Key }) => Key === "config.json"));
    }
  });

  test("a site is not deployed beside hosting that was made from other sources", async () => {
    const files = filesIn(exampleFolder("ecommerce"));
    const changed = { ...files, "hosting/hosting.yaml": `${files["hosting/hosting.yaml"]}# changed\n` };
    await service.push("c2", changed);
    assert.equal(await service.start("ecommerce-customer", "dev"), false, "the hosting of this commit is not there");
  });
});
