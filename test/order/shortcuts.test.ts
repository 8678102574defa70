import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Drawing } from "../../src/order/draw/drawing.ts";
import { withoutShortcuts } from "../../src/order/draw/shortcuts.ts";
import { tries } from "../lane/depth.ts";

/** Every edge goes to a later node, so there is no circle. */
const drawing = fc
  .array(fc.tuple(fc.nat(7), fc.nat(7), fc.constantFrom("gate", "order", "hand-off")), { maxLength: 20 })
  .map((pairs): Drawing => {
    const edges = new Map<string, Drawing["edges"][number]>();
    for (const [a, b, kind] of pairs) {
      if (a !== b)
        edges.set(`${Math.min(a, b)} ${Math.max(a, b)}`, { from: `${Math.min(a, b)}`, to: `${Math.max(a, b)}`, kind });
    }
    const nodes = Array.from({ length: 8 }, (_, i) => ({ id: `${i}`, label: "", ...(i < 6 ? { group: "g" } : {}) }));
    return { nodes, edges: [...edges.values()] };
  });

function reached({ edges }: Drawing, from: string): Set<string> {
  const seen = new Set<string>();
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const edge of edges) {
      if (edge.from !== at || seen.has(edge.to)) continue;
      seen.add(edge.to);
      open.push(edge.to);
    }
  }
  return seen;
}

test("without shortcuts the order is the same, and only hand-offs are gone", () => {
  fc.assert(
    fc.property(drawing, (full) => {
      const less = withoutShortcuts(full);
      for (const { id } of full.nodes) assert.deepEqual([...reached(less, id)].sort(), [...reached(full, id)].sort());
      assert.ok(full.edges.every((edge) => less.edges.includes(edge) || edge.kind === "hand-off"));
    }),
    tries(100),
  );
});

test("a hand-off that skips what lies between is left out, one between groups stays", () => {
  const nodes = ["a", "b", "c"].map((id) => ({ id, label: id, group: "g" }));
  const edges = [
    { from: "a", to: "b", kind: "gate" },
    { from: "b", to: "c", kind: "gate" },
    { from: "a", to: "c", kind: "hand-off" },
  ] as const;
  assert.deepEqual(withoutShortcuts({ nodes, edges }).edges, edges.slice(0, 2));
  const [, ...others] = nodes;
  assert.deepEqual(withoutShortcuts({ nodes: [{ id: "a", label: "a", group: "h" }, ...others], edges }).edges, edges);
});
