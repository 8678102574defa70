/** The whole delivery run by Baton against emulated AWS: three releases, to production and back, looked at as users would. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { type Emulator, startEmulator } from "../../aws/emulator.ts";
import { type Sandbox, sandbox } from "../../cli/sandbox.ts";
import { filesIn } from "../../generate/machine/files.ts";
import { emulator, fullDepth } from "../../lane/needs.ts";
import { exampleFolder } from "../../platforms/github/write/deliveries.ts";
import { pathWithoutNetwork } from "./npm-without-network.ts";

interface Outputs {
  hosting: Record<"adminBucket" | "adminDistribution" | "adminUrl" | "customerUrl" | "customerDistribution", string>;
  backend: { apiUrl: string };
}

describe("the shop, from dev to production", fullDepth(...emulator, "aws-cdk-lib", "zip", "jq"), () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator[Symbol.asyncDispose]());
  const aws = <T = object>(words: string, ...more: string[]) => emulator.aws<T>(...words.split(" "), ...more);

  /** What somebody gets at an address of emulated AWS. */
  async function visit(address: string, options: { body?: object } = {}) {
    const { hostname, pathname } = new URL(address);
    const answer = await fetch(`${emulator.endpoint}/emulator/visit/${hostname}${pathname}`, {
      ...(options.body && { method: "POST", body: JSON.stringify(options.body) }),
    });
    return { status: answer.status, text: await answer.text() };
  }

  function repository(t: TestContext): Sandbox {
    const files = filesIn(exampleFolder("ecommerce"));
    // Nobody calls emulated functions meanwhile, so there is nothing to watch.
    const config = files["baton.config.ts"]!.replaceAll(/watch_minutes: \d+/g, "watch_minutes: 0");
    const repo = sandbox(t, { files: { ...files, "baton.config.ts": config } });
    const own = Object.entries(emulator.env).filter(([name]) => /^(AWS_|NODE_OPTIONS$)/.test(name));
    const PATH = pathWithoutNetwork(join(repo.root, ".git/bin"), emulator.env.PATH);
    Object.assign(repo.env, Object.fromEntries(own), { PATH });
    return repo;
  }

  const change = (repo: Sandbox, path: string, before: string, after: string) => {
    const text = repo.read(path);
    assert.ok(text.includes(before), `${path} has no ${before}`);
    repo.write({ [path]: text.replace(before, after) });
  };

  test("three releases: everything is there; what changed is deployed and nothing else; what is bad goes nowhere", async (t) => {
    const repo = repository(t);
    const first = await repo.baton("run", "--env", "dev", "--yes");
    assert.equal(first.code, 0, first.stdout + first.stderr);
    const outputs = await outputsOf(repo);
    await t.test("the buckets are private, the distributions serve them, HTTPS only", () => hosting(outputs));
    await t.test("tables, code bucket, function with its layers, API and alarms are as the stacks say", backend);
    await t.test("a customer can order what there is", () => orders(outputs));

    change(repo, "backend/function/api.js", "there is nothing here", "there is nothing at this address");
    change(repo, "backend/stacks/compute.js", "memorySize: 256", "memorySize: 512");
    change(repo, "customer/src/index.html", "<h1>Shop</h1>", "<h1>The shop</h1>");
    repo.commit("a better shop");
    const second = await repo.baton("run", "--env", "dev", "--yes");
    assert.equal(second.code, 0, second.stdout + second.stderr);
    assert.doesNotMatch(second.stderr, /hosting\.[a-z]+(@dev)? started/);
    await t.test("the new code answers, with its settings, by way of the alias", async () => {
      assert.equal(await live(), "2");
      assert.match((await visit(`${outputs.backend.apiUrl}health`)).text, /"version":"2"/);
      const { MemorySize } = await aws<{ MemorySize: number }>(
        "lambda get-function-configuration --function-name shop-orders-dev --qualifier live",
      );
      assert.equal(MemorySize, 512);
    });
    await t.test("the cache was told after the upload", async () => {
      assert.match((await visit(outputs.hosting.customerUrl)).text, /<h1>The shop<\/h1>/);
    });

    await t.test("what dev has proven goes to staging and, when somebody says so, to production", async () => {
      const staged = await repo.baton("promote", "--to", "staging", "--yes");
      assert.equal(staged.code, 0, staged.stdout + staged.stderr);
      const asked = await repo.baton("promote", "--to", "prod");
      assert.match(asked.stdout, /prod waits for approval by release-managers/);
      assert.deepEqual(await functions(), ["shop-orders-dev", "shop-orders-staging"]);
      const approved = await repo.baton("approve", "--comment", "Staging is well");
      assert.equal(approved.code, 0, approved.stdout + approved.stderr);
      const prod = await outputsOf(repo, "prod");
      assert.match((await visit(prod.hosting.customerUrl)).text, /<h1>The shop<\/h1>/);
      assert.match((await visit(`${prod.backend.apiUrl}health`)).text, /"version":"1"/);
      const [ofDev, ofStaging, ofProd] = [outputs, await outputsOf(repo, "staging"), prod].map((of) =>
        Object.values(of).flatMap((values) => Object.values(values as Record<string, string>)),
      );
      const all = [...ofDev!, ...ofStaging!, ...ofProd!];
      assert.equal(new Set(all).size, all.length, "no two environments share anything that has a name");
      const same = await repo.baton("release", "diff", "2", "prod");
      assert.equal(same.stdout.match(/stays as it is/g)?.length, 4, same.stdout);
    });

    change(repo, "backend/stacks/compute.js", "memorySize: 512", "memorySize: 1024");
    change(repo, "backend/function/index.js", "export const handler", "throw new Error('no');\nexport const handler");
    repo.commit("a worse shop");
    const bad = await repo.baton("run", "--env", "dev", "--yes");
    assert.equal(bad.code, 1, bad.stderr);
    assert.match(bad.stderr, /The check of version 3 failed\. No call has reached it\./);
    assert.equal(await live(), "2");
    assert.match((await visit(`${outputs.backend.apiUrl}health`)).text, /"version":"2"/);

    const settings = async () =>
      (await aws<{ MemorySize: number }>("lambda get-function-configuration --function-name shop-orders-dev"))
        .MemorySize;
    assert.equal(await settings(), 1024, "its stack has gone on before the check");
    const back = await repo.baton("rollback", "dev", "--yes");
    assert.equal(back.code, 0, back.stdout + back.stderr);
    assert.equal(await settings(), 512);
    assert.equal(await live(), "2");
    assert.doesNotMatch((await repo.baton("status")).stdout, /part of/);

    await t.test("without what its policy allows the distribution reads nothing of the bucket", async () => {
      const { adminBucket, adminDistribution, adminUrl } = outputs.hosting;
      await aws(`s3api delete-bucket-policy --bucket ${adminBucket}`);
      await aws(`cloudfront create-invalidation --distribution-id ${adminDistribution} --paths /*`);
      assert.doesNotMatch((await visit(adminUrl)).text, /<h1>/);
    });
  });

  const functions = async () =>
    (await aws<{ Functions: { FunctionName: string }[] }>("lambda list-functions")).Functions.map(
      ({ FunctionName }) => FunctionName,
    ).sort();

  async function outputsOf(repo: Sandbox, environment = "dev"): Promise<Outputs> {
    type Deployed = Record<string, { outputs: Record<string, string> }>;
    const { environments } = await repo.json<{ environments: Record<string, Deployed> }>(
      "outputs",
      "--env",
      environment,
    );
    const named = Object.entries(environments[environment]!).map(([pipeline, { outputs }]) => [pipeline, outputs]);
    return Object.fromEntries(named) as Outputs;
  }

  const live = async () =>
    (await aws<{ FunctionVersion: string }>("lambda get-alias --function-name shop-orders-dev --name live"))
      .FunctionVersion;

  async function hosting({ hosting }: Outputs): Promise<void> {
    const bucket = hosting.adminBucket;
    assert.equal(bucket, "shop-admin-dev-123456789012");
    const versioning = await aws<{ Status: string }>(`s3api get-bucket-versioning --bucket ${bucket}`);
    assert.equal(versioning.Status, "Enabled");
    const { PublicAccessBlockConfiguration } = await aws<{ PublicAccessBlockConfiguration: Record<string, boolean> }>(
      `s3api get-public-access-block --bucket ${bucket}`,
    );
    assert.deepEqual(Object.values(PublicAccessBlockConfiguration), [true, true, true, true]);
    const encryption = await aws(`s3api get-bucket-encryption --bucket ${bucket}`);
    assert.match(JSON.stringify(encryption), /"SSEAlgorithm":"AES256"/);
    const { DistributionConfig } = await aws<{
      DistributionConfig: {
        DefaultCacheBehavior: { ViewerProtocolPolicy: string };
        Origins: { Items: { OriginAccessControlId: string }[] };
        CustomErrorResponses: { Items: { ErrorCode: number; ResponseCode: string; ResponsePagePath: string }[] };
      };
    }>(`cloudfront get-distribution-config --id ${hosting.adminDistribution}`);
    assert.equal(DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy, "redirect-to-https");
    assert.deepEqual(
      DistributionConfig.CustomErrorResponses.Items.map((one) => [
        one.ErrorCode,
        Number(one.ResponseCode),
        one.ResponsePagePath,
      ]),
      [
        [403, 200, "/index.html"],
        [404, 200, "/index.html"],
      ],
    );
    const [origin] = DistributionConfig.Origins.Items;
    const { OriginAccessControl } = await aws<{
      OriginAccessControl: { OriginAccessControlConfig: Record<string, string> };
    }>(`cloudfront get-origin-access-control --id ${origin!.OriginAccessControlId}`);
    assert.equal(OriginAccessControl.OriginAccessControlConfig.SigningBehavior, "always");
    assert.match((await visit(`${hosting.adminUrl}/any/page`)).text, /<h1>Stock<\/h1>/);
  }

  async function backend(): Promise<void> {
    for (const table of ["shop-products-dev", "shop-orders-dev"]) {
      const { Table } = await aws<{
        Table: { DeletionProtectionEnabled: boolean; BillingModeSummary: { BillingMode: string } };
      }>(`dynamodb describe-table --table-name ${table}`);
      assert.deepEqual(
        [Table.DeletionProtectionEnabled, Table.BillingModeSummary.BillingMode],
        [true, "PAY_PER_REQUEST"],
      );
    }
    const { Contents } = await aws<{ Contents: { Key: string }[] }>(
      "s3api list-objects-v2 --bucket shop-code-dev-123456789012",
    );
    assert.deepEqual(
      Contents.map(({ Key }) => Key.replace(/[0-9a-f]{16}/, "DIGEST")),
      ["telemetry", "utils", "vendor"].map((name) => `layers/${name}-DIGEST.zip`),
    );
    const { Layers, Environment } = await aws<{
      Layers: { Arn: string }[];
      Environment: { Variables: Record<string, string> };
    }>("lambda get-function-configuration --function-name shop-orders-dev --qualifier live");
    assert.deepEqual(
      Layers.map(({ Arn }) => Arn.split(":").slice(-2).join(":")),
      ["shop-telemetry-dev:1", "shop-utils-dev:1", "shop-vendor-dev:1"],
    );
    assert.equal(Environment.Variables.PRODUCTS_TABLE, "shop-products-dev");
    const { MetricAlarms } = await aws<{
      MetricAlarms: { AlarmName: string; Dimensions: { Name: string; Value: string }[] }[];
    }>("cloudwatch describe-alarms --alarm-name-prefix shop-");
    assert.deepEqual(
      MetricAlarms.map(({ AlarmName }) => AlarmName),
      ["shop-orders-dev-errors", "shop-orders-dev-slow"],
    );
    assert.equal(MetricAlarms[0]!.Dimensions.find(({ Name }) => Name === "Resource")!.Value, "shop-orders-dev:live");
    assert.equal(await live(), "1");
  }

  async function orders({ backend: { apiUrl }, hosting: { customerUrl } }: Outputs): Promise<void> {
    const config = JSON.parse((await visit(`${customerUrl}/config.json`)).text) as { apiUrl: string };
    assert.equal(config.apiUrl, apiUrl);
    const item = { id: { S: "tea" }, name: { S: "Tea" }, priceCents: { N: "490" }, stock: { N: "3" } };
    await aws("dynamodb put-item --table-name shop-products-dev --item", JSON.stringify(item));
    const placed = await visit(`${apiUrl}orders`, { body: { product: "tea", quantity: 2 } });
    assert.equal(placed.status, 201, placed.text);
    const products = JSON.parse((await visit(`${apiUrl}products`)).text) as { stock: number }[];
    assert.deepEqual(
      products.map(({ stock }) => stock),
      [1],
    );
    const refused = await visit(`${apiUrl}orders`, { body: { product: "tea", quantity: 2 } });
    assert.equal(refused.status, 409, refused.text);
    const { Items } = await aws<{ Items: { quantity: { N: string } }[] }>("dynamodb scan --table-name shop-orders-dev");
    assert.deepEqual(
      Items.map(({ quantity }) => quantity.N),
      ["2"],
    );
  }
});
