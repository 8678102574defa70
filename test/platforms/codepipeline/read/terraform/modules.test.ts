/** Modules: several files of a folder, instances, inputs and outputs, files beside them, values of variables. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readConfigurations } from "../../../../../src/platforms/codepipeline/read/terraform/read-configurations.ts";
import { child } from "../../../../../src/platforms/codepipeline/read/tree/node.ts";
import { moduleOf, shown, sourceOf } from "./module.ts";

/** Values of all things, by their address. */
function things(files: Readonly<Record<string, string>>): Record<string, unknown> {
  const made = [...moduleOf(files).instances()].filter(({ block }) => block.type === "thing");
  return Object.fromEntries(made.map(({ address, node }) => [address, shown(child(node, "value")!)]));
}

test("all files of a folder are one module, in either spelling", () => {
  assert.deepEqual(
    things({
      "a.tf": 'resource "thing" "a" {\n  value = "${local.name}-${local.other}"\n}\n',
      "b.tf.json": JSON.stringify({
        locals: { other: "${upper(local.name)}" },
        resource: { thing: { b: { value: ["${thing.a.value}", "$${x}"] } } },
      }),
      "c.tf": 'locals {\n  name = "shop"\n}\n',
    }),
    { "thing.a": "shop-SHOP", "thing.b": ["shop-SHOP", "${x}"] },
  );
});

test("a resource is known by its address where its name is put together of what is not known", () => {
  const files = {
    "main.tf": `
variable "prefix" {}
resource "aws_codebuild_project" "build" { name = upper(var.prefix) }
resource "aws_cloudwatch_event_rule" "push" { name = substr(var.prefix, 0, 3) }
resource "thing" "x" { value = [aws_codebuild_project.build.name, aws_codebuild_project.build.arn, aws_cloudwatch_event_rule.push.id] }
`,
  };
  const [project, rule] = ["‹aws_codebuild_project.build›", "‹aws_cloudwatch_event_rule.push›"];
  assert.deepEqual(things(files), { "thing.x": [project, project, rule] });
});

test("templates as modules wrote them before there was a function", () => {
  const files = {
    "main.tf": `
data "template_file" "spec" {
  template = "\${file("\${path.module}/spec.yml")}"
  vars {
    env = "dev"
  }
}
resource "thing" "x" { value = "\${data.template_file.spec.rendered}" }
`,
    "spec.yml": "stage: ${env}\n",
  };
  assert.deepEqual(things(files), { "thing.x": "stage: dev\n" });
});

test("override files change what the others say", () => {
  assert.deepEqual(
    things({
      "main.tf": 'variable "name" { default = "a" }\nresource "thing" "x" {\n  value = var.name\n  other = 1\n}\n',
      "override.tf": 'variable "name" { default = "b" }\nresource "thing" "x" {\n  other = 2\n}\n',
    }),
    { "thing.x": "b" },
  );
});

describe("instances", () => {
  const cases: Readonly<Record<string, readonly [meta: string, made: Record<string, unknown>]>> = {
    "of a map": [
      'for_each = { b = 1, a = 2 }\n  value = "${each.key}${each.value}"',
      { 'thing.x["a"]': "a2", 'thing.x["b"]': "b1" },
    ],
    "of a set": ['for_each = toset(["a"])\n  value = each.value', { 'thing.x["a"]': "a" }],
    "of a number": ["count = 2\n  value = count.index", { "thing.x[0]": 0, "thing.x[1]": 1 }],
    "none of them": ["count = false ? 1 : 0\n  value = 1", {}],
    "as many as a deployment says": ["for_each = var.some\n  value = each.key", { "thing.x": "‹?›" }],
  };
  for (const [name, [meta, made]] of Object.entries(cases)) {
    test(name, () =>
      assert.deepEqual(things({ "main.tf": `variable "some" {}\nresource "thing" "x" {\n  ${meta}\n}\n` }), made),
    );
  }
});

describe("dynamic blocks", () => {
  const body = (stages: string) => `variable "open" {}\nresource "thing" "x" {\n  value = 1\n${stages}\n}\n`;
  const names = (stages: string): unknown => {
    const [made] = [...moduleOf({ "main.tf": body(stages) }).instances()];
    return shown(child(made!.node, "stage")!);
  };

  test("stand where they are written, in the order of what they are made from", () => {
    assert.deepEqual(
      names(`
  stage { name = "first" }
  dynamic "stage" {
    for_each = { z = "Z", a = "A" }
    content { name = "\${stage.key}-\${stage.value}" }
  }
  stage { name = "middle" }
  dynamic "stage" {
    for_each = ["one", "two"]
    iterator = each_stage
    content {
      name = each_stage.value
      dynamic "action" {
        for_each = range(each_stage.key + 1)
        content { name = "\${each_stage.value}-\${action.value}" }
      }
    }
  }`),
      [
        { name: "first" },
        { name: "a-A" },
        { name: "z-Z" },
        { name: "middle" },
        { action: [{ name: "one-0" }], name: "one" },
        { action: [{ name: "two-0" }, { name: "two-1" }], name: "two" },
      ],
    );
  });

  test("are partial where what they are made from is", () => {
    assert.deepEqual(
      names(`
  stage { name = "first" }
  dynamic "stage" {
    for_each = concat(["known"], var.open)
    content { name = stage.value }
  }`),
      [{ name: "first" }, { name: "known" }, "‹more›"],
    );
  });
});

