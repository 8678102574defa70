/** What differs between a stack that is there and the files, told by the resource. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { differenceOf, differenceText } from "../../../../src/platforms/codepipeline/live/stack-difference.ts";
import { templateOf } from "../../../../src/platforms/codepipeline/write/cloudformation/template.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { shop, shopSettings, write } from "../write/written.ts";

const textWith = (settings: object) =>
  write(shop, settings).files.find(({ path }) => path.endsWith("pipeline.yaml"))!.text;
const between = (there: unknown, wanted: unknown) => differenceText(differenceOf({ there, wanted }));

test("the same template is no difference, in either form", () => {
  const text = textWith(shopSettings);
  assert.equal(between(text, text), undefined);
  const infrastructure = lowerDelivery(shop, {
    ...{ layout: "single", format: "cdk", root: "", folder: "codepipeline" },
    settings: settingsSchema.parse(shopSettings),
  });
  const { template } = templateOf(infrastructure);
  const synthesised = JSON.parse(JSON.stringify(template)) as { Resources: Record<string, object> };
  for (const one of Object.values(synthesised.Resources)) Object.assign(one, { Metadata: { "aws:cdk:path": "x" } });
  synthesised.Resources.CDKMetadata = { Type: "AWS::CDK::Metadata", Properties: {} };
  assert.equal(between(synthesised, template), undefined);
});

test("a role that may do more, a machine of another size, a new job and an alarm that went are told by name", () => {
  const before = textWith(shopSettings);
  const more = { ...shopSettings.permissions, "web.deploy": [{ actions: ["s3:*"], resources: ["*"] }] };
  assert.match(between(before, textWith({ ...shopSettings, permissions: more }))!, /other there: .*WebDeploy\w*Role/);
  const large = textWith({ ...shopSettings, machines: { "web.build": { size: "large" } } });
  assert.equal(between(before, large), "other there: WebBuildProject");
  const checks = textWith({ ...shopSettings, pullRequests: "checks" });
  assert.match(between(before, checks)!, /not there yet: .* and \d+ more/);
  assert.match(between(checks, before)!, /there and not wanted any more: /);
});

test("an update that changes a CodePipeline says that it ends its rollbacks, another one does not", () => {
  const before = textWith(shopSettings);
  assert.equal(
    between(before, textWith({ ...shopSettings, waiting: "newest" })),
    "other there: ShopPipeline; the update ends what ShopPipeline can roll back to, until a run has passed after it",
  );
  assert.doesNotMatch(between(before, textWith({ ...shopSettings, logDays: 30 }))!, /roll back/);
});
