import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateCondition, evaluateTemplate } from "../../../../../src/platforms/github/read/conditions.ts";
import { environment, evaluate } from "../../../../../src/platforms/github/read/expressions/evaluate.ts";
import { parseExpression, pathOf } from "../../../../../src/platforms/github/read/expressions/parse.ts";
import {
  anyText,
  known,
  list,
  oneOf,
  record,
  text,
  truthOf,
  unknown,
  type Value,
} from "../../../../../src/platforms/github/read/expressions/value.ts";
import { readOne, stepsJob } from "../tree.ts";

const results = () => oneOf(["success", "failure", "cancelled", "skipped"]);
const need = (result: Value) => record({ result, outputs: unknown });

function value(expression: string, contexts: Record<string, Value>): Value {
  const parsed = parseExpression(expression);
  assert.ok(parsed.ok, expression);
  return evaluate(parsed.syntax, environment(contexts));
}

const truth = (expression: string, contexts: Record<string, Value>) => truthOf(value(expression, contexts));

test("one side decides where the other is unknown", () => {
  assert.equal(truth("vars.X == 'a' && false", {}), "no");
  assert.equal(truth("vars.X == 'a' || true", {}), "yes");
  assert.equal(truth("vars.X || true", {}), "yes");
  assert.equal(truth("vars.X == 'a' && true", {}), "unknown");
  assert.equal(truth("!(vars.X && false)", {}), "yes");
});

test("a choice by an unknown condition is one of both", () => {
  const both = value("vars.X && 'production' || 'staging'", {});
  assert.deepEqual(both.kind === "one-of" && both.values, ["production", "staging"]);
  assert.equal(truth("(vars.X && 'production' || 'staging') == 'dev'", {}), "no");
});

test("a variable is the same wherever it occurs", () => {
  const needs = record({ a: need(results()), b: need(results()) });
  const covered = "needs.a.result == 'success' || needs.a.result != 'success'";
  assert.equal(truth(covered, { needs }), "yes");
  assert.equal(truth("needs.a.result == 'success' && needs.a.result == 'skipped'", { needs }), "no");
  assert.equal(truth("needs.a.result == needs.b.result", { needs }), "unknown");
  assert.equal(truth("contains(needs.*.result, 'timed_out')", { needs }), "no");
  assert.equal(truth("contains(needs.*.result, 'failure')", { needs }), "unknown");
});

test("object filters over needs", () => {
  const failed = record({ a: need(known("success")), b: need(known("failure")) });
  assert.equal(truth("contains(needs.*.result, 'failure')", { needs: failed }), "yes");
  assert.deepEqual(value("join(needs.*.result)", { needs: failed }), known("success,failure"));
  assert.equal(truth("contains(join(needs.*.result, ','), 'failure')", { needs: failed }), "yes");
});

test("text that is known in part", () => {
  const github = record({ ref: text(["refs/tags/", null]), sha: anyText() });
  assert.equal(truth("startsWith(github.ref, 'refs/tags/')", { github }), "yes");
  assert.equal(truth("startsWith(github.ref, 'refs/tags/v1')", { github }), "unknown");
  assert.equal(truth("startsWith(github.ref, 'refs/heads/')", { github }), "no");
  assert.equal(truth("github.ref == 'refs/heads/main'", { github }), "no");
  assert.equal(truth("github.ref == 'REFS/TAGS/v1'", { github }), "unknown");
  assert.equal(truth("contains(github.ref, 'tags')", { github }), "yes");
  assert.deepEqual(value("format('app-{0}-x', github.sha)", { github }), text(["app-", null, "-x"]));
  assert.equal(truth("format('a-{0}', github.sha) == 'b-1'", { github }), "no");
  assert.equal(truth("github.ref == 5", { github }), "no");
});

test("an open object may have more than what is listed, a closed one has not", () => {
  const github = record({ event_name: known("push"), event: record({}, "open") });
  assert.deepEqual(value("github.nothing", { github }), known(null));
  assert.equal(value("github.event.number", { github }).kind, "unknown");
  assert.equal(truth("github.event_name == 'PUSH'", { github }), "yes");
});

