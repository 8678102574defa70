import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { cloudformation, delivery, env, output, pipeline } from "../../../../src/index.ts";
import { fullDepth, needs } from "../../../lane/needs.ts";
import { removeAtEnd } from "../../../lane/remove-at-end.ts";
import { estate, estateSettings, home, other } from "./estate.ts";
import { site } from "./site.ts";
import {
  bucketSettings,
  chatSettings,
  checkSettings,
  codeCommitSettings,
  examples,
  existingSettings,
  keySettings,
  machineSettings,
  readExample,
  shop,
  shopSettings,
  tagSettings,
  toolShop,
  write,
} from "./written.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-template-"));
removeAtEnd(folder);

const networkCompute = await readExample("network-compute");
const templates = {
  shop: templateText(shop, shopSettings),
  "shop-with-a-key": templateText(shop, keySettings),
  "shop-with-machines": templateText(shop, machineSettings),
  "shop-with-what-is-there": templateText(shop, existingSettings),
  "shop-with-checks": templateText(shop, checkSettings),
  "shop-from-codecommit-separate": templateText(shop, codeCommitSettings, { layout: "separate" }),
  "shop-from-a-bucket": templateText(shop, bucketSettings),
  "shop-by-tags": templateText(shop, tagSettings),
  "shop-with-channels": templateText(shop, { ...chatSettings, encryption: "key" }),
  "shop-with-channels-separate": templateText(shop, { ...chatSettings, rollback: "stage" }, { layout: "separate" }),
  "network-compute": templateText(networkCompute.built, networkCompute.settings),
  "shop-separate": templateText(shop, shopSettings, { layout: "separate" }),
  "tool-shop-separate": templateText(toolShop, {}, { layout: "separate" }),
  "network-compute-separate": templateText(
    networkCompute.built,
    { ...networkCompute.settings, rollback: "stage" },
    { layout: "separate" },
  ),
};

/** What is to be in other accounts and regions, file by file. */
const remoteStacks = Object.fromEntries(
  (["single", "separate"] as const).flatMap((layout) =>
    [
      ...write(estate, estateSettings, { layout }).files.map((file) => ({ ...file, of: "estate" })),
      ...write(site(), { home, targets: { prod: other } }, { layout }).files.map((file) => ({ ...file, of: "site" })),
    ]
      .filter(({ path }) => path.endsWith(".yaml"))
      .map(({ of, path, text }) => [`${of}-${layout}-${path.split("/").at(-1)!}`, text] as const),
  ),
);

