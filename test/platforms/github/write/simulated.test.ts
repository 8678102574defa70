/**
 * The generated files, carried out by the simulator: for every trigger, and for every single job that fails or is
 * cancelled, the jobs that run are exactly those the planner's order lets run, and in an order that it allows.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fullDepth } from "../../../lane/needs.ts";
import { example } from "./deliveries.ts";
import { provesPlan, questionsOf } from "./prove.ts";

const storefront = example("storefront");

test("storefront, orchestrated: every trigger, every single job failing or cancelled", () => {
  const { scenarios, deployments } = provesPlan(storefront, { layout: "orchestrated" });
  assert.ok(scenarios > 100 && deployments > 300, `${scenarios} scenarios, ${deployments} deployments`);
});

test(
  "lambda-terraform, one set of workflows per environment: production follows test, and nothing starts twice",
  fullDepth(),
  () => {
    const { scenarios, deployments } = provesPlan(example("lambda-terraform"), { layout: "per-environment" });
    assert.ok(scenarios > 100 && deployments > 50, `${scenarios} scenarios, ${deployments} deployments`);
  },
);

test("infra-web, chained: a commit of web alone is deployed as well, and web never without infra", () => {
  const { scenarios, deployments } = provesPlan(
    example("infra-web"),
    { layout: "chained" },
    { strict: "deployments", questions: questionsOf(example("infra-web"), { byHand: "from the branch" }) },
  );
  assert.ok(scenarios > 50 && deployments > 50, `${scenarios} scenarios, ${deployments} deployments`);
});

test("infra-web and lambda-terraform, orchestrated", fullDepth(), () => {
  for (const name of ["infra-web", "lambda-terraform"]) {
    const { scenarios } = provesPlan(example(name), { layout: "orchestrated" }, { strict: "deployments" });
    assert.ok(scenarios > 50, `${scenarios} scenarios`);
  }
});
