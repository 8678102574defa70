/** The generated CodePipelines of the shop: their own stack made, then a run of each, against emulated AWS. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Infrastructure } from "../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../src/platforms/codepipeline/write/options.ts";
import { type Emulator, startEmulator } from "../../aws/emulator.ts";
import { filesIn } from "../../generate/machine/files.ts";
import { emulator, fullDepth } from "../../lane/needs.ts";
import { SetsAtWork } from "../../platforms/codepipeline/separate/at-work.ts";
import { readExample } from "../../platforms/codepipeline/write/written.ts";
import { exampleFolder } from "../../platforms/github/write/deliveries.ts";
import { pathWithoutNetwork } from "./npm-without-network.ts";

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
  let at: SetsAtWork;
  const folder = mkdtempSync(join(tmpdir(), "baton-shop-"));
  const aws = <T = object>(words: string, ...more: string[]) => emulator.aws<T>(...words.split(" "), ...more);

  before(async () => {
    emulator = await startEmulator();
    const path = pathWithoutNetwork(join(folder, "bin"), emulator.env.PATH);
    // What the image lacks is installed from registries; here it is there already.
    for (const installer of ["yum", "pip"]) {
      writeFileSync(join(folder, "bin", installer), "#!/bin/sh\n");
      chmodSync(join(folder, "bin", installer), 0o755);
    }
    at = await SetsAtWork.of({ infrastructure, emulator, folder, env: { PATH: path } });
  });
  after(async () => {
    await emulator[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the stack of the pipelines is made: who is told, who builds with what rights, who releases", async () => {
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

  const builders = ["hosting", "backend", "admin", "customer"].map((name) => `ecommerce-${name}-main`);
  const except = ["staging", "prod"].map((name) => `ecommerce-hosting-to-${name}`);

  test("a push builds each apart, and one run takes all of it to dev; every buildspec has run", async () => {
    await at.push("c1", filesIn(exampleFolder("ecommerce")), builders);
    await at.settle({ except });
    assert.deepEqual(
      at.runs
        .filter(({ status, codepipeline }) => status !== "Succeeded" && !except.includes(codepipeline))
        .map(({ codepipeline, reason }) => [codepipeline, reason]),
      [],
    );
    assert.deepEqual(at.told, ["dev: release 1 of hosting@main"]);
    assert.deepEqual([...at.built].sort(), infrastructure.buildspecs.map(({ path }) => path).sort());
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
});
