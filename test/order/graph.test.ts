import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { buildGraph, type Graph, predecessors, successors, transposed } from "../../src/order/graph.ts";
import { buildKeyedGraph, graphByNames, keysOf } from "../../src/order/keyed-graph.ts";
import { tries } from "../lane/depth.ts";
import { anyGraph, edgesOf, graphOf } from "./random-graph.ts";

test("neighbours are ascending, without repetition, and the same from both ends", () => {
  fc.assert(
    fc.property(anyGraph, ({ size, edges }) => {
      const graph = graphOf({ size, edges });
      const expected = [...new Set(edges.map(([a, b]) => a * size + b))].sort((a, b) => a - b);
      assert.deepEqual(
        edgesOf(graph).map(([a, b]) => a * size + b),
        expected,
      );
      assert.equal(graph.edgeCount, expected.length);
      for (let node = 0; node < size; node++) {
        const before = expected.filter((edge) => edge % size === node).map((edge) => Math.floor(edge / size));
        assert.deepEqual([...predecessors(graph, node)], before);
      }
    }),
    tries(100),
  );
});

test("the order in which edges are given leaves no trace", () => {
  fc.assert(
    fc.property(
      anyGraph.chain((random) =>
        fc.tuple(fc.constant(random), fc.shuffledSubarray(random.edges, { minLength: random.edges.length })),
      ),
      ([random, shuffled]) => {
        assert.deepEqual(graphOf({ size: random.size, edges: shuffled }), graphOf(random));
      },
    ),
    tries(100),
  );
});

test("an edge to a node that does not exist is refused", () => {
  assert.throws(() => buildGraph(2, [[0, 2]]), /edge 0 -> 2 leaves the graph of 2 nodes/);
  assert.throws(() => buildGraph(2, [[-1, 0]]), RangeError);
  assert.throws(() => buildGraph(2, [[0.5, 0]]), RangeError);
});

test("keys stand for nodes, in the order given", () => {
  const keyed = buildKeyedGraph(["web", "infra"], [["infra", "web"]]);
  assert.deepEqual(keysOf(keyed, successors(keyed.graph, keyed.indexOf.get("infra")!)), ["web"]);
  assert.throws(() => buildKeyedGraph(["web", "web"], []), /web is given twice/);
  assert.throws(() => buildKeyedGraph(["web"], [["web", "api"]]), /api, which is no node/);
});

test("a graph of things that name what comes before them, and the same the other way round", () => {
  const things = [
    { name: "a", after: ["c", "c", "nowhere"] },
    { name: "b", after: ["a"] },
    { name: "c", after: [] },
  ];
  type Thing = (typeof things)[number];
  const order = { nameOf: ({ name }: Thing) => name, before: ({ after }: Thing) => after };
  const graph = graphByNames(things, { ...order, unknown: "passed over" });
  const edges = (of: Graph) => things.map((_, node) => [...successors(of, node)]);
  assert.deepEqual(edges(graph), [[1], [], [0]]);
  assert.deepEqual(edges(transposed(graph)), [[2], [0], []]);
  assert.throws(() => graphByNames(things, { ...order, unknown: "refused" }), /an edge names nowhere/);
  assert.throws(() => graphByNames([things[1]!, things[1]!], { ...order, unknown: "passed over" }), /b is given twice/);
});
