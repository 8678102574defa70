/** How a finding is carried out on the graph: what is shown of it, and how each node is at each step. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding, Findings } from "../../src/web/data/wire.ts";
import { factsAt, graphOf } from "../../src/web/pages/races/replay.ts";

const graph: Findings["graph"] = {
  nodes: [
    { id: "event push to main", label: "push to main", group: "events" },
    { id: "event schedule", label: "schedule", group: "events" },
    ...["infra", "web", "other"].flatMap((name) => [
      { id: `${name}.yml`, label: name, group: name },
      { id: `${name}.yml#deploy`, label: "deploy", group: name },
    ]),
  ],
  edges: [
    ...["infra", "web", "other"].map((name) => ({
      from: `${name}.yml`,
      to: `${name}.yml#deploy`,
      kind: "gate" as const,
    })),
    ...["infra", "web"].map((name) => ({ from: "event push to main", to: `${name}.yml`, kind: "order" as const })),
    { from: "event schedule", to: "other.yml", kind: "order" },
  ],
};

const finding = {
  nodes: ["web.yml#deploy", "infra.yml#deploy"],
  replay: [
    { words: "push of c1 to main", does: "happens", isKey: false },
    { words: "infra starts", does: "starts", node: "infra.yml", isKey: true },
    { words: "web starts", does: "starts", node: "web.yml", isKey: false },
    { words: "deploy of web starts", does: "starts", node: "web.yml#deploy", isKey: false },
    { words: "deploy of web has ended: success", does: "succeeds", node: "web.yml#deploy", isKey: true },
    { words: "deploy of infra has ended: failure", does: "fails", node: "infra.yml#deploy", isKey: true },
  ],
} as unknown as Finding;

test("a finding is shown on its own pipelines and what starts them, and without one there is everything", () => {
  const shown = graphOf(graph, finding);
  assert.deepEqual(
    shown.jobs.map(({ id, pipeline, job, after }) => [id, pipeline, job, after]),
    [
      ["event push to main", "events", "push to main", []],
      ["infra.yml", "infra", "starts", ["event push to main"]],
      ["infra.yml#deploy", "infra", "deploy", ["infra.yml"]],
      ["web.yml", "web", "starts", ["event push to main"]],
      ["web.yml#deploy", "web", "deploy", ["web.yml"]],
    ],
  );
  assert.equal(graphOf(graph, undefined).jobs.length, graph.nodes.length);
});

test("at each step every node is as the moments up to it have left it, and both sides are lit throughout", () => {
  const shown = graphOf(graph, finding);
  const words = (step: number) => [...factsAt(shown, finding, step).marks!.values()].map(({ word }) => word);
  assert.deepEqual(words(0), ["not yet", "not yet", "not yet", "not yet", "not yet"]);
  assert.deepEqual(words(1), ["happened", "running", "not yet", "not yet", "not yet"]);
  assert.deepEqual(words(3), ["happened", "running", "not yet", "running", "running"]);
  assert.deepEqual(words(5), ["happened", "running", "failed", "running", "passed"]);
  assert.deepEqual([...factsAt(shown, finding, 0).lit!], finding.nodes);
  assert.deepEqual(
    [...factsAt(shown, finding, 3).critical],
    ["infra.yml", "web.yml", "web.yml#deploy", "event push to main"],
  );
});