test("null counts as a difference: a conclusion that is not there is not 'failure'", () => {
  const github = record({ event: known({}) });
  assert.equal(truth("github.event.workflow_run.conclusion != 'failure'", { github }), "yes");
  assert.equal(truth("github.event.workflow_run.conclusion == 'success'", { github }), "no");
});

test("what GitHub fails to evaluate is unknown", () => {
  assert.equal(value("fromJSON('no json')", {}).kind, "unknown");
  assert.equal(value("format('{1}', 'a')", {}).kind, "unknown");
  assert.equal(value("case('a', 1, 2)", {}).kind, "unknown");
});

test("quotes in text, numbers in text and negative zero", () => {
  assert.deepEqual(value("'it''s ''so'''", {}), known("it's 'so'"));
  assert.equal(truth("'0x10' == 16", {}), "yes");
  assert.equal(truth("'' == 0", {}), "yes");
  assert.equal(truth("'0'", {}), "yes");
  assert.equal(truth("null == ''", {}), "yes");
});

test("an if adds success() unless a status function occurs", () => {
  const workflow = readOne(`on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: 'true'
      - { run: 'true', if: github.ref == 'refs/heads/main' }
      - { run: 'true', if: always() }
      - { run: 'true', if: failure() && true }
      - { run: 'true', if: "\${{ github.ref == 'other' }} " }
      - { run: 'true', if: "\${{ false }} || x" }
      - { run: 'true', if: '!cancelled()' }
      - { run: 'true', if: '' }
`);
  const github = record({ ref: known("refs/heads/main"), event: unknown });
  const answers = (success: boolean) => {
    const status = { success: known(success), failure: known(!success), cancelled: known(false) };
    return stepsJob(workflow, "a").steps.map((step) => evaluateCondition(step.if, environment({ github }, status)));
  };
  // An expression with anything beside it, even a space, is text, and text is true.
  assert.deepEqual(answers(true), ["yes", "yes", "yes", "no", "yes", "yes", "yes", "yes"]);
  assert.deepEqual(answers(false), ["no", "no", "yes", "yes", "no", "no", "yes", "no"]);
});

test("templates are text, or keep the type of their only expression", () => {
  const workflow = readOne(`on: push
jobs:
  a:
    runs-on: ubuntu-latest
    env:
      ONE: deploy-\${{ inputs.env }}-\${{ github.ref_name }}
      TWO: \${{ inputs.flag }}
      SAME: \${{ inputs.env }}\${{ inputs.env }}
    steps: [{ run: 'true' }]
`);
  const inputs = record({ env: oneOf(["dev", "prod"]), flag: known(true) });
  const values = stepsJob(workflow, "a").env!.entries.map(({ value }) =>
    evaluateTemplate(value, environment({ inputs, github: record({ ref_name: known("main") }) })),
  );
  assert.deepEqual(values[0]?.kind === "one-of" && values[0].values, ["deploy-dev-main", "deploy-prod-main"]);
  assert.deepEqual(values[1], known(true));
  assert.deepEqual(values[2]?.kind === "one-of" && values[2].values, ["devdev", "prodprod"]);
});

test("paths of contexts are found however they are written", () => {
  const path = (expression: string) => {
    const parsed = parseExpression(expression);
    return parsed.ok ? pathOf(parsed.syntax)?.join("/") : undefined;
  };
  assert.equal(path("GitHub.event['workflow_run'].Head_SHA"), "github/event/workflow_run/head_sha");
  assert.equal(path("needs.*.result"), "needs/*/result");
  assert.equal(path("needs[github.ref].result"), undefined);
});

test("lists that are known in part", () => {
  const inputs = record({ envs: list([known("dev"), unknown]) });
  assert.equal(truth("contains(inputs.envs, 'dev')", { inputs }), "yes");
  assert.equal(truth("contains(inputs.envs, 'prod')", { inputs }), "unknown");
  assert.deepEqual(value("join(inputs.envs, '-')", { inputs }), text(["dev-", null]));
});
