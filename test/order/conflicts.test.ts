import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Access, type Conflict, findConflicts } from "../../src/order/conflicts.ts";
import { buildGraph } from "../../src/order/graph.ts";
import { anyGraph, graphOf, naiveClosure } from "./random-graph.ts";

const withAccesses = anyGraph.chain((random) =>
  fc.tuple(
    fc.constant(random),
    fc.array(
      fc.record<Access>({
        node: fc.nat(random.size - 1),
        resource: fc.constantFrom("state", "bucket"),
        mode: fc.constantFrom("read", "write"),
        locks: fc.subarray(["deploy", "terraform"]),
      }),
      { maxLength: 20 },
    ),
  ),
);

test("all racing pairs and no other, against the definition", () => {
  fc.assert(
    fc.property(withAccesses, ([random, accesses]) => {
      const before = naiveClosure(random);
      const expected: Conflict[] = [];
      accesses.forEach((a, first) => {
        accesses.forEach((b, second) => {
          if (first >= second || a.node === b.node || a.resource !== b.resource) return;
          if (a.mode === "read" && b.mode === "read") return;
          if (a.locks.some((lock) => b.locks.includes(lock))) return;
          if (before[a.node]![b.node] || before[b.node]![a.node]) return;
          expected.push({ first, second });
        });
      });
      assert.deepEqual(findConflicts(graphOf(random), accesses), expected);
    }),
    { numRuns: 500 },
  );
});

test("a deploy that reads state while terraform still writes it is found, and an edge or a lock settles it", () => {
  const write = { node: 0, resource: "terraform-state", mode: "write", locks: [] } as const;
  const read = { node: 1, resource: "terraform-state", mode: "read", locks: [] } as const;
  assert.deepEqual(findConflicts(buildGraph(2, []), [write, read]), [{ first: 0, second: 1 }]);
  assert.deepEqual(findConflicts(buildGraph(2, [[0, 1]]), [write, read]), []);
  const locks = ["state"];
  assert.deepEqual(
    findConflicts(buildGraph(2, []), [
      { ...write, locks },
      { ...read, locks },
    ]),
    [],
  );
});
