import assert from "node:assert/strict";
import { test } from "node:test";
import { plan } from "../../src/plan/make-plan.ts";
import type { Plan } from "../../src/plan/plan.ts";
import {
  artifact,
  delivery,
  deployed,
  environment,
  job,
  output,
  pipeline,
  releaseJob,
  request,
} from "./sample-delivery.ts";

/** `id: after …`, gates marked with `!`; joins follow the jobs. */
function edges({ jobs, joins }: Plan): string[] {
  return [...jobs, ...joins].map(({ id, after, requires }) =>
    [`${id}:`, ...after.map((before) => (requires.includes(before) ? `${before}!` : before))].join(" "),
  );
}

const infra = pipeline("infra", { outputs: { bucket: output("apply") }, jobs: { apply: job({ deploys: true }) } });
const web = pipeline("web", {
  needs: ["infra"],
  jobs: {
    test: releaseJob(),
    build: job({ needs: ["test"], env: { BUCKET: { output: "infra.bucket" } } }),
    deploy: job({ needs: ["build"], deploys: true }),
  },
});

test("a consumer's jobs wait for the producer in the same environment, its per-release jobs do not", () => {
  assert.deepEqual(edges(plan(delivery([web, infra]), request())), [
    "web.test:",
    "infra.apply@dev:",
    "web.build@dev: web.test! infra.apply@dev!",
    "web.deploy@dev: web.build@dev!",
  ]);
});

test("a per-release job waits for the job whose files it uses", () => {
  const api = pipeline("api", { jobs: { pkg: releaseJob({ artifacts: { zip: { path: "zip" } } }), deploy: job() } });
  const bundle = pipeline("bundle", {
    needs: ["api"],
    jobs: { lint: releaseJob(), pack: releaseJob({ uses: [{ artifact: "api.zip", path: "zip" }] }) },
  });
  assert.deepEqual(edges(plan(delivery([api, bundle]), request())), [
    "api.pkg:",
    "bundle.lint:",
    "bundle.pack: api.pkg!",
    "api.deploy@dev:",
  ]);
});

test("every job of an environment waits for the one before as a whole, past one that is not in the plan", () => {
  const environments = [
    environment("prod", { after: ["test"] }),
    environment("test", { after: ["dev"] }),
    environment("dev"),
  ];
  const made = plan(delivery([infra, pipeline("docs")], environments), request({ environments: ["prod", "dev"] }));
  assert.deepEqual(made.environments, ["dev", "prod"]);
  assert.deepEqual(edges(made), [
    "infra.apply@dev:",
    "docs.deploy@dev:",
    "infra.apply@prod: @dev:end!",
    "docs.deploy@prod: @dev:end!",
    "@dev:end: infra.apply@dev! docs.deploy@dev!",
  ]);
});

test("matrix legs meet in a join, so that two wide jobs cost no square of edges", () => {
  const matrix = { values: { node: ["22", "24"] }, include: [], exclude: [], failFast: true };
  const wide = pipeline("wide", {
    jobs: { test: releaseJob({ matrix }), pack: releaseJob({ matrix, needs: ["test"] }) },
  });
  assert.deepEqual(edges(plan(delivery([wide]), request())), [
    "wide.test[node=22]:",
    "wide.test[node=24]:",
    "wide.pack[node=22]: wide.test:end!",
    "wide.pack[node=24]: wide.test:end!",
    "wide.test:end: wide.test[node=22]! wide.test[node=24]!",
  ]);
});

test("a report that always runs waits without a gate for its own needs, but not past another pipeline's failure", () => {
  const reporting = pipeline("web", {
    needs: ["infra"],
    jobs: {
      build: job(),
      report: job({ needs: ["build"], runsAfter: "always" }),
      clean: job({ needs: ["build"], runsAfter: "failure" }),
    },
  });
  assert.deepEqual(edges(plan(delivery([infra, reporting]), request())), [
    "infra.apply@dev:",
    "web.build@dev: infra.apply@dev!",
    "web.report@dev: web.build@dev infra.apply@dev!",
    "web.clean@dev: web.build@dev infra.apply@dev!",
  ]);
});

test("past a report the gates before it still hold", () => {
  const reporting = pipeline("web", {
    jobs: { build: job(), report: job({ needs: ["build"], runsAfter: "always" }), publish: job({ needs: ["report"] }) },
  });
  assert.deepEqual(edges(plan(delivery([reporting]), request())), [
    "web.build@dev:",
    "web.report@dev: web.build@dev",
    "web.publish@dev: web.report@dev:end!",
    "web.report@dev:end: web.report@dev! web.build@dev!",
  ]);
});

test("a failure that counts for nothing orders and does not gate, but what gates it gates what comes after", () => {
  const lenient = pipeline("web", {
    needs: ["infra"],
    jobs: { lint: job({ continueOnFailure: true }), build: job({ needs: ["lint"] }) },
  });
  const admin = pipeline("admin", { needs: ["web"], jobs: { go: job() } });
  assert.deepEqual(edges(plan(delivery([infra, lenient, admin]), request())), [
    "infra.apply@dev:",
    "web.lint@dev: infra.apply@dev!",
    "web.build@dev: web.lint@dev:end! infra.apply@dev!",
    "admin.go@dev: web.build@dev!",
    "web.lint@dev:end: web.lint@dev infra.apply@dev!",
  ]);
});

