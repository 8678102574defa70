import assert from "node:assert/strict";
import test from "node:test";
import { environmentKindIn } from "../../src/facts/environment-kind.ts";

test("what comes before production is not production, however it is written", () => {
  for (const name of [
    "nonprod",
    "non-prod",
    "preproduction",
    "deployPreProd",
    "deploy_non_prod",
    "app_pre-prod",
    "app_nonprod",
    "pre-prod1",
    "pre-prod_eu",
    "nonprod2",
  ])
    assert.equal(environmentKindIn(name), "staging", name);
});

test("production is told by a word of its own", () => {
  for (const name of ["prod", "eu_prod1", "deployProd", "shop-production"])
    assert.equal(environmentKindIn(name), "production", name);
  for (const name of ["product", "reproduce", "prod-and-staging", "premium-shop"])
    assert.equal(environmentKindIn(name), undefined, name);
});
