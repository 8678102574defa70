import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPrice } from "./src/price.js";

test("cents always have two digits", () => {
  assert.equal(formatPrice(1450), "14.50");
  assert.equal(formatPrice(5), "0.05");
  assert.equal(formatPrice(0), "0.00");
});
