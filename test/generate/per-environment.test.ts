/** One set of workflows for each environment, carried out: real git, bash and jq. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { scriptsOf } from "../platforms/github/write/accept.ts";
import { definition, good, shopMachine } from "./machine/shop.ts";

const slow = fullDepth("gh", "jq", "zip", "unzip", "tar");

const built = definition.replace("        per: release\n", "");

test("per environment: test, then production with the commit that test has, and back again", slow, (t) => {
  const it = shopMachine(t, { layout: "per-environment" }, built);
  const first = it.push("main");
  good(first, it);
  const all = (environment: string, version: string, infra: string) => [
    `infra ${environment} eu small ${infra}`,
    `build ${version}`,
    `web ${environment} https://${environment}.example.org/ ${version} ${version} three`,
  ];
  assert.deepEqual(it.log(), [...all("test", "w1", "i1"), ...all("prod", "w1", "i1")]);
  it.commit({ "web/version": "w2\n" });
  good(it.push("main"), it);
  assert.deepEqual(it.log(), [...all("test", "w2", "i1").slice(1), ...all("prod", "w2", "i1").slice(1)]);
  const { id } = first[0]!;
  good([it.dispatch("shop.yml", "main", { environment: "prod", rollback_to: String(id) })], it);
  assert.deepEqual(it.log(), all("prod", "w1", "i1").slice(1));
  it.commit({ "README.md": "x" }, "develop");
  good(it.push("develop"), it);
  assert.equal(it.log().length, 3);
  const scripts = new Set(scriptsOf(it.repository).map(({ where }) => where));
  assert.deepEqual(
    [...scripts].filter((where) => !it.shop.executed.has(where)),
    [],
  );
});

test("per environment: production by hand waits until test has the commit", slow, (t) => {
  const it = shopMachine(t, { layout: "per-environment" }, built);
  assert.equal(it.dispatch("shop.yml", "main", { environment: "prod" }).conclusion, "failure");
  assert.match(it.shop.log.join("\n"), /prod comes after environments that this commit has not passed/);
  assert.deepEqual(it.log(), []);
});
