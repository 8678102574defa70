/** The generated CodePipelines of the shop: their own stack made, against emulated AWS. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Infrastructure } from "../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../src/platforms/codepipeline/write/options.ts";
import { type Emulator, startEmulator } from "../../aws/emulator.ts";
import { emulator, fullDepth } from "../../lane/needs.ts";
import { SetsAtWork } from "../../platforms/codepipeline/separate/at-work.ts";
import { readExample } from "../../platforms/codepipeline/write/written.ts";

const { built, settings } = await readExample("ecommerce");
const infrastructure: Infrastructure = lowerDelivery(built, {
  layout: "separate",
  format: "cdk",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse(settings),
});

describe("the shop on CodePipeline", fullDepth(...emulator, "aws-cdk-lib"), () => {
  let emulator: Emulator;
  const folder = mkdtempSync(join(tmpdir(), "baton-shop-"));
  const aws = <T = object>(words: string, ...more: string[]) => emulator.aws<T>(...words.split(" "), ...more);

  before(async () => {
    emulator = await startEmulator();
    await SetsAtWork.of({ infrastructure, emulator, folder });
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
});
