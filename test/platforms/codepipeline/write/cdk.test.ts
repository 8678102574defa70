/** The CDK format through the real library: what the app synthesises is the template of the CloudFormation format. */
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema, type WriteOptions } from "../../../../src/platforms/codepipeline/write/options.ts";
import { stackOf, writeCodePipeline } from "../../../../src/platforms/codepipeline/write/write.ts";
import { batonFile } from "../../../cli/sandbox.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { cdkModules } from "../../../lane/programs.ts";
import { removeAtEnd } from "../../../lane/remove-at-end.ts";
import { estate, estateSettings, home, other } from "./estate.ts";
import { site } from "./site.ts";
import {
  chatSettings,
  checkSettings,
  cloudFormationOverlay,
  existingSettings,
  keySettings,
  readExample,
  shop,
  shopSettings,
  toolShop,
} from "./written.ts";

const networkCompute = await readExample("network-compute");
const infraWeb = await readExample("infra-web");
const ecommerce = await readExample("ecommerce");
const cases = {
  shop: [shop, shopSettings, "single"],
  "shop-separate": [shop, shopSettings, "separate"],
  "tool-shop-separate": [toolShop, { encryption: "key" }, "separate"],
  "shop with checks": [shop, checkSettings, "single"],
  "shop with a key and an overlay": [shop, { ...keySettings, overlay: cloudFormationOverlay }, "single"],
  "shop with channels": [shop, chatSettings, "single"],
  "shop with what is there": [shop, existingSettings, "separate"],
  "network-compute": [networkCompute.built, networkCompute.settings, "single"],
  "infra-web": [infraWeb.built, infraWeb.settings, "single"],
  estate: [estate, estateSettings, "single"],
  ecommerce: [ecommerce.built, ecommerce.settings, "separate"],
  "site elsewhere": [site(), { home, targets: { prod: other } }, "single"],
} as const;

const cdk = cdkModules("aws-cdk-lib");

const scratch = mkdtempSync(join(tmpdir(), "baton-cdk-"));
removeAtEnd(scratch);

type Case = (typeof cases)[keyof typeof cases];

const optionsOf = ([, settings, layout]: Case): WriteOptions => ({
  layout,
  format: "cdk",
  root: "",
  folder: "cdk",
  settings: settingsSchema.parse(settings),
});

/** To load the library takes ten times as long as a synthesis, so that one process makes them all. */
const synthesis = `
for (const name of process.argv.slice(1)) {
  process.env.CDK_OUTDIR = process.cwd() + "/" + name + "/out";
  await import(process.cwd() + "/" + name + "/cdk/app.ts");
}`;

let synthesised: SpawnSyncReturns<string> | undefined;

