import assert from "node:assert/strict";
import { test } from "node:test";
import { api } from "../function/api.js";

/** A shop that keeps everything in memory. */
function shop() {
  const tea = { id: "tea", name: "Tea", priceCents: 490, stock: 3 };
  const orders = [];
  return {
    orders,
    products: async () => [tea],
    product: async (id) => (id === "tea" ? tea : undefined),
    async place(order) {
      if (tea.stock < order.quantity) return false;
      tea.stock -= order.quantity;
      orders.push(order);
      return true;
    },
  };
}

const about = { environment: "test", version: "7" };
const call = async (kept, httpMethod, path, body) => {
  const { statusCode, body: text, headers } = await api(kept, about)({ httpMethod, path, body });
  assert.equal(headers["content-type"], "application/json");
  return [statusCode, JSON.parse(text)];
};
const order = (kept, product, quantity) => call(kept, "POST", "/orders", JSON.stringify({ product, quantity }));

test("it says that it is there, and which version answers", async () => {
  assert.deepEqual(await call(shop(), "GET", "/health"), [200, { ready: true, environment: "test", version: "7" }]);
});

test("an order takes goods from the stock and has a price and a number", async () => {
  const kept = shop();
  const [status, placed] = await order(kept, "tea", 2);
  assert.equal(status, 201);
  assert.match(placed.id, /^[0-9A-HJKMNP-TV-Z]{16}$/);
  assert.equal(placed.priceCents, 980);
  assert.deepEqual(kept.orders, [placed]);
  assert.deepEqual((await call(kept, "GET", "/products"))[1][0].stock, 1);
});

test("what cannot be had is refused, with a reason, and nothing is kept", async () => {
  const kept = shop();
  assert.equal((await order(kept, "tea", 4))[0], 409);
  assert.equal((await order(kept, "coffee", 1))[0], 404);
  assert.equal((await order(kept, "tea", 0))[0], 400);
  assert.equal((await order(kept, "tea", 1.5))[0], 400);
  assert.equal((await call(kept, "POST", "/orders", "{"))[0], 400);
  assert.equal((await call(kept, "POST", "/orders", "null"))[0], 400);
  assert.equal((await call(kept, "DELETE", "/orders"))[0], 404);
  assert.deepEqual(kept.orders, []);
});

test("what goes wrong inside is logged, not told", async (t) => {
  const lines = [];
  t.mock.method(console, "log", (line) => lines.push(JSON.parse(line)));
  const broken = { products: () => Promise.reject(new Error("table shop-products-test is gone")) };
  assert.deepEqual(await call(broken, "GET", "/products"), [500, { error: "something went wrong" }]);
  assert.equal(lines[0].message, "table shop-products-test is gone");
});
