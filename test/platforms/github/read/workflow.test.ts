import assert from "node:assert/strict";
import { test } from "node:test";
import { locationOf, type Place } from "../../../../src/findings/source.ts";
import { callJob, readOne, stepsJob } from "./tree.ts";

const written = ({ source, start, end }: Place) => source.text.slice(start, end);

test("every scalar keeps the place where it is written", () => {
  const workflow = readOne(`name: "Deploy web"
on:
  push:
    branches: [main, 'release/**']
    paths-ignore:
      - docs/**
jobs:
  ship:
    runs-on: [self-hosted, linux]
    environment:
      name: production
      url: \${{ steps.go.outputs.url }}
    concurrency:
      group: web-\${{ github.ref_name }}
      cancel-in-progress: \${{ github.ref != 'refs/heads/main' }}
      queue: max
    permissions: { contents: read, id-token: write }
    steps:
      - id: go
        uses: actions/checkout/sub@v4
        with:
          fetch-depth: 0
`);
  assert.equal(workflow.displayName, "Deploy web");
  assert.equal(written(workflow.name!.at), '"Deploy web"');
  const [push] = workflow.triggers;
  assert.equal(push?.event, "push");
  assert.ok(push?.event === "push");
  assert.deepEqual(
    push.branches?.patterns.map(({ value, at }) => [value, locationOf(at).line, locationOf(at).column]),
    [
      ["main", 4, 16],
      ["release/**", 4, 22],
    ],
  );
  assert.deepEqual(
    push.pathsIgnore?.patterns.map(({ value }) => value),
    ["docs/**"],
  );
  assert.equal(push.paths, undefined);
  assert.equal(push.tags, undefined);
  const job = stepsJob(workflow, "ship");
  assert.equal(job.environment?.name.raw, "production");
  assert.equal(job.concurrency?.queue?.raw, "max");
  assert.deepEqual(
    job.concurrency?.group.parts.map((part) => (part.kind === "text" ? part.text : written(part.expression.at))),
    ["web-", `\${{ github.ref_name }}`],
  );
  assert.equal(job.concurrency?.cancelInProgress?.kind, "expression");
  assert.equal(job.permissions?.scopes.get("id-token")?.value, "write");
  assert.deepEqual(
    job.runsOn?.labels.map(({ raw }) => raw),
    ["self-hosted", "linux"],
  );
  const [step] = job.steps;
  assert.ok(step?.kind === "uses" && step.uses.kind === "action");
  assert.equal(step.uses.name, "actions/checkout/sub");
  assert.equal(step.uses.ref, "v4");
  assert.equal(step.with?.entries[0]?.value.raw, "0");
});

test("expressions are found in quoted, block and folded text", () => {
  const workflow = readOne(`on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo \${{ github.sha }}
          echo "\${{ format('}}{0}', github.ref) }}"
      - run: 'it''s \${{ github.actor }}'
      - run: >-
          one \${{
            github.run_id }} two
`);
  const places = stepsJob(workflow, "a").steps.map((step) => {
    assert.ok(step.kind === "run");
    return step.run.parts.flatMap((part) => (part.kind === "expression" ? [written(part.expression.at)] : []));
  });
  assert.deepEqual(places, [
    [`\${{ github.sha }}`, `\${{ format('}}{0}', github.ref) }}`],
    [`\${{ github.actor }}`],
    [`\${{\n            github.run_id }}`],
  ]);
});

