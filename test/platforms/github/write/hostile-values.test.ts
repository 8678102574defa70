/** Values that GitHub puts into a script arrive as they are, whatever they hold and however long they are. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { templateText } from "../../../../src/platforms/github/read/conditions.ts";
import { readRepository } from "../../../../src/platforms/github/read/repository.ts";
import type { Template } from "../../../../src/platforms/github/workflow.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { contextEnvironment } from "../../../generate/machine/run-steps.ts";
import { tries } from "../../../lane/depth.ts";

const definition = `name: shop
environments: { test: { branch: main } }
pipelines:
  infra:
    outputs: { text: string }
    jobs: { apply: { deploys: true, steps: [./apply.sh] } }
  web:
    needs: infra
    jobs:
      build: { per: release, steps: [./build.sh] }
      deploy: { needs: build, deploys: true, env: { TEXT: { output: infra.text } }, steps: [./deploy.sh] }
`;

type Json = Parameters<typeof contextEnvironment>[0][string];

/** What each file holds that `action` writes, in a real bash, when a job hands over `contexts`: as the two of them are generated. */
function handing(t: TestContext, action: string, contexts: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "baton-hostile-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const loaded = loadYaml(definition, "baton.yaml");
  assert.ok(loaded.ok);
  for (const { path, text } of writeWorkflows(loaded.value, { layout: "orchestrated" })) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { actions, workflows } = readRepository(folder, { defaultBranch: "main" });
  const steps = actions.find(({ path }) => path.endsWith(`/${action}`))!.steps;
  const { run } = steps.filter((step) => step.kind === "run").find((step) => step.run.raw.includes(`/${action}.sh`))!;
  // Of the jobs that use it one that hands over everything.
  const uses = workflows
    .flatMap(({ jobs }) => jobs.flatMap((job) => (job.kind === "steps" ? job.steps : [])))
    .flatMap((step) =>
      step.kind === "uses" && step.uses.kind === "local" && step.uses.path.endsWith(`/${action}`) && step.with
        ? [step.with]
        : [],
    )
    .map((given) => given.entries.filter(({ value }) => value.raw.includes("toJSON(")))
    .find((entries) => entries.length === contexts.length)!;
  // The program itself is not what is tested here.
  writeFileSync(join(folder, `${action}.sh`), "exit 0\n");
  const temp = join(folder, "temp");
  mkdirSync(temp);
  const filled = (template: Template, known: Readonly<Record<string, Json>>) => {
    const text = templateText(template, contextEnvironment(known));
    assert.ok(text.kind === "known");
    return String(text.value);
  };
  return (given: Readonly<Record<string, Json>>, file: string): unknown => {
    const inputs = Object.fromEntries(uses.map(({ key, value }) => [key.value, filled(value, given)]));
    const script = join(folder, "script.sh");
    writeFileSync(script, filled(run, { inputs }));
    execFileSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", script], {
      cwd: temp,
      env: { PATH: process.env.PATH, RUNNER_TEMP: temp, GITHUB_ACTION_PATH: folder },
    });
    return JSON.parse(readFileSync(join(temp, file), "utf8"));
  };
}

const hostile = fc.array(
  fc.oneof(
    fc.constantFrom("END_OF_JSON", "\n", "\r\n", "\r", "\u2028", "\u0085", "\0", "'", '"', "\\", "\\n", "{", "}"),
    fc.constantFrom(
      "${{ github.token }}",
      "${{",
      "}}",
      "$(touch hacked)",
      "`touch hacked`",
      "$HOME",
      "<< 'X'",
      "\t",
      " ",
    ),
    fc.string({ unit: "grapheme" }),
  ),
  { maxLength: 12 },
);

test("record: whatever outputs hold, they are written down as they are", (t) => {
  const hand = handing(t, "record", ["needs", "inputs"]);
  const check = (value: string, other: string) => {
    const needs = { infra: { result: "success", outputs: { text: value } } };
    const inputs = { web_release_result: other };
    assert.deepEqual(hand({ needs, inputs }, "needs.json"), needs);
    assert.deepEqual(hand({ needs, inputs }, "release-inputs.json"), inputs);
  };
  check("a\nEND_OF_JSON\ntouch hacked\n", "END_OF_JSON\n${{ github.token }}");
  check("x".repeat(200_000), "y".repeat(200_000));
  fc.assert(
    fc.property(hostile, hostile, (one, other) => check(one.join(""), other.join(""))),
    tries(100),
  );
});

test("begin: whatever a job is given, it is looked at as it is", (t) => {
  const hand = handing(t, "begin", ["inputs"]);
  const check = (value: string) => {
    const inputs = { infra_text: value };
    assert.deepEqual(hand({ inputs }, "given.json"), inputs);
  };
  check("x".repeat(200_000));
  fc.assert(
    fc.property(hostile, (value) => check(value.join(""))),
    tries(100),
  );
});
