/** A stack that could not be made can be made again, and none begins before what it needs is there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type CommentedTemplate,
  type Template,
  templateOf,
} from "../../../../src/platforms/codepipeline/write/cloudformation/template.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { type Layout, settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { estate, estateSettings } from "./estate.ts";
import { keySettings, shop, shopSettings, toolShop, write } from "./written.ts";

function stacksOf(built: typeof shop, settings: object, layout: Layout): CommentedTemplate[] {
  const infrastructure = lowerDelivery(built, {
    ...{ layout, format: "cloudformation", root: "", folder: "codepipeline" },
    settings: settingsSchema.parse(settings),
  });
  return [infrastructure, ...infrastructure.remoteStacks.map((one) => one.infrastructure)].map(templateOf);
}

const stacks = [
  ...stacksOf(shop, keySettings, "single"),
  ...stacksOf(toolShop, {}, "separate"),
  ...stacksOf(estate, estateSettings, "single"),
];

/** Resources that outlive their stack and are in the way of the next one. */
const inTheWay = ({ Resources }: Template): string[] =>
  Object.entries(Resources).flatMap(([id, { DeletionPolicy, Properties }]) => {
    const hasName = Object.keys(Properties).some((key) =>
      /^(LogGroup|Table|Bucket|Function|Topic|Role|Alias)?Name$/.test(key),
    );
    return DeletionPolicy !== undefined && (hasName || DeletionPolicy !== "RetainExceptOnCreate") ? [id] : [];
  });

test("nothing that outlives its stack has a fixed name, and nothing outlives one that could not be made", () => {
  for (const { template } of stacks) assert.deepEqual(inTheWay(template), []);
  const kept = new Set(
    stacks.flatMap(({ template }) =>
      Object.values(template.Resources).flatMap(({ Type, DeletionPolicy }) => (DeletionPolicy ? [Type] : [])),
    ),
  );
  assert.deepEqual([...kept].sort(), ["AWS::KMS::Key", "AWS::S3::Bucket"]);
});

test("the look at retention sees a name, and a policy that holds on to a failed attempt", () => {
  const [{ template }] = stacks as [CommentedTemplate];
  const bucket = template.Resources.Artifacts!;
  const named = { ...bucket, Properties: { ...bucket.Properties, BucketName: "artifacts" } };
  assert.deepEqual(inTheWay({ ...template, Resources: { named } }), ["named"]);
  const always = { ...bucket, DeletionPolicy: "Retain" as "RetainExceptOnCreate" };
  assert.deepEqual(inTheWay({ ...template, Resources: { always } }), ["always"]);
});

const terraform = write(shop, { ...shopSettings, rollback: "function" }, { format: "terraform" })
  .files.filter(({ path }) => path.endsWith(".tf"))
  .map(({ text }) => text)
  .join("\n");
const blocks = [...terraform.matchAll(/^resource "(\w+)" "(\w+)" \{\n([\s\S]*?)\n\}$/gm)].map(
  ([, type, name, body]) => ({ type: type!, name: name!, body: body! }),
);

test("Terraform: who acts in a role waits for the policies of the role", () => {
  const policies = blocks.filter(({ type }) => /^aws_iam_role_policy(_attachment)?$/.test(type));
  const users = blocks.filter(({ type }) =>
    ["aws_codepipeline", "aws_codebuild_project", "aws_cloudformation_stack", "aws_cloudwatch_event_target"].includes(
      type,
    ),
  );
  let waits = 0;
  for (const { type, name, body } of users) {
    const roles = [...body.matchAll(/aws_iam_role\.(\w+)\.arn/g)].map(([, role]) => role!);
    const [, awaited = ""] = /depends_on\s*= \[([^\]]*)\]/.exec(body) ?? [];
    for (const policy of policies.filter((one) => roles.includes(one.name))) {
      assert.ok(awaited.includes(`${policy.type}.${policy.name}`), `${type}.${name} waits for ${policy.name}`);
      waits++;
    }
  }
  assert.ok(waits > 8, `${waits} policies are waited for`);
});

test("Terraform: a root on either major of the provider takes the module", () => {
  assert.match(terraform, /version = ">= 5\.90, < 7\.0"/);
  // What the newer one calls deprecated.
  assert.doesNotMatch(terraform, /aws_region\.current\.name/);
});