test("triggers are read with all that they hold", () => {
  const workflow = readOne(`on:
  workflow_run:
    workflows: [CI, Infra]
    types: completed
    branches: [main]
  workflow_call:
    inputs:
      env: { type: string, required: true, default: dev }
    secrets:
      token: { required: true }
    outputs:
      url: { value: "\${{ jobs.a.outputs.url }}" }
  workflow_dispatch:
    inputs:
      to: { type: choice, options: [dev, prod] }
      dry: { type: boolean }
  schedule:
    - cron: '0 3 * * *'
  release: { types: [published] }
  repository_dispatch:
  issues: { types: [opened] }
jobs:
  a:
    runs-on: ubuntu-latest
    outputs: { url: x }
    steps: [{ run: 'true' }]
`);
  const byEvent = Object.fromEntries(workflow.triggers.map((trigger) => [trigger.event, trigger]));
  const run = byEvent.workflow_run;
  assert.ok(run?.event === "workflow_run");
  assert.deepEqual(
    run.workflows?.patterns.map(({ value }) => value),
    ["CI", "Infra"],
  );
  assert.deepEqual(
    run.types?.patterns.map(({ value }) => value),
    ["completed"],
  );
  const call = byEvent.workflow_call;
  assert.ok(call?.event === "workflow_call");
  assert.equal(call.inputs[0]?.type, "string");
  assert.equal(call.inputs[0]?.required, true);
  assert.equal(call.secrets[0]?.name.value, "token");
  assert.equal(call.outputs[0]?.value.raw, `\${{ jobs.a.outputs.url }}`);
  const dispatch = byEvent.workflow_dispatch;
  assert.ok(dispatch?.event === "workflow_dispatch");
  assert.deepEqual(
    dispatch.inputs.map(({ name, type, options }) => [name.value, type, options.map(({ value }) => value)]),
    [
      ["to", "choice", ["dev", "prod"]],
      ["dry", "boolean", []],
    ],
  );
  const schedule = byEvent.schedule;
  assert.ok(schedule?.event === "schedule");
  assert.equal(schedule.crons[0]?.value, "0 3 * * *");
  const other = byEvent.other;
  assert.ok(other?.event === "other");
  assert.equal(other.name, "issues");
});

test("a condition knows its expression and whether success() is implied", () => {
  const workflow = readOne(`on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - { run: 'true', if: github.ref == 'refs/heads/main' }
      - { run: 'true', if: "\${{ always() && github.ref }}" }
      - { run: 'true', if: "\${{ github.ref == 'x' }} && false" }
      - { run: 'true', if: "contains('failure()', 'x')" }
`);
  const conditions = stepsJob(workflow, "a").steps.map((step) => step.if!);
  assert.deepEqual(
    conditions.map(({ hasStatusFunction, mixedWithText }) => [hasStatusFunction, mixedWithText]),
    [
      [false, false],
      [true, false],
      [false, true],
      [false, false],
    ],
  );
  assert.equal(conditions[2]?.expression.text, "format('{0} && false', github.ref == 'x')");
  assert.equal(written(conditions[1]!.expression.at), `\${{ always() && github.ref }}`);
});

test("jobs that call workflows, with secrets and inputs", () => {
  const workflow = readOne(`on: push
jobs:
  one:
    uses: acme/flows/.github/workflows/deploy.yml@v1
    with: { env: prod }
    secrets: inherit
  two:
    needs: one
    uses: acme/flows/.github/workflows/deploy.yml@v1
    secrets: { token: "\${{ secrets.TOKEN }}" }
`);
  const one = callJob(workflow, "one");
  assert.deepEqual(one.uses.kind === "remote" && [one.uses.owner, one.uses.repo, one.uses.path, one.uses.ref], [
    "acme",
    "flows",
    ".github/workflows/deploy.yml",
    "v1",
  ]);
  assert.equal(one.secrets.kind, "inherit");
  const two = callJob(workflow, "two");
  assert.ok(two.secrets.kind === "given");
  assert.equal(two.secrets.map.entries[0]?.key.value, "token");
  assert.deepEqual(
    two.needs.map(({ value }) => value),
    ["one"],
  );
});

test("anchors and aliases read as what they stand for", () => {
  const workflow = readOne(`on: push
jobs:
  a:
    runs-on: ubuntu-latest
    env: &env { STAGE: dev }
    steps: &steps
      - run: echo a
  b:
    runs-on: ubuntu-latest
    env: *env
    steps: *steps
`);
  const [a, b] = [stepsJob(workflow, "a"), stepsJob(workflow, "b")];
  assert.equal(b.env?.entries[0]?.value.raw, "dev");
  assert.deepEqual(b.steps, a.steps);
});
