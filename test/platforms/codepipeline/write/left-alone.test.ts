/**
 * A bucket and a key that take the place of those that the pipelines have brought: the real Terraform plans to destroy neither. Carried
 * out it is not, because the emulator changes no build project.
 */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import { startEmulator } from "../../../aws/emulator.ts";
import { terraformEnv } from "../../../generate/machine/terraform.ts";
import { fullDepth, emulator as onEmulator } from "../../../lane/needs.ts";
import { connection, forEmulator, placeFiles, runTerraform } from "./applied-terraform.ts";
import { write } from "./written.ts";

const built = delivery("small", {
  pipelines: [pipeline("web", { jobs: { test: { per: "release", steps: [sh("true")] } } })],
  environments: [env("dev", { branch: "main" })],
});

test(
  "what takes the place of the bucket and the key leaves both, with all about them",
  fullDepth(...onEmulator, "terraform"),
  async (t) => {
    await using emulator = await startEmulator();
    const scratch = mkdtempSync(join(tmpdir(), "baton-left-alone-"));
    const module = join(scratch, "codepipeline");
    t.after(() => rmSync(scratch, { recursive: true, force: true }));
    const environment = { ...process.env, ...emulator.env, ...terraformEnv(scratch) };
    const terraform = (folder: string, ...args: string[]) => runTerraform(folder, environment, ...args);
    const variables = [
      "-input=false",
      "-no-color",
      "-var",
      `connection_arn=${connection}`,
      "-var",
      "repository=owner/small",
    ];
    // What is not written any more is taken away, as whoever writes them does.
    const placed = (settings: object) => {
      for (const file of existsSync(module) ? readdirSync(module) : [])
        if (file.endsWith(".tf")) rmSync(join(module, file));
      return placeFiles(
        scratch,
        forEmulator(write(built, settings, { format: "terraform" }).files, { withLifecycle: "no" }),
      );
    };

    const folder = placed({ encryption: "key" });
    terraform(folder, "init", "-input=false", "-no-color");
    terraform(folder, "apply", "-auto-approve", ...variables);
    const { KeyMetadata } = await emulator.aws<{ KeyMetadata: { Arn: string } }>("kms", "create-key");
    await emulator.aws(
      "s3api",
      "create-bucket",
      "--bucket",
      "artifacts-of-all",
      "--create-bucket-configuration",
      "LocationConstraint=eu-central-1",
    );
    placed({ existing: { bucket: "artifacts-of-all", key: KeyMetadata.Arn } });
    terraform(folder, "plan", "-out", "plan", ...variables);
    const plan = JSON.parse(terraform(folder, "show", "-json", "plan")) as {
      resource_changes: { address: string; change: { actions: string[] } }[];
    };
    const actions = (address: RegExp) =>
      plan.resource_changes.flatMap((one) => (address.test(one.address) ? one.change.actions : []));
    assert.deepEqual([...new Set(actions(/^aws_s3_bucket|^aws_kms_key/))], ["forget"]);
    assert.deepEqual(actions(/^aws_kms_alias/), ["delete"]);
  },
);

test("who names nothing of the team's has no such file, and needs no newer Terraform", () => {
  const files = (settings: object) =>
    new Map(write(built, settings, { format: "terraform" }).files.map(({ path, text }) => [path, text]));
  const without = files({ encryption: "key" });
  assert.ok(!without.has("codepipeline/left-alone.tf"));
  assert.match(without.get("codepipeline/versions.tf")!, /required_version = ">= 1\.5"/);
  const named = files({ existing: { bucket: "artifacts-of-all" } });
  assert.match(named.get("codepipeline/versions.tf")!, /required_version = ">= 1\.7"/);
  assert.doesNotMatch(named.get("codepipeline/left-alone.tf")!, /aws_kms_key/);
});
