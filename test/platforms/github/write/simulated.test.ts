/**
 * The generated files, carried out by the simulator: for every trigger, and for every single job that fails or is
 * cancelled, the jobs that run are exactly those the planner's order lets run, and in an order that it allows.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { example } from "./deliveries.ts";
import { provesPlan } from "./prove.ts";

const storefront = example("storefront");

test("storefront, orchestrated: every trigger, every single job failing or cancelled", () => {
  const { scenarios, deployments } = provesPlan(storefront, { layout: "orchestrated" });
  assert.ok(scenarios > 100 && deployments > 300, `${scenarios} scenarios, ${deployments} deployments`);
});
