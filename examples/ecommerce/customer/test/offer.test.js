import assert from "node:assert/strict";
import { test } from "node:test";
import { offerOf, thanksFor } from "../src/assets/offer.js";

const tea = { id: "tea", name: "Tea", priceCents: 490, stock: 12 };

test("an offer says what it costs and how many are left", () => {
  assert.deepEqual(offerOf(tea), { id: "tea", text: "Tea, €4.90", canOrder: true, note: "" });
  assert.equal(offerOf({ ...tea, stock: 1 }).note, "only 1 left");
  assert.deepEqual([offerOf({ ...tea, stock: 0 }).note, offerOf({ ...tea, stock: 0 }).canOrder], ["sold out", false]);
});

test("an order is confirmed with its number", () => {
  assert.equal(thanksFor({ id: "ABC", priceCents: 980 }), "Thank you! Order ABC, €9.80.");
});
