import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parse } from "yaml";
import { examples, keySettings, readExample, shop, shopSettings, write } from "./written.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-template-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const networkCompute = await readExample("network-compute");
const templates = {
  shop: templateText(shop, shopSettings),
  "shop-with-a-key": templateText(shop, keySettings),
  "network-compute": templateText(networkCompute.built, networkCompute.settings),
};

function templateText(...[built, settings]: Parameters<typeof write>): string {
  return write(built, settings).files.find(({ path }) => path.endsWith("pipeline.yaml"))!.text;
}

interface Resource {
  Type: string;
  Properties: Record<string, never>;
}

/** Short functions become what they are in JSON. */
function resources(text: string): Record<string, Resource> {
  const functions = ["Ref", "Sub", "GetAtt"].map((name) => ({
    tag: `!${name}`,
    resolve: (value: string) => ({ [name]: value }),
  }));
  const lists = ["Not", "Equals"].map((name) => ({ tag: `!${name}`, collection: "seq" as const, resolve: () => ({}) }));
  return (parse(text, { customTags: [...functions, ...lists] as never }) as { Resources: Record<string, Resource> })
    .Resources;
}

test("cfn-lint has nothing to say", () => {
  const files = Object.entries(templates).map(([name, text]) => {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  const { stdout, error, status } = spawnSync(
    "cfn-lint",
    [
      "-r",
      "eu-central-1",
      "--",
      ...files,
      `${examples}network-compute/network.yaml`,
      `${examples}network-compute/compute.yaml`,
    ],
    { encoding: "utf8" },
  );
  assert.equal(error, undefined, "cfn-lint is missing: pip install cfn-lint");
  assert.equal(stdout, "");
  assert.equal(status, 0);
});

test("the service's own model knows every key of a pipeline, and the limits are kept", () => {
  const inputs = Object.values(templates).flatMap((text) =>
    Object.values(resources(text))
      .filter(({ Type }) => Type === "AWS::CodePipeline::Pipeline")
      .map(({ Properties }) => Properties),
  );
  assert.equal(inputs.length, 3);
  const { stdout, stderr } = spawnSync("python3", [new URL("service_model.py", import.meta.url).pathname], {
    input: JSON.stringify(inputs),
    encoding: "utf8",
  });
  assert.equal(stdout, "valid 3\n", stderr);
});

test("an environment is one stage, in the order of its pipelines; the approval waits outside of it", () => {
  const pipeline = resources(templates.shop).ShopPipeline!.Properties as unknown as {
    Stages: { Name: string; Actions: { Name: string; RunOrder: number }[]; OnFailure?: object; OnSuccess?: object }[];
    ExecutionMode: string;
  };
  const stages = pipeline.Stages.map(({ Name, Actions }) => [
    Name,
    ...Actions.map((action) => `${action.RunOrder} ${action.Name}`),
  ]);
  const inEnvironment = ["1 infra-apply", "2 web-deploy", "3 web-invalidate"];
  assert.deepEqual(stages, [
    ["Source", "1 repository"],
    ["Build", "1 web-test-22", "1 web-test-24", "2 web-build"],
    ["test", ...inEnvironment],
    ["Approve-prod", "1 approve-prod"],
    ["prod", ...inEnvironment],
  ]);
  assert.equal(pipeline.ExecutionMode, "QUEUED");
  assert.deepEqual(
    pipeline.Stages.map(({ OnFailure }) => OnFailure !== undefined),
    [false, false, true, false, true],
  );
  assert.deepEqual(
    pipeline.Stages.map(({ OnSuccess }) => OnSuccess !== undefined),
    [false, false, false, false, true],
  );
});

test("a role may do what its job needs and nothing else", () => {
  const all = resources(templates.shop);
  const role = (id: string) => JSON.stringify(all[id]!.Properties);
  assert.match(role("WebInvalidateProdRole"), /distribution\/E456/);
  assert.doesNotMatch(role("WebInvalidateProdRole"), /E123|ssm:|secretsmanager:|s3:CreateBucket/);
  assert.match(role("InfraApplyTestRole"), /arn:\$\{AWS::Partition\}:s3:::shop-test-\*/);
  assert.match(role("InfraApplyTestRole"), /parameter\/shop\/test\/infra\/siteBucket\/\*/);
  assert.doesNotMatch(role("InfraApplyTestRole"), /prod|secretsmanager/);
  assert.match(role("WebDeployProdRole"), /secret:shop\/prod\/TOKEN-\?{6}/);
  assert.doesNotMatch(role("WebDeployProdRole"), /ssm:PutParameter".*infra/);
  const wild = Object.entries(all).filter(
    ([, { Type, Properties }]) =>
      Type === "AWS::IAM::Role" && /"(Action|Resource)":"\*"/.test(JSON.stringify(Properties)),
  );
  assert.deepEqual(wild, []);
});

test("the team hears of runs: EventBridge may publish without saying for which account, which it does not do", () => {
  const { PolicyDocument } = resources(templates.shop).NotificationsPolicy!.Properties as unknown as {
    PolicyDocument: { Statement: { Principal: { Service: string }; Condition?: object }[] };
  };
  const conditions = PolicyDocument.Statement.map(({ Principal, Condition }) => [
    Principal.Service,
    Condition !== undefined,
  ]);
  assert.deepEqual(conditions, [
    ["events.amazonaws.com", false],
    ["cloudwatch.amazonaws.com", true],
  ]);
});

test("a job whose needs nobody told gets a policy that the team writes, as a parameter", () => {
  const template = parse(templates.shop, { logLevel: "silent" }) as {
    Parameters: Record<string, { Description: string }>;
  };
  assert.match(template.Parameters.WebDeployProdPolicyArn!.Description, /web\.deploy may do in prod \(Upload dist\)/);
  assert.equal(Object.hasOwn(template.Parameters, "InfraApplyProdPolicyArn"), false);
});

test("stacks are deployed by CodePipeline itself, and outputs go from one to the next in the same run", () => {
  const all = resources(templates["network-compute"]);
  assert.equal(
    Object.values(all).some(({ Type }) => Type === "AWS::CodeBuild::Project"),
    false,
  );
  const { Stages } = all.NetworkComputePipeline!.Properties as unknown as {
    Stages: { Name: string; Actions: { Configuration: Record<string, string> }[] }[];
  };
  const overrides = Stages.find(({ Name }) => Name === "production")!.Actions[1]!.Configuration.ParameterOverrides!;
  assert.deepEqual(JSON.parse(overrides), {
    EnvironmentName: "production",
    VpcId: "#{network-deploy@production.VpcId}",
    SubnetId: "#{network-deploy@production.PrivateSubnetId}",
    InstanceType: "t3.small",
  });
});

for (const [name, format] of [
  ["network-compute", "cloudformation"],
  ["infra-web", "terraform"],
] as const) {
  test(`${name}: the same definition gives the same bytes, and the files in the repository are these`, async () => {
    const { built, settings } = await readExample(name);
    const again = write(built, settings, { format });
    assert.deepEqual(again, write(built, settings, { format }));
    const stale = again.files.filter(({ path, text }) => readFileSync(`${examples}${name}/${path}`, "utf8") !== text);
    const names = stale.map(({ path }) => path);
    assert.deepEqual(names, [], `run: baton generate codepipeline --config examples/${name}/baton.config.ts`);
  });
}
