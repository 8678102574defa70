import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { synthesise } from "../app.js";

const outdir = mkdtempSync(join(tmpdir(), "assembly-"));
const layers = [{ name: "utils", key: "layers/utils-1.zip" }];
const { stacks } = synthesise({ layers, outdir });
const templates = Object.fromEntries(stacks.map(({ stackName, template }) => [stackName, template]));
rmSync(outdir, { recursive: true });

const ofType = (stack, type) => Object.values(templates[stack].Resources).filter(({ Type }) => Type === type);

test("what is kept outlives its stack", () => {
  for (const { Type, DeletionPolicy, UpdateReplacePolicy } of Object.values(templates.Data.Resources)) {
    if (Type === "AWS::S3::BucketPolicy") continue;
    assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ["Retain", "Retain"], Type);
  }
  assert.equal(ofType("Compute", "AWS::Lambda::LayerVersion")[0].UpdateReplacePolicy, "Retain");
});

test("code, versions and alias are the delivery's: no template speaks of them", () => {
  const all = JSON.stringify(templates);
  assert.doesNotMatch(all, /AWS::Lambda::(Alias|Version)"/);
  const [{ Properties }] = ofType("Compute", "AWS::Lambda::Function");
  assert.deepEqual(Object.keys(Properties.Code), ["ZipFile"]);
  assert.match(Properties.Code.ZipFile, /not released yet/);
});

test("the API calls the alias, and may", () => {
  const permissions = ofType("Api", "AWS::Lambda::Permission");
  assert.equal(permissions.length, 3);
  for (const { Properties } of permissions) assert.match(Properties.FunctionName["Fn::Sub"], /:live$/);
});

test("nothing says which environment it is for, and roles may do nothing to everything", () => {
  const all = JSON.stringify(templates);
  assert.doesNotMatch(all, /\b(dev|staging|prod)\b/);
  assert.doesNotMatch(JSON.stringify(ofType("Compute", "AWS::IAM::Policy")), /"\*"/);
});
