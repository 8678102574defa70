import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "../../src/findings/finding.ts";
import { createFingerprints } from "../../src/findings/fingerprint.ts";
import type { SourceFile } from "../../src/findings/source.ts";
import { ci, deploy, finding, source } from "./example.ts";

const prints = (file: SourceFile, ...findings: Finding[]) =>
  findings.map(createFingerprints(new Map([[file.path, file]])));

test("a finding is known again when lines above it come and go", () => {
  const moved = source(deploy.path, `# a new line\n\n${deploy.text}`);
  assert.deepEqual(prints(moved, finding(moved, "ship")), prints(deploy, finding(deploy, "ship")));
});

test("a finding is known again when its words become better", () => {
  assert.deepEqual(prints(deploy, finding(deploy, "ship", { message: "m" })), prints(deploy, finding(deploy, "ship")));
});

test("another rule, file, line or other file it speaks of is another finding; equal ones are counted", () => {
  const other = source("b.yml", deploy.text);
  const all = [
    ...prints(deploy, finding(deploy, "ship"), finding(deploy, "ship"), finding(deploy, "workflow_run")),
    ...prints(
      deploy,
      finding(deploy, "ship", { rule: "x" }),
      finding(deploy, "ship", { related: [{ location: finding(ci, "CI").location, message: "CI" }] }),
    ),
    ...prints(other, finding(other, "ship")),
  ];
  assert.equal(new Set(all).size, all.length);
});
