import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { computed } from "../../../../src/platforms/github/write/computed.ts";
import type { Raw, WorkflowDocument } from "../../../../src/platforms/github/write/document.ts";
import { printWorkflow } from "../../../../src/platforms/github/write/print.ts";
import { tries } from "../../../lane/depth.ts";

const document = (env: Record<string, string>, run: string, matrix: Raw): WorkflowDocument => ({
  file: ".github/workflows/x.yml",
  header: ["What it is", ""],
  name: "x",
  on: { dispatch: { inputs: {} } },
  jobs: {
    a: {
      kind: "steps",
      permissions: {},
      runsOn: "x",
      timeoutMinutes: 1,
      strategy: { failFast: true, matrix },
      env,
      steps: [{ name: "one", run }],
    },
  },
});

/** Texts that YAML could take for something else, and texts of any kind. */
const texts = fc.oneof(
  fc.constantFrom(
    "on",
    "yes",
    "~",
    "3.10",
    "1e3",
    "0x1f",
    "2020-01-01",
    "12:30",
    "- a",
    "a: b",
    "a #b",
    " a",
    "a ",
    "@x",
    "`x",
    "%x",
  ),
  fc.constantFrom(
    computed("a || 'b: c'"),
    "*",
    "&a",
    "!x",
    "{}",
    "[a]",
    "a\nb",
    "\n",
    "a\n\n",
    "\ta",
    " a\nb",
    "a\n  \nb\n",
    "é\u2028",
    "",
  ),
  fc.string(),
  fc.string({ unit: "binary" }).filter((text) => !/[\ud800-\udfff]/.test(text)),
);

test("whatever stands in a value, YAML reads it back as it was", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[A-Z]{1,6}$/), texts, { minKeys: 1 }),
      texts,
      fc.array(texts, { minLength: 1 }),
      (env, run, legs) => {
        for (const version of ["1.2", "1.1"] as const) {
          const read = parse(printWorkflow(document({ ...env }, run, { leg: legs })), { version: version });
          const job = read.jobs.a;
          if (version === "1.1" && /[\u0085\u2028\u2029]/.test(JSON.stringify([env, run, legs]))) continue;
          assert.deepEqual({ ...job.env }, { ...env });
          assert.equal(job.steps[0].run, run);
          assert.deepEqual(job.strategy.matrix.leg, legs);
        }
      },
    ),
    tries(600),
  );
});

test("a workflow is printed as a person would write it", () => {
  const text = printWorkflow(
    document({ URL: computed("inputs.url"), VERSION: "3.10" }, "echo one\necho two\n", { leg: ["a"] }),
  );
  assert.equal(
    text,
    `# What it is
#
name: x

on:
  workflow_dispatch:

permissions: {}
defaults: { run: { shell: bash } }

jobs:
  a:
    permissions: {}
    runs-on: x
    timeout-minutes: 1
    strategy:
      fail-fast: true
      matrix:
        leg: [a]
    env: { URL: "\${{ inputs.url }}", VERSION: "3.10" }
    steps:
      - name: one
        run: |
          echo one
          echo two
`,
  );
});
