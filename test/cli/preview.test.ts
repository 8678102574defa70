import assert from "node:assert/strict";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { sandbox } from "./sandbox.ts";

const definition = `name: shop
environments:
  preview: { preview: true }
  dev: { branch: main }
pipelines:
  web:
    jobs:
      deploy: { deploys: true, steps: ["true"], remove: "true" }
`;

test(
  "a machine without pull requests leaves a preview out, and says so where it is asked for one",
  fullDepth(),
  async (t) => {
    const repo = sandbox(t, { files: { "baton.yaml": definition } });
    const plan = await repo.baton("plan");
    assert.equal(plan.code, 0, plan.stderr);
    assert.match(plan.stdout, /dev/);
    assert.doesNotMatch(plan.stdout, /preview/);
    const cost = await repo.baton("cost");
    assert.equal(cost.code, 2, cost.stdout);
    assert.match(cost.stderr, /preview is a preview for each pull request.*\n.*leave it out, or generate github/s);
    for (const asked of [
      ["run", "--env", "preview"],
      ["run", "--to", "preview"],
      ["plan", "--env", "preview-17"],
      ["freeze", "preview-17", "--until", "1h", "--reason", "x"],
    ]) {
      const run = await repo.baton(...asked);
      assert.equal(run.code, 2, run.stdout);
      assert.match(run.stderr, /preview(-17)? is a preview: each pull request has one of its own/);
      assert.match(run.stderr, /baton generate github/);
    }
    const stray = await repo.baton("plan", "--env", "previews-1");
    assert.match(stray.stderr, /the environments are dev\n/, "no other is offered than one that can be had");
    assert.match((await repo.baton("doctor")).stdout, /shop: 1 pipeline, dev, preview for each pull request\n/);
    assert.match((await repo.baton("graph")).stdout, /^preview, one for each pull request$/m);
  },
);
