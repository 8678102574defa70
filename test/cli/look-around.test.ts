/** What `baton init` takes for a pipeline, and what it says of it. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { lookAround } from "../../src/cli/init/look-around.ts";

function folderWith(t: TestContext, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "baton-look-around-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const tested = JSON.stringify({ scripts: { test: "node --test" } });

test("a lock file at the root counts for the packages of its workspace alone", (t) => {
  const installs = (root: object) => {
    const files = { "package.json": JSON.stringify(root), "package-lock.json": "{}", "web/package.json": tested };
    return lookAround(folderWith(t, files)).map(({ name, jobs }) => [name, jobs[0]!.steps[0]]);
  };
  assert.deepEqual(installs({ dependencies: { "baton-cd": "*" } }), [["web", "npm install"]]);
  assert.deepEqual(installs({ workspaces: ["web"] }), [["web", "npm ci"]]);
});

test("outputs of Terraform are seen on one line and on several, and secrets are left alone", (t) => {
  const text = [
    'terraform { required_version = ">= 1.5" }',
    'output "one_line" { value = aws_s3_bucket.site.id }',
    'output "BlockStyle" {',
    "  value = aws_s3_bucket.site.arn",
    "}",
    'output "hidden" { value = var.password, sensitive = true }',
    'output "secret" {',
    "  value     = var.password",
    "  sensitive = true",
    "}",
    'output "last" { value = "x" }',
  ].join("\n");
  const [infra] = lookAround(folderWith(t, { "infra/main.tf": text }));
  assert.deepEqual(Object.keys(infra!.outputs), ["one_line", "BlockStyle", "last"]);
});

test("variables that Terraform would ask for are told, unless a default or a file of values gives them", (t) => {
  const text = [
    'provider "aws" {}',
    'variable "region" {}',
    'variable "size" { default = 1 }',
    'variable "zone" {',
    "  type = string",
    "}",
    'variable "given" {}',
  ].join("\n");
  const files = { "infra/main.tf": text, "infra/terraform.tfvars": 'given = "x"\n' };
  const [infra] = lookAround(folderWith(t, files));
  assert.match(infra!.about.join("\n"), /It asks for region, zone: env gives them to apply, as TF_VAR_region\./);
});
