import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { criticalPath } from "../../src/order/critical-path.ts";
import { buildGraph } from "../../src/order/graph.ts";
import { reachability } from "../../src/order/reach.ts";
import { layers, topologicalOrder } from "../../src/order/topological.ts";
import { tries } from "../lane/depth.ts";
import { acyclicGraph, anyGraph, graphOf, naiveClosure, type RandomGraph } from "./random-graph.ts";

test("the topological order is the smallest one that the edges allow", () => {
  fc.assert(
    fc.property(acyclicGraph, (random) => {
      const remaining = new Set(Array(random.size).keys());
      const expected: number[] = [];
      while (remaining.size > 0) {
        const free = [...remaining].filter((node) => !random.edges.some(([a, b]) => b === node && remaining.has(a)));
        const next = Math.min(...free);
        remaining.delete(next);
        expected.push(next);
      }
      assert.deepEqual([...topologicalOrder(graphOf(random))], expected);
    }),
    tries(100),
  );
  assert.throws(
    () =>
      topologicalOrder(
        buildGraph(2, [
          [0, 1],
          [1, 0],
        ]),
      ),
    /cycle/,
  );
});

test("reach agrees with the closure, looked up as well as searched, with and without cycles", () => {
  fc.assert(
    fc.property(anyGraph, (random) => {
      const graph = graphOf(random);
      const expected = naiveClosure(random);
      for (const reach of [reachability(graph), reachability(graph, { memoryBytes: 0 })]) {
        for (let a = 0; a < random.size; a++) {
          for (let b = 0; b < random.size; b++) assert.equal(reach.happensBefore(a, b), expected[a]![b], `${a} ${b}`);
        }
      }
    }),
    tries(300),
  );
});

/** All paths that end in `node` and start at a root. */
function pathsTo({ edges }: RandomGraph, node: number): number[][] {
  const before = [...new Set(edges.filter(([, b]) => b === node).map(([a]) => a))];
  if (before.length === 0) return [[node]];
  return before.flatMap((a) => pathsTo({ size: 0, edges }, a).map((path) => [...path, node]));
}

const smallAcyclicGraph = acyclicGraph.filter(({ size }) => size <= 9);

test("the critical path is the longest chain, the layer the number of edges before", () => {
  fc.assert(
    fc.property(smallAcyclicGraph, fc.array(fc.nat(9), { minLength: 9, maxLength: 9 }), (random, durations) => {
      const graph = graphOf(random);
      const { path, totalMs, earliestStartMs, slackMs } = criticalPath(graph, durations);
      const sum = (nodes: readonly number[]) => nodes.reduce((total, node) => total + durations[node]!, 0);
      const all = [...Array(random.size).keys()].map((node) => pathsTo(random, node));
      assert.equal(totalMs, Math.max(...all.flat().map(sum)));
      assert.equal(sum(path), totalMs);
      path.slice(1).forEach((node, i) => {
        assert.ok(random.edges.some(([a, b]) => a === path[i] && b === node));
      });
      // Of equally long ones: the one that ends, and before that comes from, the smallest nodes.
      const longest = all.map((paths) => Math.max(...paths.map(sum)));
      assert.equal(path.at(-1), longest.indexOf(totalMs));
      path.forEach((node, i) => {
        const before = random.edges.flatMap(([a, b]) => (b === node ? [a] : []));
        const start = longest[node]! - durations[node]!;
        const nearest = before.filter((one) => longest[one] === start);
        assert.equal(path[i - 1], before.length === 0 ? undefined : Math.min(...nearest));
      });
      all.forEach((paths, node) => {
        assert.equal(earliestStartMs[node], Math.max(...paths.map(sum)) - durations[node]!);
        assert.equal(layers(graph)[node], Math.max(...paths.map(({ length }) => length)) - 1);
        // Delayed by its slack the end stays, delayed by one more it does not.
        const delayed = durations.with(node, durations[node]! + slackMs[node]!);
        assert.equal(criticalPath(graph, delayed).totalMs, totalMs);
        assert.ok(criticalPath(graph, delayed.with(node, delayed[node]! + 1)).totalMs > totalMs);
      });
    }),
    tries(100),
  );
});
