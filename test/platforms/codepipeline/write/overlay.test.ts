/** What a team lays over the written files: it stays when they are written again, and what it names must be there. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { test } from "node:test";
import { parse } from "yaml";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { estate, estateSettings, other } from "./estate.ts";
import { cloudFormationOverlay, shop, shopSettings, terraformOverlay, write } from "./written.ts";

type Resource = { Type: string; Properties: Record<string, unknown>; [key: string]: unknown };

function templateWith(overlay: object, { built = shop, settings = shopSettings as object, file = "pipeline" } = {}) {
  const { files } = write(built, { ...settings, overlay });
  const { text } = files.find(({ path }) => path === `codepipeline/${file}.yaml`)!;
  const template = parse(text, { logLevel: "silent" }) as { Resources: Record<string, Resource> };
  return { text, resources: template.Resources };
}

const terraformWith = (overlay: object, file: string) =>
  write(shop, { ...shopSettings, overlay }, { format: "terraform" }).files.find(
    ({ path }) => path === `codepipeline/${file}`,
  )!.text;

test("a template: values over values, parts of lists by their names, and resources of one's own", () => {
  const { text, resources } = templateWith(cloudFormationOverlay);
  const before = templateWith({}).resources;
  const { WebBuildProject: project, ShopPipeline: made } = resources;
  assert.equal(project!.Properties.BadgeEnabled, true);
  assert.deepEqual(
    { ...project, Properties: { ...project!.Properties, BadgeEnabled: undefined } },
    { ...before.WebBuildProject, Properties: { ...before.WebBuildProject!.Properties, BadgeEnabled: undefined } },
  );
  const stages = made!.Properties.Stages as { Name: string; Actions: { Name: string; Configuration: object }[] }[];
  assert.deepEqual(
    stages.map(({ Name }) => Name),
    ["Source", "Build", "Scan", "test", "Approve-prod", "prod"],
  );
  assert.deepEqual(stages[2]!.Actions[0]!.Configuration, { FunctionName: "Scanner" });
  const approve = stages[4]!.Actions[0]!;
  assert.equal((approve.Configuration as { CustomData: string }).CustomData, "Ask the shop first");
  assert.ok("NotificationArn" in approve.Configuration, "the rest stays");
  assert.equal(resources.Scanner!.Type, "AWS::SNS::Topic");
  assert.match(text, /KmsMasterKeyId: !Sub alias\/\$\{AWS::StackName\}/);
  assert.match(text, /# With what the overlay of baton\.codepipeline\.yaml says\.\n {2}WebBuildProject:/);
  assert.equal(text.match(/With what the overlay/g)!.length, Object.keys(cloudFormationOverlay).length);
});

test("null takes a value away, $remove a part of a list", () => {
  const { resources } = templateWith({
    ShopPipeline: {
      Properties: { ExecutionMode: null, Stages: [{ Name: "Approve-prod", $remove: true }] },
    },
  });
  const { ExecutionMode, Stages } = resources.ShopPipeline!.Properties as { ExecutionMode?: string; Stages: object[] };
  assert.equal(ExecutionMode, undefined);
  assert.doesNotMatch(JSON.stringify(Stages), /Approve-prod/);
});

test("the CDK's construct says the same, and resources of a service that nothing else is of", () => {
  const { files } = write(shop, { ...shopSettings, overlay: cloudFormationOverlay }, { format: "cdk" });
  const { text } = files.find(({ path }) => path.endsWith("pipelines.ts"))!;
  assert.doesNotThrow(() => stripTypeScriptTypes(text));
  assert.match(text, /badgeEnabled: true/);
  assert.match(text, /new CfnResource\(this, "Queue", \{ type: "AWS::SQS::Queue", properties: \{ SqsManagedSse/);
  assert.match(text, /webBuildLogs\.addOverride\("DeletionPolicy", "Retain"\)/);
  assert.match(text, /import \{ [^}]*CfnResource[^}]* \} from "aws-cdk-lib"/);
});

test("a module of Terraform: arguments, blocks by their names, JSON inside of calls", () => {
  const builds = terraformWith(terraformOverlay, "builds.tf");
  const project = /resource "aws_codebuild_project" "web_build_project" \{[\s\S]*?\n\}\n/.exec(builds)![0];
  assert.match(project, /badge_enabled += true/);
  assert.match(project, /description += "web of \$\{var\.repository\}"/);
  assert.match(project, /environment \{\n[\s\S]*?image_pull_credentials_type += "CODEBUILD"/);
  assert.match(project, /compute_type += "BUILD_GENERAL1_SMALL"/, "the rest of the block stays");
  assert.match(
    builds,
    /# With what the overlay of baton\.codepipeline\.yaml says\.\nresource "aws_codebuild_project" "web_build_project"/,
  );
  const pipeline = terraformWith(terraformOverlay, "pipeline.tf");
  const stages = [...pipeline.matchAll(/^ {2}stage \{\n(?: +#.*\n)* {4}name += "(.*)"/gm)].map(([, name]) => name);
  assert.deepEqual(stages, ["Source", "Build", "Scan", "test", "Approve-prod", "prod"]);
  const roles = terraformWith(terraformOverlay, "roles.tf");
  assert.match(roles, /Sid +: +"More"|Sid += "More"/);
});

test("a stack of another account is named before its resource", () => {
  const target = `target-${other.account}`;
  const role = "WebDeployProdRole";
  const { resources } = templateWith(
    { [`${target}/${role}`]: { Properties: { MaxSessionDuration: 7200 } } },
    { built: estate, settings: estateSettings, file: target },
  );
  assert.equal(resources[role]!.Properties.MaxSessionDuration, 7200);
});

test("the page's own example", () => {
  const page = readFileSync(new URL("../../../../docs/generate-codepipeline.md", import.meta.url), "utf8");
  const section = page.slice(page.indexOf("## Your own additions"));
  const { overlay } = parse(/```yaml\n([\s\S]*?)```/.exec(section)![1]!) as { overlay: object };
  const { resources } = templateWith(overlay, { built: { ...shop, name: "storefront" } });
  assert.equal(resources.WebBuildProject!.Properties.ConcurrentBuildLimit, 1);
  assert.equal(resources.ToInbox!.Type, "AWS::SNS::Subscription");
  assert.match(JSON.stringify(resources.StorefrontPipeline), /Ask the shop first/);
});

for (const [what, overlay, words, next] of [
  ["an unknown resource", { WebBuildProjct: { Properties: {} } }, /no resource WebBuildProjct/, /WebBuildProject/],
  ["an unknown stack", { "target-1/Role": { Properties: {} } }, /there is no target-1/, /no names here/],
  ["another type", { WebBuildProject: { Type: "AWS::SNS::Topic" } }, /is there already/, /leave Type out/],
  [
    "an unknown part",
    { ShopPipeline: { Properties: { Stages: [{ Name: "tset", $remove: true }] } } },
    /no tset/,
    /"test"/,
  ],
  [
    "an unknown place",
    { ShopPipeline: { Properties: { Stages: [{ Name: "x", $after: "prd" }] } } },
    /no prd/,
    /"prod"/,
  ],
  [
    "a reference to nothing",
    { Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: { Ref: "Gone" } } } },
    /refers to Gone/,
    /./,
  ],
  [
    "an unknown function",
    { Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: { "Fn::Select": [0] } } } },
    /Fn::Select/,
    /write Ref/,
  ],
] as const) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => templateWith(overlay),
      (error) => {
        assert.ok(error instanceof CannotWrite);
        assert.match(error.message, words);
        assert.match(error.next!, next);
        return true;
      },
    );
  });
}

test("refused: a resource that the module has not", () => {
  assert.throws(
    () => terraformWith({ "aws_codebuild_project.web_biuld": { badge_enabled: true } }, "builds.tf"),
    /a file of your own/,
  );
});
