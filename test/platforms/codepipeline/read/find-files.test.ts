import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findFiles } from "../../../../src/platforms/codepipeline/read/find-files.ts";
import { readPipelines } from "../../../../src/platforms/codepipeline/read/repository.ts";
import { folderWith } from "./folder.ts";

const template = "Resources: { P: { Type: AWS::CodePipeline::Pipeline, Properties: { Stages: [] } } }\n";

function found(path: string): string[] {
  return findFiles(path).pipelines.map((source) => source.path);
}

test("finds what speaks of pipelines, wherever it is", () => {
  using folder = folderWith({
    "delivery.yml": template,
    "a/b/c/app.template": template,
    "cdk.out/App.template.json": '{"Resources":{"P":{"Type":"AWS::CodePipeline::Pipeline"}}}',
    "other.yml": "Resources: {}\n",
    "notes.md": template,
  });
  assert.deepEqual(found(folder.path), ["a/b/c/app.template", "cdk.out/App.template.json", "delivery.yml"]);
});

test("passes over copies, other people's code and what tests hold", () => {
  const names = [
    "node_modules/x",
    ".git",
    ".terraform",
    "vendor",
    "test/fixtures",
    "cdk.out/asset.0123",
    ".aws-sam/build",
  ];
  using folder = folderWith(Object.fromEntries(names.map((name) => [`${name}/t.yml`, template])));
  assert.deepEqual(found(folder.path), []);
});

test("follows no link, out of the repository or in a circle", () => {
  using outside = folderWith({ "t.yml": template });
  using folder = folderWith({});
  symlinkSync(join(outside.path, "t.yml"), join(folder.path, "link.yml"));
  symlinkSync(outside.path, join(folder.path, "folder"));
  mkdirSync(join(folder.path, "a"));
  symlinkSync(folder.path, join(folder.path, "a", "circle"));
  assert.deepEqual(found(folder.path), []);
  assert.equal(findFiles(folder.path).read("link.yml"), undefined);
  assert.equal(findFiles(folder.path).read("../etc"), undefined);
});

test("leaves out what is too large or no text", () => {
  using folder = folderWith({
    "large.json": `{"AWS::CodePipeline::Pipeline": "${"x".repeat(5_000_000)}"}`,
    "bytes.yml": Buffer.concat([Buffer.from(template), Buffer.from([0xff, 0xfe])]),
  });
  assert.deepEqual(found(folder.path), []);
});

test("a file that cannot be read is told, unless it becomes a template only later", async () => {
  using folder = folderWith({
    "broken.yml": `${template}  - : [\n`,
    "later.yml": `{% if x %}\n${template}{% endif %}\n`,
  });
  const { problems, pipelines } = await readPipelines(folder.path);
  assert.deepEqual(
    [problems.map(({ rule, location }) => [rule, location.file]), pipelines],
    [[["unreadable-pipeline", "broken.yml"]], []],
  );
});

test("shapes that nobody wrote are no pipelines", async () => {
  const odd = [
    "[]",
    "null",
    "1",
    '{"pipeline": 1}',
    '{"stages": [{"actions": [{"actionTypeId": null}]}]}',
    '{"Resources": []}',
  ];
  for (const [i, text] of odd.entries()) {
    using folder = folderWith({
      [`odd-${i}.json`]: `${text.replace(/}$/, ', "x": "AWS::CodePipeline::Pipeline \\"actionTypeId\\""}')}`,
    });
    assert.ok((await readPipelines(folder.path)).pipelines.length <= 1);
  }
});
