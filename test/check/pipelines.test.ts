import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { isFull } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";
import { removeAtEnd } from "../lane/remove-at-end.ts";

const baton = join(import.meta.dirname, "../../bin/baton");
const fixtures = join(import.meta.dirname, "err");
const scratch = mkdtempSync(join(tmpdir(), "baton-check-pipelines-"));
removeAtEnd(scratch);

function run(...args: string[]): { code: number | null; out: string; err: string } {
  const env = { ...process.env, NO_COLOR: "1", CI: "1", FORCE_COLOR: undefined, GITHUB_STEP_SUMMARY: undefined };
  const done = spawnSync(baton, ["check", ...args], { cwd: scratch, encoding: "utf8", env });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

describe("baton check of CodePipelines", () => {
  test("workflows and pipelines are one: a race between them has both places", () => {
    const { code, out, err } = run(join(fixtures, "parallel-pipelines-one-push/workflow"));
    assert.equal(code, 1);
    assert.match(out, /^error parallel-pipelines-one-push: web reads the stack "shop-api"/);
    assert.match(out, /--> delivery\.yml:50:19\n/);
    assert.match(out, /--> \.github\/workflows\/infra\.yml:9:14\n/);
    assert.match(out, /┌ push to main -> infra\.yml starts; web starts\n/);
    assert.match(err, /1 error in 1 workflow and 1 pipeline by \d+ rules/);
  });

  test("one file with a pipeline is read as one, not as a workflow", fullDepth(), () => {
    const { code, out, err } = run(join(fixtures, "artifact-not-produced/later/pipeline.json"), "--json");
    assert.equal(code, 1, err);
    assert.deepEqual(
      JSON.parse(out).findings.map(({ rule, file }: { rule: string; file: string }) => [rule, file]),
      [["artifact-not-produced", "pipeline.json"]],
    );
  });

  test("a misspelt provider hides no other mistake", () => {
    const copy = join(scratch, "misspelt");
    cpSync(join(fixtures, "change-set-never-executed/example"), copy, { recursive: true });
    const file = join(copy, "delivery.yml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replaceAll(/(Provider: )CloudFormation/g, "$1Cloudformation"));
    assert.notEqual(readFileSync(file, "utf8"), text);
    const found: { rule: string; message: string }[] = JSON.parse(run(copy, "--json").out).findings;
    assert.deepEqual([...new Set(found.map(({ rule }) => rule))].sort(), [
      "change-set-never-executed",
      "unknown-provider-or-key",
    ]);
    assert.equal(found.filter(({ rule }) => rule === "unknown-provider-or-key").length, 1, "one mistake, told once");
  });

  test("a secret is shown by its name, never by its value", () => {
    for (const format of isFull ? ["text", "json", "sarif", "github"] : ["text"]) {
      const { out, err } = run(join(fixtures, "secret-in-definition/variables"), "--format", format);
      assert.match(out, /github_token/, format);
      assert.doesNotMatch(out + err, /a1B2c3D4/, format);
    }
  });

  test("a finding in a template is accepted with a reason", fullDepth(), () => {
    const copy = join(scratch, "accepted");
    cpSync(join(fixtures, "superseded-approval/example"), copy, { recursive: true });
    const file = join(copy, "delivery.yml");
    const accepted = "  # baton-ignore superseded-approval: newest wins\n  Network:\n";
    writeFileSync(file, readFileSync(file, "utf8").replace("  Network:\n", accepted));
    const { code, err } = run(copy);
    assert.equal(code, 0, err);
    assert.match(err, /1 suppressed/);
  });

  test("says what there could have been where there is neither", fullDepth(), () => {
    const empty = mkdtempSync(join(tmpdir(), "baton-check-empty-"));
    const nothing = run(empty);
    writeFileSync(join(empty, "cdk.json"), "{}");
    assert.match(run(empty).err, /`cdk synth` in the folder of cdk\.json, then baton check .*cdk\.out\n/);
    rmSync(join(empty, "cdk.json"));
    writeFileSync(join(empty, "app.ts"), "");
    assert.match(
      run(empty).err,
      /npx cdk synth --quiet --app 'node .*app\.ts' --output cdk\.out, then baton check cdk\.out\n/,
    );
    rmSync(empty, { recursive: true });
    assert.equal(nothing.code, 2);
    assert.match(nothing.err, /there are no workflows \(\.github\/workflows\/\*\.yml\) and no CodePipelines/);
  });
});

describe("pipelines in Terraform's own language", () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-check-terraform-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("are checked like any other, and secrets beside them are found", () => {
    writeFileSync(join(folder, "pipeline.tf"), 'resource "aws_codepipeline" "shop" {\n  name = "shop"\n}\n');
    const clean = run(folder);
    assert.equal(clean.code, 0);
    assert.match(clean.err, /nothing found in 1 pipeline /);
    writeFileSync(join(folder, "terraform.tfvars"), 'github_token = "a9f8e7d6c5b4a3f2a9f8"\n');
    const { code, out } = run(folder);
    assert.equal(code, 1);
    assert.match(out, /secret-in-definition: "github_token"/);
    assert.doesNotMatch(out, /a9f8e7d6/);
  });

  test("one file is read with its folder and the modules below, and what concerns it is shown", fullDepth(), () => {
    const fixture = join(fixtures, "same-run-order-race/terraform/infra");
    for (const [file, code] of [
      ["pipeline.tf", 1],
      ["builds.tf", 0],
    ] as const) {
      const done = run(join(fixture, file));
      assert.equal(done.code, code, done.err);
    }
  });

  test(
    "a mistake in a file is one problem, with its place and what to do; the other files are read",
    fullDepth(),
    () => {
      const copy = join(scratch, "broken");
      cpSync(join(fixtures, "artifact-not-produced/terraform"), copy, { recursive: true });
      writeFileSync(join(copy, "delivery/roles.tf"), 'resource "aws_iam_role" "delivery" {\n  name = "a\n}\n');
      const { code, out } = run(copy, "--json");
      assert.equal(code, 1);
      const { findings } = JSON.parse(out) as {
        findings: { rule: string; file: string; line: number; message: string; help: string }[];
      };
      assert.deepEqual(
        findings.map(({ rule, file, line }) => [rule, file, line]),
        [
          ["artifact-not-produced", "delivery/pipeline.tf", 8],
          ["unreadable-pipeline", "delivery/roles.tf", 2],
        ],
      );
      assert.match(findings[1]!.message, /the text in quotes has no end on its line$/);
      assert.match(findings[1]!.help, /terraform validate/);
    },
  );
});
