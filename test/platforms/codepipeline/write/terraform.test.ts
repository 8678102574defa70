/** The Terraform format, through the real Terraform: formatted, valid, and applied to emulated AWS. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Emulator, startEmulator } from "../../../aws/emulator.ts";
import { terraformEnv } from "../../../generate/machine/terraform.ts";
import { emulator, fullDepth } from "../../../lane/needs.ts";
import { applyPipelines, forEmulator, type MadePipeline, placeFiles, runTerraform } from "./applied-terraform.ts";
import { home, other } from "./estate.ts";
import { site } from "./site.ts";
import {
  bucketSettings,
  chatSettings,
  checkSettings,
  codeCommitSettings,
  existingSettings,
  keySettings,
  machineSettings,
  readExample,
  shop,
  shopSettings,
  tagSettings,
  terraformOverlay,
  toolShop,
  write,
} from "./written.ts";

const infraWeb = await readExample("infra-web");
const networkCompute = await readExample("network-compute");
const written = {
  shop: write(shop, shopSettings, { format: "terraform" }).files,
  "shop with checks": write(shop, checkSettings, { format: "terraform" }).files,
  "shop with machines": write(shop, machineSettings, { format: "terraform" }).files,
  "shop with what is there": write(shop, existingSettings, { format: "terraform" }).files,
  "shop with a key and an overlay": write(shop, { ...keySettings, overlay: terraformOverlay }, { format: "terraform" })
    .files,
  "shop from codecommit": write(shop, codeCommitSettings, { format: "terraform", layout: "separate" }).files,
  "shop from a bucket": write(shop, bucketSettings, { format: "terraform" }).files,
  "shop with channels": write(shop, chatSettings, { format: "terraform" }).files,
  "shop by tags": write(shop, tagSettings, { format: "terraform" }).files,
  "tool-shop-separate": write(toolShop, { encryption: "key" }, { format: "terraform", layout: "separate" }).files,
  site: write(site(), { home, targets: { prod: other } }, { format: "terraform" }).files,
  "shop-separate": write(shop, shopSettings, { format: "terraform", layout: "separate" }).files,
  "network-compute": write(networkCompute.built, networkCompute.settings, { format: "terraform" }).files,
  "infra-web": write(infraWeb.built, infraWeb.settings, { format: "terraform" }).files,
};

describe("Terraform", fullDepth(...emulator, "terraform"), () => {
  const scratch = mkdtempSync(join(tmpdir(), "baton-terraform-"));
  const env = terraformEnv(scratch);
  const there = { ...process.env, ...env };
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  for (const [name, files] of Object.entries(written)) {
    test(`${name}: formatted`, () => {
      const folder = placeFiles(join(scratch, name), files);
      assert.deepEqual(runTerraform(folder, there, "fmt", "-check", "-recursive", "-diff"), "");
    });
  }

  // Each validation loads what the provider knows, for seconds: one for all of them, as modules of one configuration.
  test("all of them are valid", () => {
    const modules = Object.entries(written).map(([name, files], at) => {
      const folder = placeFiles(join(scratch, "modules", name), files);
      const text = readdirSync(folder).map((file) =>
        file.endsWith(".tf") ? readFileSync(join(folder, file), "utf8") : "",
      );
      const given = Array.from(
        text.join("\n").matchAll(/^variable "(\w+)"/gm),
        ([, variable]) => `${variable} = var.any`,
      );
      assert.ok(given.length > 0, name);
      return [`module "m${at}" {`, `source = ${JSON.stringify(`./${name}/codepipeline`)}`, ...given, "}"].join("\n");
    });
    const root = join(scratch, "modules");
    writeFileSync(join(root, "main.tf"), [`variable "any" {}`, ...modules].join("\n"));
    runTerraform(root, there, "init", "-input=false", "-no-color");
    assert.match(runTerraform(root, there, "validate", "-no-color"), /The configuration is valid/);
  });

  test("network-compute: the function that rolls back, with its source from beside the module", async () => {
    const files = forEmulator(written["network-compute"], { withLifecycle: "no" });
    const folder = placeFiles(join(scratch, "rollback"), files);
    applyPipelines(folder, { env: { ...emulator.env, ...env }, repository: "owner/network-compute" });
    const { Configuration } = await emulator.aws<{
      Configuration: { Environment: { Variables: Record<string, string> } };
    }>("lambda", "get-function", "--function-name", "network-compute-rollback");
    assert.deepEqual(Object.keys(Configuration.Environment.Variables), ["TOPIC"]);
    const source = files.find(({ path }) => path.endsWith("/rollback.js"))!;
    assert.match(source.text, /"network-compute": \[\s*"qa",\s*"production"\s*\]/);
    for (const rule of ["network-compute-deployment-failed", "network-compute-alarm-rings"]) {
      const { Targets } = await emulator.aws<{ Targets: { Arn: string }[] }>(
        "events",
        "list-targets-by-rule",
        "--rule",
        rule,
      );
      assert.match(Targets[0]!.Arn, /:function:network-compute-rollback$/);
    }
    const { pipeline } = await emulator.aws<{ pipeline: MadePipeline }>(
      "codepipeline",
      "get-pipeline",
      "--name",
      "network-compute",
    );
    assert.deepEqual(
      pipeline.stages.map(({ name }) => name),
      ["Source", "qa", "Approve-production", "production"],
    );
  });
});
