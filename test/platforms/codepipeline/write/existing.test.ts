/** Bucket, key, topic, path and boundary that are there before the pipelines: used, never written again. */
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import type { Role } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { startEmulator } from "../../../aws/emulator.ts";
import { emulator, fullDepth } from "../../../lane/needs.ts";
import { removeAtEnd } from "../../../lane/remove-at-end.ts";
import { connection } from "./applied-terraform.ts";
import { estate, estateSettings, home } from "./estate.ts";
import { existingSettings, keySettings, shop, shopSettings, write } from "./written.ts";

const formats = ["cloudformation", "terraform", "cdk"] as const;
const layouts = ["single", "separate"] as const;
const { bucket, key, topic } = existingSettings.existing;

const rolesOf = (settings: object, layout: (typeof layouts)[number], built = shop) =>
  lowerDelivery(built, {
    layout,
    format: "cloudformation",
    root: "",
    folder: "codepipeline",
    settings: settingsSchema.parse(settings),
  }).resources.filter((one): one is Role => one.kind === "role");

const textOf = (settings: object, options: Parameters<typeof write>[2]) =>
  write(shop, settings, options)
    .files.filter(({ path }) => !path.includes("buildspecs/"))
    .map(({ text }) => text)
    .join("\n");

/** What names or makes the pipelines' own. */
const own = {
  cloudformation: [/^ {2}Artifacts:/m, /^ {2}Key:/m, /^ {2}Notifications:/m, /NotificationEmail/],
  terraform: [
    /"aws_s3_bucket" "artifacts"/,
    /"aws_kms_key" "key"/,
    /"aws_sns_topic" "notifications"/,
    /notification_email/,
  ],
  cdk: [/"Artifacts"/, /"Key"/, /"Notifications"/, /NotificationEmail/],
};

for (const format of formats) {
  for (const layout of layouts) {
    test(`${format}, ${layout}: what is there is used, and nothing is written about it`, () => {
      const rollback = layout === "single" ? "function" : "stage";
      const written = textOf({ ...existingSettings, rollback }, { format, layout });
      const without = textOf({ ...keySettings, rollback }, { format, layout });
      for (const one of own[format]) {
        assert.match(without, one, "the pattern finds what there would be");
        assert.doesNotMatch(written, one);
      }
      for (const one of [bucket, key, topic]) assert.ok(written.includes(one), one);
      // Names of roles in policies carry the path, too.
      assert.doesNotMatch(written, /:role\/(?!delivery\/shop\/)shop-/);
    });
  }
}

