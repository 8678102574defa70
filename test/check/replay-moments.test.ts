/** A finding on the graph: its sides are nodes, and how it was carried out leads through them to the bad end. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { findingsIn } from "../../src/control/local/read-findings.ts";

const examples = join(import.meta.dirname, "err");

async function firstOf(rule: string, example = "example") {
  const view = await findingsIn(join(examples, rule, example));
  const finding = view.findings.find((one) => one.rule === rule)!;
  const nodes = new Set(view.graph.nodes.map(({ id }) => id));
  for (const node of [...finding.nodes, ...finding.replay.flatMap(({ node = finding.nodes[0]! }) => [node])]) {
    assert.ok(nodes.has(node), `${rule}: ${node} is not drawn`);
  }
  return finding;
}

const said = ({ words, isKey }: { words: string; isKey: boolean }) => (isKey ? `! ${words}` : words);

test("two workflows that race: the one is done before the other has begun", async () => {
  const { nodes, replay, kind } = await firstOf("infra-vs-app-unordered");
  assert.equal(kind, "race");
  assert.deepEqual(nodes, [".github/workflows/web.yml#deploy", ".github/workflows/infra.yml#apply"]);
  assert.deepEqual(replay.map(said), [
    "push of c1 to main",
    "! Infrastructure starts",
    "Web starts",
    "deploy of Web starts",
    "deploy of Web takes the files of c1",
    "! deploy of Web has ended: success",
    "Web has ended: success",
    "apply of Infrastructure starts",
    "apply of Infrastructure takes the files of c1",
    "! apply of Infrastructure has ended: success",
  ]);
});

test("two actions of one stage: each has its node, and the source is the pipeline itself", async () => {
  const { nodes, replay } = await firstOf("same-run-order-race");
  assert.deepEqual(nodes, ["delivery.yml#Web/2/0", "delivery.yml#Web/2/1"]);
  assert.equal(replay.find(({ words }) => words.startsWith("Source / Source"))!.node, "delivery.yml#Web");
  assert.deepEqual(replay.filter(({ isKey }) => isKey).map(said), [
    "! Deploy / Upload of web starts",
    "! Deploy / InvalidateCache of web has ended: success",
    "! Deploy / Upload of web has ended: success",
  ]);
});

test("what never comes is told to the end, and a fault of the file itself has no moments", async () => {
  const { replay } = await firstOf("artifact-never-uploaded");
  assert.match(replay.map(({ words }) => words).join("\n"), /looks for the artifact ".*": there is none/);
  const later = await firstOf("no-conclusion-guard");
  assert.ok(later.replay.some(({ does, words }) => does === "fails" && words.includes("failure")));
  const still = await firstOf("unknown-context-property");
  assert.equal(still.nodes.length, 1);
});
