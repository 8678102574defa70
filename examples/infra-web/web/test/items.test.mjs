import assert from "node:assert/strict";
import { test } from "node:test";
import { plainItems } from "../function/items.mjs";
import { lineFor } from "../src/line.js";

test("items come sorted, one each unless a count says more", () => {
  const found = [{ name: { S: "tea" }, count: { N: "3" } }, { name: { S: "cup" } }];
  assert.deepEqual(plainItems(found), [
    { name: "cup", count: 1 },
    { name: "tea", count: 3 },
  ]);
});

test("a single item is shown by its name alone", () => {
  assert.equal(lineFor({ name: "cup", count: 1 }), "cup");
  assert.equal(lineFor({ name: "tea", count: 3 }), "tea (3)");
});