function templateText(...asked: Parameters<typeof write>): string {
  return write(...asked).files.find(({ path }) => path.endsWith("pipeline.yaml"))!.text;
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

test("cfn-lint has nothing to say", fullDepth("cfn-lint"), () => {
  const files = Object.entries({ ...templates, ...remoteStacks }).map(([name, text]) => {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  const { stdout, status } = spawnSync(
    "cfn-lint",
    [
      "-r",
      "eu-central-1",
      "--",
      ...files,
      `${examples}network-compute/network.yaml`,
      `${examples}network-compute/compute.yaml`,
      `${examples}../docs/first-real-run/template.yaml`,
    ],
    { encoding: "utf8" },
  );
  assert.equal(stdout, "");
  assert.equal(status, 0);
});

test("the service's own model knows every key of a pipeline, and the limits are kept", needs("python3", "aws"), () => {
  const inputs = Object.values({ ...templates, ...remoteStacks }).flatMap((text) =>
    Object.values(resources(text))
      .filter(({ Type }) => Type === "AWS::CodePipeline::Pipeline")
      .map(({ Properties }) => Properties),
  );
  assert.equal(inputs.length, 37);
  const { stdout, stderr } = spawnSync("python3", [new URL("service_model.py", import.meta.url).pathname], {
    input: JSON.stringify(inputs),
    encoding: "utf8",
  });
  assert.equal(stdout, "valid 37\n", stderr);
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

interface SetPipeline {
  Name: string;
  ExecutionMode: string;
  Stages: {
    Name: string;
    Actions: {
      Name: string;
      RunOrder: number;
      ActionTypeId: { Provider: string };
      Configuration: Record<string, string>;
    }[];
  }[];
  Triggers?: { GitConfiguration: { Push: { FilePaths: { Includes: string[] } }[] } }[];
}

test("separate pipelines: each is built apart by its own paths; one for each environment deploys, begun by nobody's push", () => {
  const all = resources(templates["shop-separate"]);
  const pipelines = Object.values(all)
    .filter(({ Type }) => Type === "AWS::CodePipeline::Pipeline")
    .map(({ Properties }) => Properties as unknown as SetPipeline);
  const shape = ({ Stages }: SetPipeline) =>
    Stages.map(({ Name, Actions }) => [Name, ...Actions.map((action) => `${action.RunOrder} ${action.Name}`)]);
  const deploys = ["1 begin", "2 infra-apply", "3 web-deploy", "4 web-invalidate", "5 end"];
  assert.deepEqual(Object.fromEntries(pipelines.map((one) => [one.Name, shape(one)])), {
    "shop-infra-main": [
      ["Source", "1 repository"],
      ["Keep", "1 keep"],
    ],
    "shop-web-main": [
      ["Source", "1 repository"],
      ["Build", "1 web-test-22", "1 web-test-24", "2 web-build"],
      ["Keep", "1 keep"],
    ],
    "shop-infra-to-test": [
      ["Source", "1 repository"],
      ["Select", "1 select"],
      ["test", ...deploys],
      ["Proven", "1 prove"],
    ],
    "shop-infra-to-prod": [
      ["Source", "1 repository"],
      ["Select", "1 select"],
      ["Approve-prod", "1 approve-prod"],
      ["prod", ...deploys],
      ["Proven", "1 prove"],
    ],
  });
  assert.ok(pipelines.every(({ ExecutionMode }) => ExecutionMode === "SUPERSEDED"));
  assert.deepEqual(
    pipelines.map(({ Triggers }) =>
      (Triggers ?? []).flatMap((one) => one.GitConfiguration.Push.flatMap((push) => push.FilePaths.Includes)),
    ),
    [["infra/**"], ["web/**"], [], []],
  );
  const { EventPattern } = all.RunEnded!.Properties as unknown as { EventPattern: { detail: { pipeline: string[] } } };
  assert.deepEqual(
    EventPattern.detail.pipeline,
    pipelines.map(({ Name }) => Name),
  );
  const { ScheduleExpression } = all.EveryTenMinutes!.Properties as unknown as { ScheduleExpression: string };
  assert.equal(ScheduleExpression, "rate(10 minutes)");
});

test("separate pipelines: what an action could not leave out is built, and values go round its JSON", () => {
  const all = resources(templates["network-compute-separate"]);
  const pipelines = Object.values(all)
    .filter(({ Type }) => Type === "AWS::CodePipeline::Pipeline")
    .map(({ Properties }) => Properties as unknown as SetPipeline);
  const actions = pipelines.flatMap(({ Stages }) => Stages.flatMap(({ Actions }) => Actions));
  assert.ok(actions.every(({ ActionTypeId }) => ActionTypeId.Provider !== "CloudFormation"));
  const deploy = actions.filter(({ Name }) => Name === "compute-deploy").at(-1)!;
  assert.deepEqual(JSON.parse(deploy.Configuration.EnvironmentVariables!), [
    { name: "BATON_COMMIT", value: "#{SourceVariables.CommitId}" },
    { name: "BATON_GO", value: "#{begin@production.GO_compute}" },
    { name: "BATON_RUN", value: "#{begin@production.RUN_compute}" },
    { name: "BATON_RUN_network", value: "#{begin@production.RUN_network}" },
  ]);
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

test("the team hears of runs from roles of the account; of services only alarms tell, for this account", () => {
  const { PolicyDocument } = resources(templates.shop).NotificationsPolicy!.Properties as unknown as {
    PolicyDocument: { Statement: { Effect: string; Principal: { Service: string }; Condition?: object }[] };
  };
  const allowed = PolicyDocument.Statement.filter(({ Effect }) => Effect === "Allow");
  const conditions = allowed.map(({ Principal, Condition }) => [Principal.Service, Condition !== undefined]);
  assert.deepEqual(conditions, [["cloudwatch.amazonaws.com", true]]);
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

test("a stack whose template a build has made is deployed by CodePipeline itself, from what the build left behind", () => {
  const built = delivery("shop", {
    pipelines: [
      pipeline("api", {
        outputs: { url: { type: "url", job: "deploy" } },
        jobs: {
          synth: { per: "release", steps: ["npm run synth"], artifacts: { stacks: "cdk.out", single: "one.yaml" } },
          deploy: {
            needs: ["synth"],
            deploys: true,
            uses: [{ artifact: "stacks", path: "in" }],
            steps: [cloudformation.deploy({ stack: "api", template: "in/a/Api.json", publish: { url: "Url" } })],
          },
          second: {
            needs: ["deploy"],
            deploys: true,
            uses: [{ artifact: "single", path: "given.yaml" }],
            steps: [
              cloudformation.deploy({ stack: "one", template: "given.yaml", parameters: { Url: output("url") } }),
            ],
          },
          // Its template is not in what it uses, so a machine has to lay both together.
          third: {
            needs: ["second"],
            deploys: true,
            uses: [{ artifact: "stacks", path: "in" }],
            steps: [cloudformation.deploy({ stack: "two", template: "two.yaml" })],
          },
        },
      }),
    ],
    environments: [env("dev", { branch: "main" })],
  });
  const { files } = write(built);
  const { Stages } = resources(files[0]!.text).ShopPipeline!.Properties as unknown as {
    Stages: {
      Actions: { Name: string; Configuration: Record<string, string>; InputArtifacts: { Name: string }[] }[];
    }[];
  };
  const dev = Stages.at(-1)!.Actions.map(({ Name, Configuration, InputArtifacts }) => [
    Name,
    Configuration.TemplatePath,
    ...InputArtifacts.map((artifact) => artifact.Name),
  ]);
  assert.deepEqual(dev, [
    ["api-deploy", "api_synth::templates/stacks/a/Api.json", "api_synth"],
    ["api-second", "api_synth::templates/single/one.yaml", "api_synth"],
    ["api-third", undefined, "Source", "api_synth"],
  ]);
  const synth = files.find(({ path }) => path.endsWith("/api-synth.yml"))!.text;
  const left = [...synth.matchAll(/install -D -m 644 "\S+?\/([^"]+)" "\S+?\/([^"]+)"/g)].map(([, ...names]) => names);
  assert.deepEqual(left, [
    ["cdk.out/a/Api.json", ".baton-artifacts/templates/stacks/a/Api.json"],
    ["one.yaml", ".baton-artifacts/templates/single/one.yaml"],
  ]);
});
