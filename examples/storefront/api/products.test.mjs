import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { listProducts, placeOrder } from "./products.mjs";

function shop() {
  const database = new DatabaseSync(":memory:");
  database.exec(`
    CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, price_cents INTEGER);
    CREATE TABLE customer_order (id INTEGER PRIMARY KEY, product_id INTEGER, quantity INTEGER);
    INSERT INTO product VALUES (1, 'Baton', 1450)`);
  return database;
}

test("products come with their price in cents", () => {
  assert.deepEqual({ ...listProducts(shop())[0] }, { id: 1, name: "Baton", priceCents: 1450 });
});

test("an order is kept", () => {
  assert.deepEqual(placeOrder(shop(), { productId: 1, quantity: 2 }), { id: 1, productId: 1, quantity: 2 });
});

test("an order of nothing, or of what is not sold, is refused", () => {
  assert.throws(() => placeOrder(shop(), { productId: 1, quantity: 0 }), RangeError);
  assert.throws(() => placeOrder(shop(), { productId: 9, quantity: 1 }), RangeError);
});
