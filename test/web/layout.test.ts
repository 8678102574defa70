/** Where jobs stand on the page of a run, for graphs by chance and for one that is known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Graph, GraphJob } from "../../src/web/data/wire.ts";
import { layoutGraph, nodeOf, size } from "../../src/web/pages/run/layout.ts";
import { tries } from "../lane/depth.ts";

function job(pipeline: string, name: string, more: Partial<GraphJob> = {}): GraphJob {
  const id = `${pipeline}.${name}${more.environment ? `@${more.environment}` : ""}`;
  const job: GraphJob = {
    id,
    pipeline,
    job: name,
    deploys: false,
    decision: "run",
    reason: "",
    after: [],
    steps: [],
    ...more,
  };
  return { ...job, id: more.matrix ? `${id}[leg=${more.matrix.leg}]` : id };
}

const graph = (jobs: GraphJob[], joins: Graph["joins"] = []): Graph => ({
  version: 1,
  run: "r0001",
  environments: ["dev", "prod"],
  jobs,
  joins,
  criticalPath: [],
});

test("legs are one node, an environment begins at the left, and an edge that a longer way says is not drawn", () => {
  const { lanes, nodes, edges } = layoutGraph(
    graph(
      [
        job("api", "test", { matrix: { leg: "1" } }),
        job("api", "test", { matrix: { leg: "2" } }),
        job("api", "package", { after: ["api.test:end"] }),
        job("infra", "apply", { environment: "dev" }),
        job("api", "deploy", { environment: "dev", after: ["api.package", "infra@dev:end"] }),
        job("web", "deploy", { environment: "dev", after: ["api@dev:end", "infra@dev:end"] }),
        job("api", "deploy", { environment: "prod", decision: "reuse" }),
      ],
      [
        { id: "api.test:end", after: ["api.test[leg=1]", "api.test[leg=2]"] },
        { id: "infra@dev:end", after: ["infra.apply@dev"] },
        { id: "api@dev:end", after: ["api.deploy@dev"] },
      ],
    ),
  );
  assert.deepEqual(
    lanes.map(({ environment, boxes, leftOut }) => [
      environment,
      boxes.map(({ pipeline }) => pipeline),
      leftOut.map(({ pipeline }) => pipeline),
    ]),
    [
      ["", ["api"], []],
      ["dev", ["infra", "api", "web"], []],
      ["prod", [], ["api"]],
    ],
  );
  assert.deepEqual(
    nodes.map(({ id, jobs, x }) => [id, jobs.length, (x - size.pad) / (size.node + size.columnGap)]),
    [
      ["api.test", 2, 0],
      ["api.package", 1, 1],
      ["infra.apply@dev", 1, 0],
      ["api.deploy@dev", 1, 1],
      ["web.deploy@dev", 1, 2],
    ],
  );
  assert.deepEqual(
    edges.map(({ from, to }) => [from.id, to.id]),
    [
      ["api.test", "api.package"],
      ["infra.apply@dev", "api.deploy@dev"],
      ["api.deploy@dev", "web.deploy@dev"],
    ],
  );
});

const anyGraph = fc
  .array(
    fc.record({
      pipeline: fc.integer({ min: 0, max: 4 }),
      environment: fc.constantFrom(undefined, "dev", "prod"),
      runs: fc.boolean(),
      after: fc.array(fc.nat({ max: 60 }), { maxLength: 3 }),
    }),
    { maxLength: 60 },
  )
  .map((all) => {
    const jobs: GraphJob[] = [];
    for (const [index, { pipeline, environment, runs, after }] of all.entries()) {
      const before = runs ? after.filter((at) => at < index && jobs[at]!.decision === "run") : [];
      jobs.push(
        job(`p${pipeline}`, `j${index}`, {
          ...(environment && { environment }),
          decision: runs ? "run" : "reuse",
          after: before.map((at) => jobs[at]!.id),
        }),
      );
    }
    return graph(jobs);
  });

test("no job stands on another, all that run are there, and what comes first stands further left", () => {
  fc.assert(
    fc.property(anyGraph, (any) => {
      const { nodes, edges, width, height } = layoutGraph(any);
      const placed = new Map(nodes.map((node) => [node.id, node]));
      const places = new Set(nodes.map(({ x, y }) => `${x} ${y}`));
      assert.equal(places.size, nodes.length);
      for (const one of nodes) {
        assert.ok(one.x >= 0 && one.x + size.node <= width && one.y >= 0 && one.y + size.nodeHeight <= height);
        const isNear = (other: (typeof nodes)[number]) =>
          other !== one && other.x === one.x && Math.abs(other.y - one.y) < size.nodeHeight;
        assert.ok(!nodes.some(isNear), `${one.id} is covered`);
      }
      for (const { id, decision, after, environment } of any.jobs) {
        if (decision !== "run") continue;
        const node = placed.get(nodeOf(id));
        assert.ok(node, `${id} is not drawn`);
        for (const before of after) {
          const other = any.jobs.find((one) => one.id === before)!;
          if (other.environment === environment) assert.ok(placed.get(nodeOf(before))!.x < node.x, `${before}, ${id}`);
        }
      }
      for (const { from, to } of edges) assert.ok(from.x < to.x);
    }),
    tries(300),
  );
});

test("2,000 jobs are laid out, with the edges that can still be told apart", () => {
  const jobs = Array.from({ length: 2000 }, (_, index) =>
    job(`p${index >> 2}`, `j${index & 3}`, {
      environment: "dev",
      after: index & 3 ? [`p${index >> 2}.j${(index & 3) - 1}@dev`] : [],
    }),
  );
  const { nodes, edges } = layoutGraph(graph(jobs));
  assert.deepEqual([nodes.length, edges.length], [2000, 1500]);
});
