import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Matrix } from "../../src/model/delivery.ts";
import { durationText, parseDuration } from "../../src/model/duration.ts";
import { matrixLegs } from "../../src/model/matrix-legs.ts";
import { editDistance, nearestName } from "../../src/model/nearest-name.ts";
import { findCycles } from "../../src/model/validate/find-cycles.ts";

test("durations read as people write them, and are written so that they read the same", () => {
  const read = ["10m", "90s", "1h30m", "500ms", "2d", "0.5h", 250, 0].map((text) => parseDuration(text));
  assert.deepEqual(read, [600_000, 90_000, 5_400_000, 500, 172_800_000, 1_800_000, 250, 0]);
  for (const wrong of ["", "10", "m", "10 m", "-1s", "1h30", Number.NaN]) assert.equal(parseDuration(wrong), undefined);
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 }), (durationMs) => {
      assert.equal(parseDuration(durationText(durationMs)), durationMs);
    }),
  );
});

test("names that are a slip away are found, others are not", () => {
  const known = ["infra", "web", "siteBucket", "apiUrl"];
  const near = ["infar", "wbe", "sitebucket", "siteBuckets", "apiURL", "database", "x"];
  assert.deepEqual(
    near.map((name) => nearestName(name, known)),
    ["infra", "web", "siteBucket", "siteBucket", "apiUrl", undefined, undefined],
  );
});

test("the distance of two names is the same both ways, zero only for equal ones, and never beaten by a detour", () => {
  const name = fc.stringMatching(/^[abc]{0,6}$/);
  fc.assert(
    fc.property(name, name, (a, b) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.equal(editDistance(a, b) === 0, a === b);
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
      assert.ok(editDistance(a, `${b}x`) <= editDistance(a, b) + 1);
    }),
  );
  assert.equal(editDistance("tset", "test"), 1);
});

const noMatrix: Matrix = { values: {}, include: [], exclude: [], failFast: true };

test("include and exclude do what GitHub documents", () => {
  const legs = matrixLegs({
    ...noMatrix,
    values: { fruit: ["apple", "pear"], animal: ["cat", "dog"] },
    include: [
      { color: "green" },
      { color: "pink", animal: "cat" },
      { fruit: "apple", shape: "circle" },
      { fruit: "banana" },
      { fruit: "banana", animal: "cat" },
    ],
  });
  assert.deepEqual(legs, [
    { fruit: "apple", animal: "cat", color: "pink", shape: "circle" },
    { fruit: "apple", animal: "dog", color: "green", shape: "circle" },
    { fruit: "pear", animal: "cat", color: "pink" },
    { fruit: "pear", animal: "dog", color: "green" },
    { fruit: "banana" },
    { fruit: "banana", animal: "cat" },
  ]);
  const excluded = { ...noMatrix, values: { a: ["1", "2"], b: ["x", "y"] }, exclude: [{ a: "1" }, { a: "2", b: "y" }] };
  assert.deepEqual(matrixLegs(excluded), [{ a: "2", b: "x" }]);
  assert.deepEqual(matrixLegs({ ...noMatrix, include: [{ a: "1" }, { a: "2" }] }), [{ a: "1" }, { a: "2" }]);
  assert.deepEqual(matrixLegs(undefined), [{}]);
});

test("exclude takes away what it describes in part, before include adds", () => {
  const legs = matrixLegs({
    ...noMatrix,
    values: { os: ["linux", "mac"], node: ["22", "24"] },
    exclude: [{ os: "mac" }],
    include: [{ os: "mac", node: "26" }],
  });
  assert.deepEqual(legs, [
    { os: "linux", node: "22" },
    { os: "linux", node: "24" },
    { os: "mac", node: "26" },
  ]);
});

/** Names of a random graph: who waits for whom. */
const graph = fc
  .array(fc.array(fc.nat({ max: 7 }), { maxLength: 3 }), { minLength: 8, maxLength: 8 })
  .map((rows) => new Map(rows.map((row, index) => [`n${index}`, row.map((target) => `n${target}`)])));

test("every cycle that is shown is one, they share nothing, and what they leave cannot wait for itself", () => {
  fc.assert(
    fc.property(graph, (waitsFor) => {
      const cycles = findCycles(waitsFor);
      for (const cycle of cycles) {
        cycle.forEach((name, index) => {
          assert.ok(waitsFor.get(name)!.includes(cycle[(index + 1) % cycle.length]!));
        });
        assert.equal(new Set(cycle).size, cycle.length);
      }
      const shown = cycles.flat();
      assert.equal(new Set(shown).size, shown.length);
      assert.equal(
        cycles.length > 0,
        [...waitsFor.keys()].some((name) => reaches(waitsFor, name, name)),
      );
      // One for each knot: without the knots of the cycles shown nothing waits for itself.
      const rest = [...waitsFor.keys()].filter((name) => !cycles.some(([start]) => sameKnot(waitsFor, start!, name)));
      for (const name of rest) assert.equal(reaches(waitsFor, name, name), false);
    }),
    { numRuns: 500 },
  );
});

function sameKnot(waitsFor: ReadonlyMap<string, readonly string[]>, a: string, b: string): boolean {
  return a === b || (reaches(waitsFor, a, b) && reaches(waitsFor, b, a));
}

function reaches(waitsFor: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const open = [...waitsFor.get(from)!];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...waitsFor.get(name)!);
  }
  return false;
}

test("a cycle starts where it was written first, whatever else changes", () => {
  const waitsFor = new Map([
    ["c", ["a"]],
    ["a", ["b"]],
    ["b", ["c"]],
    ["d", ["a", "d"]],
    ["e", ["missing"]],
  ]);
  assert.deepEqual(findCycles(waitsFor), [["c", "a", "b"], ["d"]]);
  const chain = new Map(Array.from({ length: 50_000 }, (_, index) => [`n${index}`, [`n${index + 1}`]]));
  assert.deepEqual(findCycles(chain), []);
});