test("the order and the gate go through jobs that do not run", () => {
  const gaps = pipeline("web", {
    jobs: {
      build: job(),
      scan: job({ needs: ["build"], condition: { environment: ["prod"] } }),
      report: job({ needs: ["scan"], runsAfter: "always" }),
      publish: job({ needs: ["scan"] }),
    },
  });
  const made = plan(delivery([gaps]), request());
  assert.deepEqual(edges(made), [
    "web.build@dev:",
    "web.scan@dev:",
    "web.report@dev: web.build@dev",
    "web.publish@dev:",
  ]);
  const publish = made.jobs.at(-1)!;
  assert.equal(publish.decision, "skip");
  assert.equal(publish.reason.code, "upstream-skipped");
});

test("the order goes through a pipeline that does not run", () => {
  const middle = pipeline("seed", { needs: ["infra"], jobs: { seed: job({ condition: { environment: ["prod"] } }) } });
  const last = pipeline("web", { needs: ["seed"], jobs: { go: job() } });
  assert.deepEqual(edges(plan(delivery([infra, middle, last]), request())), [
    "infra.apply@dev:",
    "seed.seed@dev:",
    "web.go@dev: infra.apply@dev!",
  ]);
});

test("the order goes through a pipeline that only has per-release jobs", () => {
  const shared = pipeline("shared", { needs: ["infra"], jobs: { pack: releaseJob() } });
  const last = pipeline("web", { needs: ["shared"], jobs: { go: job() } });
  assert.deepEqual(edges(plan(delivery([infra, shared, last]), request())), [
    "shared.pack:",
    "infra.apply@dev:",
    "web.go@dev: shared@dev:end!",
    "shared@dev:end: shared.pack! infra.apply@dev!",
  ]);
});

test("the order goes through an environment in which nothing runs", () => {
  const environments = [
    environment("dev"),
    environment("test", { after: ["dev"] }),
    environment("prod", { after: ["test"] }),
  ];
  const history = { test: { docs: deployed(41) } };
  const made = plan(
    delivery([pipeline("docs")], environments),
    request({
      environments: ["dev", "test", "prod"],
      deployed: history,
      change: { changedSince: { "commit-41": [] } },
    }),
  );
  assert.deepEqual(edges(made), ["docs.deploy@dev:", "docs.deploy@test:", "docs.deploy@prod: docs.deploy@dev!"]);
});

test("where a producer is reused nobody waits for files that it makes anew for another environment", () => {
  const api = pipeline("api", {
    jobs: { pack: releaseJob({ continueOnFailure: true, artifacts: { zip: { path: "zip" } } }) },
  });
  const app = pipeline("app", { needs: ["api"], jobs: { go: job({ uses: [{ artifact: "api.zip", path: "zip" }] }) } });
  const history = { dev: { api: deployed(41, { artifacts: { zip: artifact("a") } }) } };
  const made = plan(
    delivery([api, app], [environment("dev"), environment("test")]),
    request({ environments: ["dev", "test"], deployed: history, change: { changedSince: { "commit-41": [] } } }),
  );
  assert.deepEqual(edges(made), ["api.pack:", "app.go@dev:", "app.go@test: api.pack!"]);
  assert.equal(made.pipelines[0]?.reused?.artifacts.zip?.digest, artifact("a").digest);
});

test("the critical path follows expected durations through joins", () => {
  const expectedMs = { "infra.apply@dev": 5, "web.test": 7, "web.build@dev": 1, "web.deploy@dev": 1 };
  assert.deepEqual(plan(delivery([web, infra]), request({ expectedMs })).criticalPath, [
    "web.test",
    "web.build@dev",
    "web.deploy@dev",
  ]);
  assert.deepEqual(plan(delivery([web, infra]), request()).criticalPath, []);
  assert.deepEqual(plan(delivery([web, infra]), request({ expectedMs: {} })).criticalPath, []);
});

test("edges grow with the model, not with its square: wide pipelines, many needs, several environments", () => {
  const width = 40;
  const jobs = Object.fromEntries(
    Array.from({ length: width }, (_, i) => [`j${i}`, i % 2 === 0 ? job() : releaseJob()]),
  );
  const pipelines = Array.from({ length: 30 }, (_, i) =>
    pipeline(`p${i}`, { jobs, needs: Array.from({ length: i }, (_, k) => `p${k}`) }),
  );
  const environments = ["a", "b", "c"].map((name, i, all) => environment(name, { after: all.slice(0, i) }));
  const made = plan(delivery(pipelines, environments), request({ environments: ["a", "b", "c"] }));
  const count = [...made.jobs, ...made.joins].reduce((sum, { after }) => sum + after.length, 0);
  const needs = environments.length * pipelines.reduce((sum, { needs: own }) => sum + own.length, 0);
  assert.ok(
    count <= 2 * made.jobs.length + 2 * needs,
    `${count} edges for ${made.jobs.length} jobs and ${needs} needs`,
  );
});

test("a cycle or a name that does not exist is refused with the way out", () => {
  const around = [pipeline("a", { needs: ["b"] }), pipeline("b", { needs: ["a"] })];
  assert.throws(() => plan(delivery(around), request()), /cycle/);
  assert.throws(() => plan(delivery([infra]), request({ environments: ["prod"] })), /no environment named prod/);
  assert.throws(() => plan(delivery([infra]), request({ pipelines: ["wbe"] })), /no pipeline named wbe/);
});
