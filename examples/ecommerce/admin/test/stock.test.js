import assert from "node:assert/strict";
import { test } from "node:test";
import { money, rowsOf, summaryOf } from "../src/assets/stock.js";

const products = [
  { name: "Tea", stock: 12, priceCents: 490 },
  { name: "Coffee", stock: 2, priceCents: 1250 },
  { name: "Cups", stock: 2, priceCents: 900 },
];

test("what runs out first is on top", () => {
  assert.deepEqual(
    rowsOf(products).map(({ name, isLow }) => [name, isLow]),
    [
      ["Coffee", true],
      ["Cups", true],
      ["Tea", false],
    ],
  );
});

test("one sentence says how things are", () => {
  assert.equal(summaryOf(products), "2 of 3 products are running out.");
  assert.equal(summaryOf(products.slice(0, 1)), "Enough of everything.");
  assert.equal(summaryOf([]), "There are no products yet.");
});

test("money has two decimals", () => assert.equal(money(123450), "€1,234.50"));