describe("modules of the repository", () => {
  const module = `
variable "name" { type = string }
variable "stages" {
  type    = list(object({ name = string, order = optional(number, 1) }))
  default = []
}
resource "thing" "made" { value = [for s in var.stages : "\${var.name}-\${s.name}-\${s.order}"] }
output "made" { value = thing.made.value }
output "name" { value = "\${var.name}!" }
`;

  test("are read with what they are given, and give it back", () => {
    assert.deepEqual(
      things({
        "main.tf": `
module "one" {
  source = "./modules/pipeline"
  name   = local.name
  stages = [{ name = "a" }, { name = "b", order = 2 }]
}
module "each" {
  source   = "./modules/pipeline/"
  for_each = toset(["x", "y"])
  name     = each.key
}
locals { name = "shop" }
resource "thing" "out" { value = [module.one.made, module.each["x"].name, module.one.missing] }
`,
        "modules/pipeline/main.tf": module,
      }),
      {
        "thing.out": [["shop-a-1", "shop-b-2"], "x!", "‹module.one.missing›"],
        "module.one.thing.made": ["shop-a-1", "shop-b-2"],
        'module.each["x"].thing.made': [],
        'module.each["y"].thing.made': [],
      },
    );
  });

  test("those from elsewhere stay open", () => {
    const files = {
      "main.tf":
        'module "far" {\n  source = "acme/pipeline/aws"\n}\nresource "thing" "x" {\n  value = module.far.arn\n}\n',
    };
    assert.deepEqual(things(files), { "thing.x": "‹module.far.arn›" });
  });
});

describe("files of the repository", () => {
  const text = 'stages:\n  - name: build\n  - name: "${env}"\n';

  test("are read from beside the module or from where Terraform is run", () => {
    const files = {
      "main.tf": 'module "m" {\n  source = "./m"\n}\n',
      "m/main.tf": `
resource "thing" "yaml" { value = [for s in yamldecode(file("\${path.module}/stages.yml")).stages : s.name] }
resource "thing" "json" { value = jsondecode(file("stages.json")).a }
resource "thing" "template" { value = templatefile("\${path.module}/stages.yml", { env = "dev" }) }
resource "thing" "outside" { value = file("../../etc/passwd") }
`,
      "m/stages.yml": text,
      "stages.json": '{"a": ["b"]}',
    };
    assert.deepEqual(things(files), {
      "module.m.thing.yaml": ["build", "${env}"],
      "module.m.thing.json": ["b"],
      "module.m.thing.template": text.replace("${env}", "dev"),
      "module.m.thing.outside": "‹?›",
    });
  });

  test("keep their own places", () => {
    const files = { "stages.yml": text };
    const [made] = [
      ...moduleOf({
        ...files,
        "other.tf": 'resource "thing" "y" {\n  value = yamldecode(file("stages.yml"))\n}\n',
      }).instances(),
    ];
    const name = child(child(made!.node, "value")!, "stages");
    assert.equal(name?.at.source.path, "stages.yml");
  });
});

describe("values of variables", () => {
  const main = `
variable "name" { default = "fallback" }
variable "none" { default = "" }
variable "list" { default = [] }
variable "required" {}
resource "aws_codepipeline" "p" {
  name  = var.name
  none  = var.none
  list  = var.list
  required = var.required
}
`;

  async function read(files: Readonly<Record<string, string>>): Promise<unknown> {
    const terraform = Object.entries(files).map(([path, text]) => sourceOf(path, text));
    const { configurations } = await readConfigurations({ terraform, read: () => undefined });
    const [pipeline] = configurations.flatMap((configuration) => configuration.ofType("aws_codepipeline"));
    return ["name", "none", "list", "required"].map((name) => shown(child(pipeline!.node, name)!));
  }

  const cases: Readonly<Record<string, readonly [files: Record<string, string>, values: readonly unknown[]]>> = {
    "an empty default waits for a value": [{}, ["fallback", "‹var.none›", "‹var.list›"]],
    "where Terraform is run an empty list is one": [
      { "provider.tf": 'provider "aws" {}\n' },
      ["fallback", "‹var.none›", []],
    ],
    "files count in their order": [
      {
        "terraform.tfvars": 'name = "first"\n',
        "b.auto.tfvars": 'name = "last"\n',
        "a.auto.tfvars.json": '{"name": "middle", "none": "x"}',
      },
      ["last", "x", []],
    ],
    "files that may be named leave it open": [
      { "env/prod.tfvars": 'name = "prod"\n' },
      ["‹var.name›", "‹var.none›", "‹var.list›"],
    ],
    "unless they agree": [
      { "prod.tfvars": 'name = "fallback"\nnone = "x"\n' },
      ["fallback", "‹var.none›", "‹var.list›"],
    ],
    "what all of them say is told where nothing else is": [
      { "env/prod.tfvars": 'required = "always"\n', "env/test.tfvars": 'required = "always"\n' },
      ["fallback", "‹var.none›", "‹var.list›", "always"],
    ],
    "an empty value that is given waits as well": [
      { "terraform.tfvars": 'name = ""\nlist = []\n' },
      ["‹var.name›", "‹var.none›", []],
    ],
    "values of another folder are its own": [
      { "other/terraform.tfvars": 'name = "other"\n' },
      ["fallback", "‹var.none›", "‹var.list›"],
    ],
  };
  for (const [name, [files, values]] of Object.entries(cases)) {
    test(name, async () => {
      assert.deepEqual(
        await read({ "main.tf": main, ...files }),
        values.length > 3 ? values : [...values, "‹var.required›"],
      );
    });
  }
});
