import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { editDistance, nearestName } from "../../src/findings/nearest-name.ts";
import type { Matrix } from "../../src/model/delivery.ts";
import { durationText, parseDuration } from "../../src/model/duration.ts";
import { matrixLegs } from "../../src/model/matrix-legs.ts";
import { tries } from "../lane/depth.ts";

test("durations read as people write them, and are written so that they read the same", () => {
  const read = ["10m", "90s", "1h30m", "500ms", "2d", "0.5h", 250, 0].map((text) => parseDuration(text));
  assert.deepEqual(read, [600_000, 90_000, 5_400_000, 500, 172_800_000, 1_800_000, 250, 0]);
  for (const wrong of ["", "10", "m", "10 m", "-1s", "1h30", Number.NaN]) assert.equal(parseDuration(wrong), undefined);
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 }), (durationMs) => {
      assert.equal(parseDuration(durationText(durationMs)), durationMs);
    }),
    tries(100),
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
    tries(100),
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