function synthesiseAll(): SpawnSyncReturns<string> {
  symlinkSync(cdk, join(scratch, "node_modules"));
  writeFileSync(join(scratch, "package.json"), '{"type":"module"}');
  for (const [name, one] of Object.entries(cases)) {
    for (const { path, text } of writeCodePipeline(one[0], optionsOf(one)).files) {
      const file = join(scratch, name, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
  const args = ["--input-type=module", "-e", synthesis, "--", ...Object.keys(cases)];
  return spawnSync(process.execPath, args, { cwd: scratch, encoding: "utf8" });
}

for (const [name, one] of Object.entries(cases)) {
  const [built] = one;
  const options = optionsOf(one);
  const { remoteStacks } = lowerDelivery(built, options);

  test(`${name}: files that Node can read, and the buildspecs`, () => {
    const { files } = writeCodePipeline(built, options);
    const code = files.filter(({ path }) => path.endsWith(".ts"));
    assert.deepEqual(
      code.map(({ path }) => path),
      ["pipelines", ...remoteStacks.map((one) => one.name), "app"].map((file) => `cdk/${file}.ts`),
    );
    for (const { text } of code) assert.doesNotThrow(() => stripTypeScriptTypes(text));
    const buildspecs = files.filter(({ path }) => path.endsWith(".yml"));
    assert.deepEqual(
      buildspecs.map(({ path }) => path.replace(/^cdk\/buildspecs\//, "")),
      lowerDelivery(built, options).buildspecs.map(({ path }) => path.replace(/^cdk\/buildspecs\//, "")),
    );
  });

  test(`${name}: synthesises the template of the CloudFormation format`, fullDepth("aws-cdk-lib"), () => {
    synthesised ??= synthesiseAll();
    assert.equal(synthesised.status, 0, synthesised.stderr);
    const out = join(scratch, name, "out");
    const documents = [{ name: "pipelines", infrastructure: lowerDelivery(built, options) }, ...remoteStacks];
    const files = readdirSync(out).filter((one) => one.endsWith(".template.json"));
    assert.equal(files.length, documents.length);
    for (const { name: stack, infrastructure } of documents) {
      const file = join(out, `${built.name}-${stack}.template.json`);
      const wanted = JSON.parse(
        JSON.stringify(stackOf(infrastructure, options, stack === "pipelines" ? undefined : stack).template),
      ) as Template;
      const bare = withoutCdk(JSON.parse(readFileSync(file, "utf8")) as Template);
      assert.deepEqual(Object.keys(bare.Resources).sort(), Object.keys(wanted.Resources).sort());
      for (const [id, resource] of Object.entries(wanted.Resources)) {
        assert.deepEqual(plain(bare.Resources[id]), plain(resource), id);
      }
      for (const part of ["Parameters", "Conditions", "Outputs"] as const) {
        assert.deepEqual(plain(bare[part] ?? {}), plain(wanted[part] ?? {}), `${stack} ${part}`);
      }
      assert.equal(bare.Description, wanted.Description);
    }
    const checked = spawnSync(batonFile, ["check", out], { encoding: "utf8" });
    const count = lowerDelivery(built, options).resources.filter(({ kind }) => kind === "pipeline").length;
    assert.equal(checked.status, 0, checked.stdout);
    assert.match(checked.stderr, new RegExp(`nothing found in ${count} pipelines? `));
  });
}

interface Template {
  Description: string;
  Parameters?: Record<string, unknown>;
  Conditions?: Record<string, unknown>;
  Outputs?: Record<string, unknown>;
  Resources: Record<string, { Type: string; Metadata?: unknown }>;
}

/** What the library adds for itself. */
function withoutCdk({ Parameters = {}, Conditions = {}, Resources, ...rest }: Template): Template {
  const { BootstrapVersion: _version, ...parameters } = Parameters;
  const { CDKMetadataAvailable: _available, ...conditions } = Conditions;
  const resources = Object.entries(Resources)
    .filter(([, { Type }]) => Type !== "AWS::CDK::Metadata")
    .map(([id, { Metadata: _metadata, ...resource }]) => [id, resource] as const);
  return { ...rest, Parameters: parameters, Conditions: conditions, Resources: Object.fromEntries(resources) };
}

/** `Fn::Sub` and `Fn::Join` say the same in two ways; tags have no order. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    const list = value.map(plain);
    const isTags =
      list.length > 0 &&
      list.every((one) => typeof one === "object" && one !== null && Object.keys(one).sort().join() === "Key,Value");
    return isTags ? list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : list;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [[key, inner] = [], ...others] = entries;
  if (others.length === 0 && key === "Fn::Sub") return { text: pieces(String(inner)) };
  if (others.length === 0 && key === "Fn::Join") return { text: joined((inner as [string, unknown[]])[1].map(plain)) };
  return Object.fromEntries(entries.map(([name, one]) => [name, plain(one)]));
}

function pieces(text: string): unknown[] {
  const parts = text.split(/\$\{([^}]+)\}/).map((piece, index) => {
    if (index % 2 === 0) return piece;
    if (piece.startsWith("!")) return `\${${piece.slice(1)}}`;
    return piece.includes(".") ? { "Fn::GetAtt": piece.split(".") } : { Ref: piece };
  });
  return joined(parts);
}

function joined(parts: readonly unknown[]): unknown[] {
  const whole: unknown[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (part === "") continue;
    if (typeof part === "string" && typeof last === "string") whole[whole.length - 1] = last + part;
    else whole.push(part);
  }
  return whole;
}
