import assert from "node:assert/strict";
import { test } from "node:test";
import { loadYaml } from "../../src/model/load-yaml.ts";
import { plan } from "../../src/plan/make-plan.ts";
import type { PlanRequest } from "../../src/plan/plan.ts";

const text = `
name: shop
environments: { dev: { branch: main } }
pipelines:
  web:
    jobs:
      test: { per: release, steps: [npm test] }
      shift: { deploys: true, needs: smoke, steps: [./shift.sh] }
      deploy: { deploys: true, needs: test, steps: [./deploy.sh] }
      smoke: { verify: true, steps: [./smoke.sh] }
      soak: { verify: 10m, steps: [./soak.sh] }
`;

function planned(event: PlanRequest["change"]["event"]) {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok);
  return plan(loaded.value, {
    change: { event, commit: "c1", branch: "main", changedSince: {}, uncommitted: [] },
    environments: ["dev"],
    pipelines: [],
    parameters: {},
    force: "none",
    history: { deployed: {} },
  });
}

test("who verifies comes behind all that deploy, but what waits for that look", () => {
  const { jobs } = planned("push");
  const requires = Object.fromEntries(jobs.map(({ job, requires }) => [job, requires]));
  assert.deepEqual(requires.smoke, ["web.deploy@dev"]);
  assert.deepEqual(requires.shift, ["web.smoke@dev"]);
  assert.deepEqual(requires.soak?.toSorted(), ["web.deploy@dev", "web.shift@dev"]);
});

test("a pull request verifies nothing, since it deploys nothing", () => {
  const runs = planned("pull-request").jobs.filter(({ decision }) => decision === "run");
  assert.deepEqual(
    runs.map(({ id }) => id),
    ["web.test"],
  );
});
