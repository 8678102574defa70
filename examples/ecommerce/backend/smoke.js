/** Asks the deployed API what a customer would ask, and changes nothing. Takes `API_URL` and `ENVIRONMENT`. */
import assert from "node:assert/strict";

const call = async (path, options) => {
  const response = await fetch(new URL(path, process.env.API_URL), options);
  return [response.status, await response.json()];
};

const [status, health] = await call("health");
assert.equal(status, 200, JSON.stringify(health));
assert.equal(health.ready, true);
assert.equal(health.environment, process.env.ENVIRONMENT, "the API is that of another environment");
const [listed, products] = await call("products");
assert.equal(listed, 200, JSON.stringify(products));
assert.ok(Array.isArray(products));
const nothing = { product: "no such product", quantity: 1 };
const [refused] = await call("orders", { method: "POST", body: JSON.stringify(nothing) });
assert.equal(refused, 404);
console.log(`version ${health.version} answers in ${health.environment}, with ${products.length} products`);
