/** Generated templates before cfn-guard, with the rules of AWS Control Tower: what it finds is mended, or is an exception with its reason. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { arch, platform, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { templateOf } from "../../../../src/platforms/codepipeline/write/cloudformation/template.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { cdkModules } from "../../../lane/programs.ts";
import { estate, estateSettings } from "./estate.ts";
import { exceptions } from "./guard-exceptions.ts";
import {
  bucketSettings,
  chatSettings,
  checkSettings,
  codeCommitSettings,
  existingSettings,
  machineSettings,
  readExample,
  shop,
  shopSettings,
  tagSettings,
  toolShop,
} from "./written.ts";

/** Services of which the templates have something and the package has rules. */
const services = ["cloudwatch", "codebuild", "identityandaccessmanagement", "keymanagementservice", "lambda", "s3"];

const cases: Readonly<Record<string, readonly [Delivery, object, "single" | "separate"]>> = {
  plain: [shop, shopSettings, "single"],
  machines: [shop, { ...machineSettings, rollback: "function", encryption: "key" }, "single"],
  existing: [shop, existingSettings, "single"],
  checks: [shop, checkSettings, "single"],
  bucket: [shop, bucketSettings, "single"],
  tags: [shop, tagSettings, "single"],
  chat: [shop, chatSettings, "single"],
  codecommit: [shop, { ...codeCommitSettings, accessLogs: "access-logs-of-ours" }, "separate"],
  tools: [toolShop, { encryption: "key" }, "separate"],
  estate: [estate, estateSettings, "single"],
  ...Object.fromEntries(
    await Promise.all(
      (["network-compute", "infra-web", "ecommerce"] as const).map(async (name) => {
        const { built, settings } = await readExample(name);
        return [name, [built, settings, name === "ecommerce" ? "separate" : "single"]] as const;
      }),
    ),
  ),
};

/** By name, of all accounts and regions. */
function templates(): Record<string, string> {
  const all: [string, string][] = [];
  for (const [name, [built, settings, layout]] of Object.entries(cases)) {
    const infrastructure = lowerDelivery(built, {
      layout,
      format: "cloudformation",
      root: "",
      folder: "codepipeline",
      settings: settingsSchema.parse(settings),
    });
    all.push([name, printed(infrastructure)]);
    for (const stack of infrastructure.remoteStacks) all.push([`${name}-${stack.name}`, printed(stack.infrastructure)]);
  }
  return Object.fromEntries(all);
}

/** Its rules know the ARN of objects as a join, which is the same. */
const printed = (infrastructure: Parameters<typeof templateOf>[0]) =>
  JSON.stringify(templateOf(infrastructure).template).replaceAll(
    /\{"Fn::Sub":"\$\{(\w+)\.Arn\}\/\*"\}/g,
    '{"Fn::Join":["",[{"Fn::GetAtt":["$1","Arn"]},"/*"]]}',
  );

interface Report {
  readonly name: string;
  readonly not_compliant: readonly { readonly Rule: { readonly name: string } }[];
  readonly compliant: readonly string[];
}

function guarded(t: TestContext, data: Readonly<Record<string, string>>): Report[] {
  const folder = mkdtempSync(join(tmpdir(), "baton-guard-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "data"));
  for (const [name, text] of Object.entries(data)) writeFileSync(join(folder, "data", `${name}.json`), text);
  const own = join(cdkModules("@cdklabs/cdk-validator-cfnguard"), "@cdklabs/cdk-validator-cfnguard");
  const machine = [platform() === "darwin" ? "macos" : "ubuntu", arch() === "arm64" ? "aarch64" : "x86_64"];
  const rules = services.map((service) => join(own, "rules/control-tower/cfn-guard", service));
  const how = ["--output-format", "json", "--show-summary", "none", "--structured"];
  const { stdout, stderr } = spawnSync(
    join(own, "bin", ...machine, "cfn-guard"),
    ["validate", "--data", join(folder, "data"), ...how, "--rules", ...rules],
    { encoding: "utf8", maxBuffer: 1 << 28 },
  );
  assert.match(stdout, /^\[/, stderr);
  return JSON.parse(stdout) as Report[];
}

const rulesIn = (reports: readonly Report[]) =>
  [...new Set(reports.flatMap(({ not_compliant }) => not_compliant.map(({ Rule }) => Rule.name)))].sort();

test("cfn-guard finds nothing but the exceptions", fullDepth("@cdklabs/cdk-validator-cfnguard"), (t) => {
  const data = templates();
  const reports = guarded(t, data);
  assert.equal(reports.length, Object.keys(data).length);
  assert.deepEqual(rulesIn(reports), Object.keys(exceptions).sort());
  const full = reports.filter((one) =>
    rulesIn([one]).includes("iam_inline_policy_no_statements_with_full_access_check"),
  );
  assert.deepEqual(
    full.map(({ name }) => basename(name)),
    ["infra-web.json"],
    "what Baton writes by itself names its actions",
  );
  const looked = new Set(reports.flatMap(({ compliant }) => compliant));
  assert.ok(looked.size > 20, `it has looked at little: ${[...looked].join(", ")}`);
});

test("what a template must not have is found", fullDepth("@cdklabs/cdk-validator-cfnguard"), (t) => {
  const text = templates().plain!;
  const changed = (from: RegExp, to: string) => {
    assert.match(text, from);
    return text.replace(from, to);
  };
  const reports = guarded(t, {
    open: changed(/"BlockPublicAcls":true/, '"BlockPublicAcls":false'),
    plaintext: changed(/"aws:SecureTransport":"false"/, '"aws:SecureTransport":"true"'),
    unversioned: changed(/"VersioningConfiguration":\{"Status":"Enabled"\},/, ""),
  });
  const found = (name: string) => rulesIn(reports.filter((one) => one.name.endsWith(`${name}.json`)));
  assert.ok(found("open").includes("s3_bucket_level_public_access_prohibited_check"), found("open").join());
  assert.ok(found("plaintext").includes("s3_bucket_policy_ssl_requests_only_check"), found("plaintext").join());
  assert.ok(found("unversioned").includes("s3_bucket_versioning_enabled_check"), found("unversioned").join());
});
