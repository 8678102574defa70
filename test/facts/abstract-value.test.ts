import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AbstractValue,
  evaluate,
  free,
  known,
  MADE,
  made,
  OTHER_REPOSITORY,
  SOME,
  THIS_REPOSITORY,
  truthyChance,
} from "../../src/platforms/github/facts/abstract-value.ts";
import { parseExpression } from "../../src/platforms/github/read/expressions/parse.ts";

const values: Readonly<Record<string, AbstractValue>> = {
  "vars.flag": free,
  "needs.a.outputs.go": made,
  "github.event_name": known("push"),
  "github.repository": known(THIS_REPOSITORY),
  "github.event.workflow_run.head_repository.full_name": known(OTHER_REPOSITORY),
  "github.sha": known(SOME),
  "github.event.workflow_run.conclusion": known(null),
  "needs.*.result": known(["success", MADE, "failure"]),
};

function chance(text: string): number {
  const parsed = parseExpression(text);
  assert.ok(parsed.ok, text);
  return truthyChance(
    evaluate(parsed.syntax, {
      context: (path) => values[path.join(".")] ?? known(null),
      status: (name) => known(name === "success" || name === "always"),
    }),
  );
}

/** 0 impossible, 1 hangs on what other work makes, 2 possible by choice, 3 certain. */
const expected: readonly (readonly [string, number])[] = [
  ["vars.flag == 'yes'", 2],
  ["needs.a.outputs.go == 'yes'", 1],
  ["github.event_name == 'PUSH'", 3],
  ["github.event_name == 'pull_request' && vars.flag", 0],
  ["github.event_name == 'push' || needs.a.outputs.go", 3],
  ["vars.flag && needs.a.outputs.go", 1],
  ["vars.flag || needs.a.outputs.go", 2],
  ["!(vars.flag && github.event_name == 'push')", 2],
  ["github.event.workflow_run.conclusion != 'failure'", 3],
  ["github.event.workflow_run.head_repository.full_name == github.repository", 0],
  ["github.repository == github.repository", 3],
  ["github.repository == 'example/one'", 2],
  ["github.sha != ''", 3],
  ["contains(needs.*.result, 'failure')", 3],
  ["contains(needs.*.result, 'cancelled')", 1],
  ["!contains(needs.*.result, 'cancelled')", 1],
  ["hashFiles('dist/**') != ''", 1],
  ["always() && vars.flag == 'yes'", 2],
  ["failure()", 0],
  ["format('{0}-{1}', github.event_name, 'x') == 'push-x'", 3],
  ["startsWith(github.event_name, 'pu') && endsWith('release/1', '/1')", 3],
  ["fromJSON('{\"a\": true}').a", 3],
  ["github.event.nothing.there", 0],
];

for (const [text, wanted] of expected) {
  test(`${text} is ${["impossible", "somebody's decision", "possible", "certain"][wanted]}`, () => {
    assert.equal(chance(text), wanted);
  });
}
