/** Environments in other accounts and regions: who may become whom, where artifacts are, and what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  Infrastructure,
  Key,
  LentRole,
  PipelineResource,
  Project,
  Resource,
  Role,
} from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { sandbox } from "../../../cli/sandbox.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { estate, estateSettings, home, other } from "./estate.ts";
import { shop, write } from "./written.ts";

const lowered = (settings: object = estateSettings): Infrastructure =>
  lowerDelivery(estate, {
    layout: "single",
    format: "cloudformation",
    root: "",
    folder: "codepipeline",
    settings: settingsSchema.parse(settings),
  });

const ofKind = <T extends Resource>({ resources }: Infrastructure, kind: T["kind"]): T[] =>
  resources.filter((one): one is T => one.kind === kind);

test("what is to be elsewhere stands in files of its own, by account and by region", () => {
  const places = lowered().remoteStacks.map(({ name, account, region, infrastructure }) => [
    name,
    account,
    region,
    infrastructure.home,
  ]);
  assert.deepEqual(places, [
    ["target-111122223333", other.account, home.region, { account: other.account }],
    ["region-eu-west-1", home.account, other.region, { account: home.account, region: other.region }],
    ["region-us-east-1", home.account, "us-east-1", { account: home.account, region: "us-east-1" }],
  ]);
  const paths = write(estate, estateSettings, { format: "terraform" }).files.map(({ path }) => path);
  assert.ok(paths.includes("codepipeline/target-111122223333/roles.tf"));
  assert.ok(paths.includes("codepipeline/region-us-east-1/artifacts.tf"));
});

test("whoever may become somebody else is let in there, and nobody else is", () => {
  const infrastructure = lowered();
  const arn = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`;
  const asked = ofKind<Role>(infrastructure, "role").flatMap(({ name, statements }) =>
    statements
      .filter(({ actions }) => actions.includes("sts:AssumeRole"))
      .flatMap(({ resources }) => resources.map((resource) => `${arn(home.account, name!)} -> ${resource}`)),
  );
  const trusted = infrastructure.remoteStacks.flatMap(({ account, infrastructure: one }) =>
    ofKind<Role>(one, "role")
      .filter((role): role is LentRole => "lentTo" in role)
      .map(({ name, lentTo }) => `${arn(lentTo.account, lentTo.role.slice(1))} -> ${arn(account, name)}`),
  );
  assert.deepEqual(asked.toSorted(), trusted.toSorted());
  assert.deepEqual(asked.length, 3, "the pipeline for its actions, and two jobs in prod");
});

test("jobs at home, or only in another region, keep their rights at home", () => {
  const roles = new Map(ofKind<Role>(lowered(), "role").map((role) => [role.id, JSON.stringify(role.statements)]));
  assert.match(roles.get("WebPrepareTestRole")!, /s3:CreateBucket/);
  assert.match(roles.get("WebPrepareUsRole")!, /s3:CreateBucket/);
  assert.match(roles.get("WebDeployUsRole")!, /"ssm:PutParameter.*us-east-1:123456789012:parameter\/estate\/last/);
  const abroad = roles.get("WebPrepareProdRole")!;
  assert.doesNotMatch(abroad, /s3:CreateBucket/, "that is what the role over there is for");
  assert.match(abroad, /ssm:PutParameter/, "outputs stay at home");
});

test("an action over there says as whom and where, and there is one store for each region that has actions", () => {
  const infrastructure = lowered();
  const [pipeline] = ofKind<PipelineResource>(infrastructure, "pipeline");
  const acting = pipeline!.stages.flatMap(({ name, actions }) =>
    actions.filter(({ provider }) => provider === "CloudFormation").map(({ role, region }) => [name, role, region]),
  );
  assert.deepEqual(acting, [
    ["test", undefined, undefined],
    ["us", undefined, "us-east-1"],
    ["prod", "arn:aws:iam::111122223333:role/estate-prod-actions-role", "eu-west-1"],
  ]);
  assert.deepEqual(
    pipeline!.stores.map(({ region }) => region),
    ["eu-central-1", "us-east-1", "eu-west-1"],
  );
  const named = pipeline!.stores.slice(1).map(({ bucket }) => bucket);
  const made = infrastructure.remoteStacks.flatMap(({ infrastructure: one }) =>
    one.resources.flatMap((resource) => (resource.kind === "bucket" ? [resource.name] : [])),
  );
  assert.deepEqual(named.toSorted(), made.toSorted());
  const builds = ofKind<Project>(infrastructure, "project").filter(({ variables }) =>
    variables.some(({ name }) => name === "BATON_TARGET_ROLE"),
  );
  assert.deepEqual(
    builds.map(({ name }) => name),
    ["estate-web-prepare-prod", "estate-web-deploy-prod"],
  );
});

test("only builds elsewhere: no other region needs a store", () => {
  const settings = { home, targets: { prod: other } };
  const infrastructure = lowerDelivery(shop, {
    layout: "single",
    format: "cloudformation",
    root: "",
    folder: "codepipeline",
    settings: settingsSchema.parse(settings),
  });
  assert.deepEqual(
    infrastructure.remoteStacks.map(({ name }) => name),
    ["target-111122223333"],
  );
  assert.deepEqual(ofKind<PipelineResource>(infrastructure, "pipeline")[0]!.stores, []);
});

test("the keys let in the roles that act with artifacts there, through S3 and no other way", () => {
  const { remoteStacks } = lowered();
  const keys = Object.fromEntries(
    remoteStacks.map(({ name, infrastructure }) => [name, ofKind<Key>(infrastructure, "key")[0]]),
  );
  assert.equal(keys["target-111122223333"], undefined);
  const guests = (name: string) =>
    keys[name]!.policy.filter(({ Sid }) => String(Sid).startsWith("UseFrom")).map(({ Principal, Condition }) => ({
      Principal,
      Condition,
    }));
  assert.deepEqual(guests("region-us-east-1"), [], "only home acts there");
  assert.deepEqual(guests("region-eu-west-1"), [
    {
      Principal: { AWS: "arn:aws:iam::111122223333:root" },
      Condition: {
        ArnEquals: { "aws:PrincipalArn": ["arn:aws:iam::111122223333:role/estate-prod-actions-role"] },
        StringEquals: { "kms:ViaService": "s3.eu-west-1.amazonaws.com" },
      },
    },
  ]);
});

test("another region alone needs no key", () => {
  const infrastructure = lowered({ ...estateSettings, targets: { us: { region: "us-east-1" } } });
  assert.equal(
    infrastructure.resources.some(({ kind }) => kind === "key"),
    false,
  );
  assert.deepEqual(
    infrastructure.remoteStacks.map(({ name }) => name),
    ["region-us-east-1"],
  );
  assert.deepEqual(
    infrastructure.remoteStacks[0]!.infrastructure.resources.map(({ kind }) => kind),
    ["bucket"],
  );
});

test("a target that is home changes nothing but the guard", () => {
  const { home: _, ...atHome } = lowered({ home, targets: { prod: home, us: {}, test: { region: home.region } } });
  const { home: __, ...plain } = lowered({});
  assert.deepEqual(atHome, plain);
});

test("each refusal names the thing and the remedy", () => {
  const cases: [object, RegExp, RegExp][] = [
    [{ targets: { prod: other } }, /not where the pipelines themselves are/, /home: \{ account/],
    [{ home, targets: { prd: other } }, /target of prd, and the delivery has no such environment/, /test, us, prod/],
    [{ home, targets: { prod: other }, encryption: "managed" }, /no other account can be let in/, /encryption: key/],
    [{ home, targets: { prod: { region: "cn-north-1" } } }, /no accounts in common/, /of their own/],
  ];
  for (const [settings, message, next] of cases) {
    assert.throws(
      () => write(estate, settings),
      (error: CannotWrite) =>
        error instanceof CannotWrite && message.test(error.message) && next.test(error.next ?? ""),
    );
  }
  for (const [target, message] of [
    [{ account: 11122223333 }, /twelve digits in quotes/],
    [{ account: "1111" }, /twelve digits/],
    [{ region: "Frankfurt" }, /as AWS calls it/],
    [{ zone: "a" }, /zone/],
  ] as const) {
    const { error } = settingsSchema.safeParse({ home, targets: { prod: target } });
    assert.match(String(error), message);
  }
  assert.match(
    write(estate, { ...estateSettings, alarms: { prod: ["x"] } }).notes.join(),
    /alarms of prod are looked for where the pipelines are/,
  );
});

test("the command says what comes before, and check finds nothing", fullDepth(), async (t) => {
  const definition = `name: shop
environments: { test: { branch: main }, prod: { after: test } }
pipelines:
  web:
    jobs: { deploy: { deploys: true, steps: ["true"] } }
  network:
    jobs: { deploy: { deploys: true, steps: [{ name: Deploy, run: "true" }] } }
`;
  const settings = `home: { account: "123456789012", region: eu-central-1 }\ntargets: { prod: { account: "111122223333" } }\n`;
  const repo = sandbox(t, { files: { "baton.yaml": definition, "baton.codepipeline.yaml": settings } });
  const made = await repo.baton("generate", "codepipeline");
  assert.equal(made.code, 0, made.stderr);
  assert.match(
    made.stderr,
    /--template-file codepipeline\/target-111122223333\.yaml --capabilities CAPABILITY_NAMED_IAM {2}first, in the account 111122223333, region eu-central-1\n.*--template-file codepipeline\/pipeline\.yaml/,
  );
  const checked = await repo.baton("check", ".");
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);
});
