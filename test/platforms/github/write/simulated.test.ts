/**
 * The generated files, carried out by the simulator: for every trigger, and for every single job that fails or is
 * cancelled, the jobs that run are exactly those the planner's order lets run, and in an order that it allows.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { createSimulator } from "../../../../src/platforms/github/simulate/simulator.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { randomScheduler } from "../simulate/random-scheduler.ts";
import { readBack } from "./accept.ts";
import { example } from "./deliveries.ts";
import { fileOf, placesIn } from "./locate.ts";
import { planOf, provesPlan, questionsOf } from "./prove.ts";

const storefront = example("storefront");

test("storefront, orchestrated: every trigger, every single job failing or cancelled", fullDepth(), () => {
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

for (const [layout, calledWorkflows] of [
  ["orchestrated", 3],
  ["per-environment", 9],
] as const) {
  test(`storefront, ${layout}, in files that pipelines share: exactly what the planner lets run`, fullDepth(), () => {
    const options = { layout, calledWorkflows };
    const { scenarios, deployments } = provesPlan(storefront, options, { strict: "deployments" });
    assert.ok(scenarios > 100 && deployments > 300, `${scenarios} scenarios, ${deployments} deployments`);
  });
}

const twoTeams = `name: shop
environments: { test: { branch: main } }
pipelines:
  infra: { jobs: { apply: { deploys: true, steps: [./apply.sh] } } }
  web:
    jobs:
      build: { per: release, steps: [npm test], artifacts: { dist: dist } }
      deploy: { needs: build, deploys: true, uses: [dist], steps: [./deploy.sh] }
`;

for (const [gate, build, deployed] of [
  ["pipeline", "failure", ["test/infra/apply"]],
  ["release", "failure", []],
  ["release", "success", ["test/infra/apply", "test/web/deploy"]],
] as const) {
  test(`gate: ${gate}, where the tests of web end in ${build}, deploys ${deployed.join(" and ") || "nothing"}`, () => {
    const loaded = loadYaml(twoTeams, "baton.yaml");
    assert.ok(loaded.ok);
    const delivery = loaded.value;
    const options = { layout: "orchestrated", gate } as const;
    const made = planOf(delivery, { event: "push", branch: "main", changed: [], history: { deployed: {} } });
    const trace = createSimulator(readBack(writeWorkflows(delivery, options))).simulate(
      {
        events: [{ id: "e", kind: "push", ref: { kind: "branch", name: "main" }, paths: "every", commit: "c9" }],
        outcomes: [{ job: { run: { pipeline: fileOf("shop") }, path: ["web-release", "build"] }, outcome: build }],
        choices: [],
        outputs: placesIn("orchestrated", delivery).planned(made),
        defaultBranch: "main",
        unknownConditions: "fail",
      },
      randomScheduler(1),
    );
    const started = trace.entries.flatMap((entry) => (entry.kind === "job-started" ? [entry.path.join("/")] : []));
    assert.deepEqual(started.filter((path) => /apply|deploy$/.test(path)).sort(), deployed);
  });
}
