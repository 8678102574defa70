/** What the files do not tell stays open, as one thing where it is one, or is unknown. Nothing is guessed. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluated, moduleOf, shown } from "./module.ts";

const declarations = `
variable "repository" {}
variable "env" { type = string }
variable "stages" { type = list(any) }
locals {
  circle = local.other
  other  = local.circle
}
resource "aws_s3_bucket" "artifacts" { bucket_prefix = "artifacts-" }
resource "aws_s3_bucket" "site" { bucket = "shop-site" }
resource "aws_codebuild_project" "each" {
  for_each = toset(["plan", "apply"])
  name     = "shop-\${each.key}"
}
resource "aws_codebuild_project" "counted" {
  count = 2
  name  = "build-\${count.index}"
}
resource "aws_codebuild_project" "unsure" {
  for_each = var.stages
  name     = each.value
}
data "aws_caller_identity" "current" {}
`;

const cases: readonly (readonly [expression: string, value: unknown])[] = [
  ["var.repository", "‹var.repository›"],
  ["var.repository.owner[0]", "‹var.repository.owner[0]›"],
  ['"arn:${data.aws_caller_identity.current.account_id}:x"', "arn:‹data.aws_caller_identity.current.account_id›:x"],
  ['"${var.env}-${var.env}"', "‹var.env›-‹var.env›"],
  ['format("%s-web", var.env)', "‹var.env›-web"],
  ['join("-", ["a", var.env])', "a-‹var.env›"],
  ["upper(var.env)", "‹?›"],
  ["terraform.workspace", "‹terraform.workspace›"],
  ["timestamp()", "‹?›"],
  ["each.key", "‹?›"],
  // The resource itself, whichever way it is named.
  ["aws_s3_bucket.artifacts.bucket", "‹aws_s3_bucket.artifacts›"],
  ["aws_s3_bucket.artifacts.id", "‹aws_s3_bucket.artifacts›"],
  ["aws_s3_bucket.artifacts.arn", "‹aws_s3_bucket.artifacts›"],
  ["aws_s3_bucket.artifacts.region", "‹aws_s3_bucket.artifacts.region›"],
  ["aws_s3_bucket.site.bucket", "shop-site"],
  ["aws_s3_bucket.site.id", "shop-site"],
  ["aws_s3_bucket.elsewhere.id", "‹aws_s3_bucket.elsewhere.id›"],
  ['aws_codebuild_project.each["plan"].name', "shop-plan"],
  ['aws_codebuild_project.each["plan"].arn', '‹aws_codebuild_project.each["plan"]›'],
  ['try(aws_codebuild_project.each["other"].name, "none")', "none"],
  ["aws_codebuild_project.counted[1].name", "build-1"],
  ["aws_codebuild_project.counted.0.name", "build-0"],
  ["aws_codebuild_project.counted[*].name", ["build-0", "build-1"]],
  ["[for key, project in aws_codebuild_project.each : project.name]", ["shop-apply", "shop-plan"]],
  ["values(aws_codebuild_project.each)[*].name", ["shop-apply", "shop-plan"]],
  ['aws_codebuild_project.unsure["a"].name', "‹?›"],
  // Operations and choices.
  ['var.env == "prod"', "‹?›"],
  ["var.env == var.env", true],
  ['var.env == "prod" || true', true],
  ['var.env == "prod" ? "a" : "b"', "‹?›"],
  ['var.env == "prod" ? "a" : "a"', "a"],
  ['var.env == "prod" ? ["a"] : []', "‹?›"],
  ['coalesce(var.env, "dev")', "‹var.env›"],
  ['try(var.env, "dev")', "‹var.env›"],
  // Lists and maps of which something is known.
  ['concat(["a"], var.stages)', ["a", "‹more›"]],
  ['flatten([["a"], var.stages])', ["a", "‹more›"]],
  ["merge({ a = 1 }, var.env)", { a: "‹?›", "‹more›": true }],
  ["merge(var.env, { a = 1 })", { a: 1, "‹more›": true }],
  ['lookup(merge(var.env, { a = 1 }), "b", 2)', "‹?›"],
  ["length(concat([1], var.stages))", "‹?›"],
  ["[for s in var.stages : s.name]", "‹?›"],
  ["{ (var.env) = 1, b = 2 }", { b: 2, "‹more›": true }],
  ['toset(["b", var.env])', ["b", "‹var.env›"]],
  ['jsonencode({ b = [var.env], a = "${var.env}/*" })', '{"a":"‹var.env›/*","b":["‹var.env›"]}'],
  // What leads nowhere.
  ["local.circle", "‹?›"],
  ['file("${path.module}/missing.yml")', "‹?›"],
  ["jsondecode(var.env).a", "‹?›"],
  ["module.elsewhere.name", "‹?›"],
  ["provider::aws::arn_parse(var.env).region", "‹?›"],
];

describe("values that only a deployment knows", () => {
  for (const [expression, value] of cases) {
    test(expression, () => assert.deepEqual(shown(evaluated(expression, declarations)), value));
  }
});

test("an open name is the folder's own, so that two configurations never mean one thing by it", () => {
  const node = evaluated("var.repository", declarations);
  assert.deepEqual(node.kind === "scalar" && node.key, [{ kind: "expression", text: "#var.repository" }]);
});

describe("files that are made to keep the reader busy", () => {
  const cases: Readonly<Record<string, string>> = {
    "texts that double": Array.from({ length: 60 }, (_, i) => `a${i} = "\${local.a${i + 1}}\${local.a${i + 1}}"`).join(
      "\n  ",
    ),
    "lists that double": Array.from({ length: 60 }, (_, i) => `a${i} = [local.a${i + 1}, local.a${i + 1}]`).join(
      "\n  ",
    ),
    "loops in loops": "a0 = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]",
    "a chain without an end": Array.from({ length: 2000 }, (_, i) => `a${i} = local.a${i + 1}`).join("\n  "),
    "a product of products": "a0 = setproduct(range(1000), range(1000), range(1000))",
    "names of names": `a0 = ${"[".repeat(90)}1${"]".repeat(90)}`,
  };
  for (const [name, locals] of Object.entries(cases)) {
    test(name, () => assert.ok(shown(evaluated("[local.a0]", `locals {\n  ${locals}\n}`)) !== undefined));
  }
  test("a module that uses itself", () => {
    const module = moduleOf({ "main.tf": 'module "again" {\n  source = "./"\n}\nresource "thing" "one" {}\n' });
    assert.ok([...module.instances()].length < 20);
  });
});
