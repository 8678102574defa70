import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findCycles, stronglyConnected } from "../../src/order/cycles.ts";
import { buildGraph } from "../../src/order/graph.ts";
import { tries } from "../lane/depth.ts";
import { anyGraph, graphOf, naiveClosure } from "./random-graph.ts";

test("components are the nodes that lead to each other, numbered against the edges", () => {
  fc.assert(
    fc.property(anyGraph, (random) => {
      const { of, count } = stronglyConnected(graphOf(random));
      const leads = naiveClosure(random);
      for (let a = 0; a < random.size; a++) {
        assert.ok(of[a]! >= 0 && of[a]! < count);
        for (let b = 0; b < random.size; b++) {
          assert.equal(of[a] === of[b], a === b || (leads[a]![b]! && leads[b]![a]!));
          if (leads[a]![b]) assert.ok(of[a]! >= of[b]!);
        }
      }
    }),
    tries(100),
  );
});

test("each knot gives one cycle: real, shortest, starting at its smallest node", () => {
  fc.assert(
    fc.property(anyGraph, (random) => {
      const cycles = findCycles(graphOf(random));
      const leads = naiveClosure(random);
      const has = new Set(random.edges.map(([a, b]) => `${a} ${b}`));
      const inCycle = [...Array(random.size).keys()].filter((node) => leads[node]![node]);
      const knots = new Set(
        inCycle.map(
          (node) => inCycle.find((other) => node === other || (leads[node]![other]! && leads[other]![node]!))!,
        ),
      );
      assert.equal(cycles.length, knots.size);
      for (const cycle of cycles) {
        cycle.forEach((node, i) => {
          assert.ok(has.has(`${node} ${cycle[(i + 1) % cycle.length]}`), `${cycle} is walked along edges`);
        });
        assert.equal(cycle[0], Math.min(...cycle));
        assert.equal(cycle.length, shortestThrough(random, leads, cycle[0]!));
      }
    }),
    tries(100),
  );
});

/** Length of the shortest closed walk in the knot of `member`, by powers of the adjacency matrix. */
function shortestThrough(
  { size, edges }: { size: number; edges: readonly (readonly [number, number])[] },
  leads: boolean[][],
  member: number,
): number {
  const knot = [...Array(size).keys()].filter(
    (node) => node === member || (leads[node]![member]! && leads[member]![node]!),
  );
  let reached = new Map(knot.map((node) => [node, new Set([node])]));
  for (let length = 1; ; length++) {
    reached = new Map(
      knot.map((start) => [start, new Set(edges.filter(([a]) => reached.get(start)!.has(a)).map(([, b]) => b))]),
    );
    if (knot.some((start) => reached.get(start)!.has(start))) return length;
  }
}

test("a chain of 100,000 nodes does not overflow the stack, closed it is one cycle", () => {
  const size = 100_000;
  const chain = Array.from({ length: size - 1 }, (_, i) => [i, i + 1] as const);
  assert.deepEqual(findCycles(buildGraph(size, chain)), []);
  const [cycle] = findCycles(buildGraph(size, [...chain, [size - 1, 0]]));
  assert.equal(cycle?.length, size);
  assert.equal(cycle?.[0], 0);
});