test("terraform destroys no bucket and no key of the pipelines", () => {
  const text = textOf({ ...keySettings, rollback: "stage" }, { format: "terraform", layout: "separate" });
  const kept = [...text.matchAll(/^resource "(aws_kms_key|aws_s3_bucket)" "[\s\S]*?^\}/gm)].map(([block]) => block);
  assert.equal(kept.length, 3, "the key, the artifacts, what sets keep");
  for (const block of kept) assert.match(block, /^ {2}lifecycle \{\n {4}prevent_destroy = true\n {2}\}$/m);
  assert.equal(text.match(/prevent_destroy/g)!.length, 3);
  assert.match(text, /deletion_window_in_days *= 30/);
});

const topicKey = key.replace(/1{8}/, "99999999");

test("whoever publishes to an encrypted topic may use its key, and only for that", () => {
  const publishing = (role: Role) => role.statements.some(({ actions }) => actions.includes("sns:Publish"));
  for (const layout of layouts) {
    const rollback = layout === "single" ? "function" : "stage";
    const rolesWith = (existing: object, more: object = {}) =>
      rolesOf({ ...shopSettings, ...more, rollback, existing }, layout);
    for (const [existing, own] of [
      [{ topic, topicKey }, topicKey],
      [{ topic, key }, key],
      [{ topic, key, topicKey }, topicKey],
    ] as const) {
      const roles = rolesWith(existing);
      assert.ok(roles.filter(publishing).length >= 2, "the pipeline and the functions");
      for (const role of roles) {
        const use = role.statements.filter(({ sid }) => sid === "UseKeyOfTopic");
        assert.equal(use.length, publishing(role) ? 1 : 0, role.id);
        for (const { actions, resources, condition } of use) {
          assert.deepEqual(actions, ["kms:Decrypt", "kms:GenerateDataKey*"]);
          assert.deepEqual(resources, [own]);
          assert.match(JSON.stringify(condition), /kms:ViaService.*sns\./);
        }
      }
    }
    // Nobody says that it is encrypted.
    for (const more of [{}, { encryption: "key" }])
      assert.doesNotMatch(JSON.stringify(rolesWith({ topic }, more).filter(publishing)), /UseKeyOfTopic|"sns\./);
  }
  for (const format of formats) {
    const written = textOf({ ...shopSettings, existing: { topic, topicKey } }, { format });
    assert.ok(written.includes("UseKeyOfTopic") && written.includes(topicKey), format);
  }
});

test("a key that others use, too, is used for what the pipelines keep and for nothing else", () => {
  for (const layout of layouts) {
    for (const role of rolesOf({ ...existingSettings, pullRequests: "checks", rollback: "stage" }, layout)) {
      for (const { sid, actions, condition } of role.statements) {
        if (!actions.some((action) => action.startsWith("kms:"))) continue;
        const services = JSON.stringify(condition?.StringLike?.["kms:ViaService"] ?? []).match(/(s3|sns)\./g);
        assert.ok(services, `${role.id} ${sid}`);
        if (sid === "UseKey") assert.deepEqual(services, ["s3."], role.id);
      }
    }
  }
});

test("in a bucket of all teams a pipeline reaches its own folder", () => {
  const long = delivery("shop-of-all-the-countries", {
    pipelines: [pipeline("web", { jobs: { deploy: { deploys: true, steps: [sh("true")] } } } as never)],
    environments: [env("prod", { branch: "main" })],
  } as never);
  const keysOf = (built: typeof shop, layout: (typeof layouts)[number]) =>
    rolesOf({ existing: { bucket } }, layout, built).flatMap(({ statements }) =>
      statements
        .filter(({ sid }) => sid === "HandArtifactsOn")
        .flatMap(({ resources }) => resources.map((one) => String((one as unknown[]).at(-1)))),
    );
  assert.deepEqual(keysOf(shop, "single"), ["/shop/*"]);
  assert.ok(keysOf(shop, "separate").every((one) => /^\/shop-[\w-]+\*?\/\*$/.test(one)));
  assert.deepEqual(keysOf(long as never, "single"), ["/shop-of-all-the-coun*/*"]);
});

test("in other accounts roles have the path as well, and every policy that names one", () => {
  const text = write(estate, { ...estateSettings, rolePath: "/delivery/" })
    .files.filter(({ path }) => path.endsWith(".yaml"))
    .map((file) => file.text)
    .join("\n");
  assert.match(text, /:role\/delivery\/estate-/);
  assert.doesNotMatch(text, /:role\/estate-/);
  const roles = text.match(/Type: AWS::IAM::Role/g)!.length;
  assert.equal(
    text.match(/^ +Path: \/delivery\/$/gm)!.length,
    roles + text.match(/Type: AWS::IAM::ManagedPolicy/g)!.length,
  );
});

test("with another path roles have other names, wherever they are named: one cannot take the place of its namesake", () => {
  const namesWith = (rolePath: string, built: typeof shop, settings: object) =>
    write(built, { ...settings, rolePath })
      .files.filter(({ path }) => path.endsWith(".yaml") && !path.includes("buildspecs/"))
      .map(({ text }) => ({
        made: [...text.matchAll(/^ +RoleName: (\S+)$/gm)].map(([, name]) => name!),
        named: [...text.matchAll(/:role\/(?:[\w-]+\/)*((?:shop|estate)-[\w-]+)/g)].map(([, name]) => name!),
      }));
  for (const [built, settings] of [
    [shop, keySettings],
    [estate, estateSettings],
  ] as const) {
    const [plain, one, other] = ["/", "/one/", "/other/"].map((path) =>
      namesWith(path, built as typeof shop, settings),
    );
    const made = (of: typeof plain) => of!.flatMap((file) => file.made);
    assert.ok(made(plain).length > 5);
    assert.equal(new Set([plain, one, other].flatMap(made)).size, 3 * new Set(made(plain)).size);
    for (const name of made(one)) assert.ok(name.length <= 64 && /-[0-9a-f]{6}$/.test(name), name);
    const named = new Set(one!.flatMap((file) => file.named));
    assert.ok(named.size > 5);
    for (const name of named) assert.ok(made(one).includes(name), name);
  }
});

test("what its owner has to allow is said", () => {
  const { notes } = write(shop, existingSettings);
  assert.match(notes.join("\n"), /existing\.key: .*logs\.REGION\.amazonaws\.com/);
  assert.match(notes.join("\n"), /existing\.topic: .*cloudwatch\.amazonaws\.com/);
  assert.match(notes.join("\n"), /existing\.topic is in eu-central-1, account 123456789012/);
  const abroad = write(shop, { home: { ...home, account: "999999999999" }, existing: { key, topic, topicKey } });
  for (const one of ["key", "topic", "topicKey"])
    assert.match(
      abroad.notes.join("\n"),
      new RegExp(`existing\\.${one} is of the account 123456789012: .*999999999999`),
    );
  assert.doesNotMatch(write(shop, keySettings).notes.join("\n"), /existing/);
});

test("what cannot be together is refused, with its place in the settings and what to do", () => {
  const refused: [object, RegExp, RegExp][] = [
    [{ existing: { key }, encryption: "managed" }, /existing\.key.*encryption: managed/, /take one of the two/],
    [
      { ...estateSettings, existing: { bucket } },
      /existing\.bucket is artifacts-of-all-teams.*other accounts/,
      /take existing\.bucket out/,
    ],
    [{ ...estateSettings, existing: { key } }, /existing\.key.*other accounts/, /take existing\.key out/],
    [
      { home: { ...home, region: "us-east-1" }, existing: { topic } },
      /existing\.topic is in eu-central-1, and the pipelines are in us-east-1/,
      /home\.region/,
    ],
    [{ existing: { topicKey } }, /existing\.topicKey is the key of an existing\.topic/, /name existing\.topic/],
    [
      { existing: { topic, topicKey: topicKey.replace("eu-central-1", "eu-west-1") } },
      /existing\.topic is in eu-central-1, and existing\.topicKey in eu-west-1/,
      /region of the pipelines/,
    ],
  ];
  for (const [settings, message, next] of refused) {
    const built = "targets" in settings ? estate : shop;
    assert.throws(
      () => write(built, settings),
      (error: CannotWrite) => {
        assert.ok(error instanceof CannotWrite, String(error));
        assert.match(error.message, message);
        assert.match(error.next!, next);
        return true;
      },
    );
  }
  for (const strange of [
    { key: "alias/ours" },
    { key: "arn:aws:kms:eu-central-1:123456789012:alias/ours" },
    { topic: "deliveries" },
    { topic: `${topic}.fifo` },
    { bucket: "arn:aws:s3:::x" },
    { buckets: "x" },
  ])
    assert.equal(settingsSchema.safeParse({ existing: strange }).success, false, JSON.stringify(strange));
  for (const rolePath of ["", "delivery/", "/delivery", "/a b/"])
    assert.equal(settingsSchema.safeParse({ rolePath }).success, false, rolePath);
});

const scratch = mkdtempSync(join(tmpdir(), "baton-existing-"));
removeAtEnd(scratch);

test("on emulated AWS: the stack uses them, and they stay when it goes", fullDepth(...emulator), async () => {
  await using there = await startEmulator();
  await there.aws(
    "s3api",
    "create-bucket",
    "--bucket",
    bucket,
    "--create-bucket-configuration",
    "LocationConstraint=eu-central-1",
  );
  const { KeyMetadata } = await there.aws<{ KeyMetadata: { Arn: string; KeyId: string } }>("kms", "create-key");
  const { TopicArn } = await there.aws<{ TopicArn: string }>("sns", "create-topic", "--name", "deliveries");
  const policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
  });
  const { Policy } = await there.aws<{ Policy: { Arn: string } }>(
    ...["iam", "create-policy", "--policy-name", "limits", "--policy-document", policy],
  );
  const settings = { ...existingSettings, existing: { bucket, key: KeyMetadata.Arn, topic: TopicArn } };
  const template = textOf(settings, {});
  const file = join(scratch, "pipeline.yaml");
  writeFileSync(file, template);
  const parameters = [...template.matchAll(/^ {2}(\w+PolicyArn):/gm)].map(([, id]) => [id!, Policy.Arn]);
  await there.aws(
    ...["cloudformation", "create-stack", "--stack-name", "pipelines", "--capabilities", "CAPABILITY_NAMED_IAM"],
    ...["--template-body", `file://${file}`, "--parameters"],
    ...[["ConnectionArn", connection], ["Repository", "owner/shop"], ...parameters].map(
      ([name, value]) => `ParameterKey=${name},ParameterValue=${value}`,
    ),
  );
  const { pipeline } = await there.aws<{
    pipeline: { artifactStore: { location: string; encryptionKey: { id: string } } };
  }>("codepipeline", "get-pipeline", "--name", "shop");
  assert.equal(pipeline.artifactStore.location, bucket);
  assert.equal(pipeline.artifactStore.encryptionKey.id, KeyMetadata.Arn);
  const { Roles } = await there.aws<{ Roles: { RoleName: string; Arn: string }[] }>(
    ...["iam", "list-roles", "--path-prefix", existingSettings.rolePath],
  );
  assert.ok(Roles.length > 5);
  const { Role } = await there.aws<{ Role: { PermissionsBoundary: { PermissionsBoundaryArn: string } } }>(
    ...["iam", "get-role", "--role-name", Roles[0]!.RoleName],
  );
  assert.equal(Role.PermissionsBoundary.PermissionsBoundaryArn, Policy.Arn);
  const { MetricAlarms } = await there.aws<{ MetricAlarms: { AlarmActions: string[] }[] }>(
    "cloudwatch",
    "describe-alarms",
  );
  assert.deepEqual([...new Set(MetricAlarms.flatMap(({ AlarmActions }) => AlarmActions))], [TopicArn]);
  const { Buckets } = await there.aws<{ Buckets: { Name: string }[] }>("s3api", "list-buckets");
  assert.deepEqual(
    Buckets.map(({ Name }) => Name),
    [bucket],
  );
  await there.aws("cloudformation", "delete-stack", "--stack-name", "pipelines");
  await Promise.all([
    there.aws("s3api", "head-bucket", "--bucket", bucket),
    there.aws("sns", "get-topic-attributes", "--topic-arn", TopicArn),
    there.aws("kms", "describe-key", "--key-id", KeyMetadata.KeyId),
  ]);
});
