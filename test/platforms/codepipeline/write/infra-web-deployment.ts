/** What one run of the pipeline of infra-web leaves in dev. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Emulator } from "../../../aws/emulator.ts";

export interface Deployment {
  emulator: Emulator;
  /** Of the commit, by path. */
  files: Readonly<Record<string, string>>;
  /** The run's id. */
  run: string;
  /** The folder with the function's package, as web.package left it. */
  packaged: string;
  /** For files; the test removes it. */
  scratch: string;
}

/** Asserts that everything of dev is there, as the services see it. */
export async function lookAtDeployment({ emulator, files, run, packaged, scratch }: Deployment): Promise<void> {
  const { aws } = emulator;
  const name = "infra-web-dev";
  const path = ["--recursive", "--path", "/pipelines-terraform"];
  const { Parameters } = await aws<{ Parameters: { Name: string; Value: string }[] }>(
    "ssm",
    "get-parameters-by-path",
    ...path,
  );
  const values = Object.fromEntries(
    Parameters.map(({ Name, Value }) => [Name.replace("/pipelines-terraform/dev/", ""), Value]),
  );
  const published = {
    functionName: "function-name",
    siteBucket: "site-bucket",
    distributionId: "distribution-id",
    apiUrl: "api-url",
  };
  assert.equal(Parameters.length, 8);
  for (const [output, plain] of Object.entries(published))
    assert.equal(values[`infra/${output}/${run}`], values[plain], output);
  assert.deepEqual([values["site-bucket"], values["function-name"]], [`${name}-123456789012`, name]);

  const { Configuration } = await aws<{
    Configuration: { Environment: { Variables: object }; CodeSha256: string; Role: string };
  }>("lambda", "get-function", "--function-name", name);
  const code = execFileSync("tar", ["-xOf", join(packaged, "function.tar"), "content"]);
  assert.equal(Configuration.CodeSha256, createHash("sha256").update(code).digest("base64"));
  assert.deepEqual(Configuration.Environment.Variables, { TABLE: name });
  assert.match(Configuration.Role, /role\/infra-web-dev$/);
  const { Table } = await aws<{ Table: { KeySchema: object[]; TableStatus: string } }>(
    "dynamodb",
    "describe-table",
    "--table-name",
    name,
  );
  assert.deepEqual(Table.KeySchema, [{ AttributeName: "id", KeyType: "HASH" }]);
  const { PolicyDocument } = await aws<{ PolicyDocument: object }>(
    "iam",
    "get-role-policy",
    "--role-name",
    name,
    "--policy-name",
    "items",
  );
  assert.match(JSON.stringify(PolicyDocument), /"dynamodb:Scan".*:table\/infra-web-dev"/);

  const { Items: apis } = await aws<{ Items: { ApiId: string; ApiEndpoint: string; Name: string }[] }>(
    "apigatewayv2",
    "get-apis",
  );
  assert.deepEqual(
    apis.map(({ Name, ApiEndpoint }) => [Name, ApiEndpoint]),
    [[name, values["api-url"]]],
  );
  const { Items: routes } = await aws<{ Items: { RouteKey: string }[] }>(
    "apigatewayv2",
    "get-routes",
    "--api-id",
    apis[0]!.ApiId,
  );
  assert.deepEqual(
    routes.map(({ RouteKey }) => RouteKey),
    ["GET /items"],
  );

  const bucket = values["site-bucket"]!;
  const distributionId = values["distribution-id"]!;
  const { Distribution } = await aws<{
    Distribution: {
      DistributionConfig: {
        Origins: { Items: { DomainName: string; OriginAccessControlId: string }[] };
        DefaultCacheBehavior: { ViewerProtocolPolicy: string };
      };
    };
  }>("cloudfront", "get-distribution", "--id", distributionId);
  const { Origins, DefaultCacheBehavior } = Distribution.DistributionConfig;
  assert.match(Origins.Items[0]!.DomainName, new RegExp(`^${bucket}\\.s3\\.`));
  assert.notEqual(Origins.Items[0]!.OriginAccessControlId, "");
  assert.equal(DefaultCacheBehavior.ViewerProtocolPolicy, "redirect-to-https");
  const { Policy } = await aws<{ Policy: string }>("s3api", "get-bucket-policy", "--bucket", bucket);
  const [{ Principal, Condition }] = (JSON.parse(Policy) as { Statement: [Record<string, unknown>] }).Statement;
  assert.deepEqual(Principal, { Service: "cloudfront.amazonaws.com" });
  assert.match(JSON.stringify(Condition), new RegExp(`distribution/${distributionId}"`));
  const { InvalidationList } = await aws<{ InvalidationList: { Items: { Id: string }[] } }>(
    "cloudfront",
    "list-invalidations",
    "--distribution-id",
    distributionId,
  );
  assert.equal(InvalidationList.Items.length, 1);

  const { Contents } = await aws<{ Contents: { Key: string }[] }>("s3api", "list-objects-v2", "--bucket", bucket);
  assert.deepEqual(
    Contents.map(({ Key }) => Key),
    Object.keys(files)
      .filter((file) => file.startsWith("web/src/"))
      .map((file) => file.slice("web/src/".length))
      .sort(),
  );
  const page = join(scratch, "index.html");
  await aws("s3api", "get-object", "--bucket", bucket, "--key", "index.html", page);
  assert.match(readFileSync(page, "utf8"), new RegExp(`data-api="${values["api-url"]}"`));
}
