/** What stands inside of a text has a place of its own: commands of a buildspec, statements of a policy. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { locationOf, type Place } from "../../../../../src/findings/source.ts";
import { codepipelineFacts } from "../../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import { readPipelines } from "../../../../../src/platforms/codepipeline/read/repository.ts";
import { folderWith } from "../folder.ts";

const pipeline = `
resource "aws_codepipeline" "shop" {
  name     = "shop"
  role_arn = aws_iam_role.shop.arn

  stage {
    name = "Deploy"

    action {
      name          = "Deploy"
      category      = "Build"
      owner         = "AWS"
      provider      = "CodeBuild"
      version       = "1"
      configuration = { ProjectName = aws_codebuild_project.deploy.name }
    }
  }
}
`;

function project(buildspec: string): string {
  return `${pipeline}
resource "aws_codebuild_project" "deploy" {
  name = "deploy"

  source {
    type      = "CODEPIPELINE"
    buildspec = ${buildspec}
  }
}
`;
}

/** File, line and what stands at the place of the one command that deploys. */
async function deployment(files: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  using folder = folderWith(files);
  const { pipelines } = codepipelineFacts(await readPipelines(folder.path));
  const [access] = pipelines[0]!.actions[0]!.accesses;
  assert.ok(access);
  return shown(access.at);
}

function shown({ source, start, end }: Place): readonly unknown[] {
  return [source.path, locationOf({ source, start, end }).line, source.text.slice(start, end)];
}

const spec = `version: 0.2
phases:
  build:
    commands:
      - npm ci
      - aws s3 sync dist s3://shop
`;
const command = "aws s3 sync dist s3://shop";
const indented = spec.replace(/^(?=.)/gm, "      ");

describe("commands of a buildspec", () => {
  const cases: Readonly<Record<string, readonly [files: Record<string, string>, place: readonly unknown[]]>> = {
    "in a heredoc": [{ "a.tf": project(`<<EOT\n${spec}EOT`) }, ["a.tf", 31, command]],
    "in one that is indented": [{ "a.tf": project(`<<-EOT\n${indented}    EOT`) }, ["a.tf", 31, command]],
    "with line ends of two characters": [
      { "a.tf": project(`<<-EOT\n${indented}    EOT`).replaceAll("\n", "\r\n") },
      ["a.tf", 31, command],
    ],
    "after something that only a deployment knows": [
      {
        "a.tf": `variable "x" {}\n${project(`<<-EOT\n${indented.replace("npm ci", 'echo "${var.x}${var.x}"')}    EOT`)}`,
      },
      ["a.tf", 32, command],
    ],
    "behind a name": [
      { "a.tf": project("local.spec"), "b.tf": `locals {\n  spec = <<-EOT\n${indented}    EOT\n}\n` },
      ["b.tf", 8, command],
    ],
    "in a document that is printed": [
      { "a.tf": project(`yamlencode({ phases = { build = {\n  commands = ["npm ci",\n    "${command}"] } } })`) },
      ["a.tf", 27, command],
    ],
    "in a file": [{ "a.tf": project('file("${path.module}/spec.yml")'), "spec.yml": spec }, ["spec.yml", 6, command]],
    "in a file that is a template": [
      {
        "a.tf": project('templatefile("${path.module}/spec.yml", { what = "dist" })'),
        "spec.yml": spec.replace("npm ci", "npm ci ${what}"),
      },
      ["spec.yml", 6, command],
    ],
    // The JSON spelling has escapes in it: the command is looked for in the text.
    "in JSON": [
      {
        "a.tf": pipeline,
        "b.tf.json": `{"resource": {"aws_codebuild_project": {"deploy": {"name": "deploy",\n"source": {"buildspec": ${JSON.stringify(spec)}}}}}}`,
      },
      ["b.tf.json", 2, command],
    ],
  };
  for (const [name, [files, place]] of Object.entries(cases)) {
    test(name, async () => assert.deepEqual(await deployment(files), place));
  }
});

test("statements of a policy", async () => {
  const policy = `
resource "aws_iam_role" "shop" {
  name = "shop"
}

resource "aws_iam_role_policy" "shop" {
  role   = aws_iam_role.shop.id
  policy = <<EOF
{
  "Statement": [
    { "Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": "*" },
    { "Effect": "Allow", "Action": ["s3:*"], "Resource": "\${aws_iam_role.shop.arn}" },
    { "Effect": "Allow", "Action": ["iam:PassRole"],
      "Resource": "*" }
  ]
}
EOF
}
`;
  using folder = folderWith({ "a.tf": pipeline, "roles.tf": policy });
  const [shop] = codepipelineFacts(await readPipelines(folder.path)).pipelines;
  assert.deepEqual(
    shop!.wideRights.map(({ actions, at }) => [actions, ...shown(at)]),
    [[["iam:PassRole"], "roles.tf", 14, '"*"']],
  );
});
