import assert from "node:assert/strict";
import { test } from "node:test";
import { traceparentOf } from "../../src/engine/trace-context.ts";
import type { Value } from "../../src/model/delivery.ts";
import type { Deployed, PlannedPipeline } from "../../src/plan/plan.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const dist = { digest: "sha256:1", sizeBytes: 3 };
const env: Record<string, Value> = {
  URL: ["https://", { output: "infra.domain" }, "/", { variable: "stage" }, "?", { parameter: "color" }],
  TOKEN: ["Bearer ", { secret: "API_TOKEN" }],
  HERE: { context: "directory" },
  WHO: [{ context: "pipeline" }, ".", { context: "job" }, "@", { context: "environment" }, " ", { context: "release" }],
  LEG: { matrix: "node" },
  PLAIN: "as it is",
  BATON_RELEASE: "99",
};

const shop = delivery(
  [
    pipeline(
      "infra",
      { build: job({ per: "release", artifacts: { dist: { path: "out" } } }), apply: job({ deploys: true }) },
      { outputs: { domain: { type: "url", job: "apply" } } },
    ),
    pipeline(
      "web",
      {
        deploy: job({
          env,
          matrix: { values: { node: ["24"] }, include: [], exclude: [], failFast: true },
          workingDirectory: "site",
          uses: [{ artifact: "infra.dist", path: "in" }],
          steps: ["first", "never", "last"].map((name) => ({
            name,
            run: "true",
            shell: "sh" as const,
            env: { STEP: name },
            workingDirectory: ".",
            continueOnFailure: false,
            ...(name === "never" ? { condition: { not: { branch: ["ma*"] } } } : {}),
          })),
        }),
      },
      { needs: ["infra"], workingDirectory: "web", env: { PLAIN: "overridden", SHARED: "yes" } },
    ),
  ],
  [environment("dev", { variables: { stage: "development" } })],
  { variables: { stage: "none" }, parameters: { color: { type: "string", default: "blue", options: [] } } },
);

const infraJobs = [planned("infra.build"), planned("infra.apply@dev", { after: ["infra.build"] })];
const webJob = (after: string[]) => planned("web.deploy@dev[node=24]", { after });

test("values are filled in from the run's own release, environment and leg", async () => {
  const world = new World();
  const engine = await world.open();
  const jobs = plan([...infraJobs, webJob(["infra.apply@dev"])]);
  const { run } = await engine.createRun({ delivery: shop, plan: jobs, parallel: 1 });
  await world.end("infra.build", { kind: "succeeded", outputs: {}, artifacts: { dist } });
  await world.end("infra.apply@dev", { kind: "succeeded", outputs: { domain: "a.example" }, artifacts: {} });
  const launch = world.launches.at(-1)!;
  assert.deepEqual(launch.env, {
    SHARED: "yes",
    PLAIN: "as it is",
    URL: "https://a.example/development?blue",
    TOKEN: ["Bearer ", { secret: "API_TOKEN" }],
    HERE: [{ context: "directory" }],
    WHO: "web.deploy@dev 1",
    LEG: "24",
    BATON_DELIVERY: "shop",
    BATON_ENVIRONMENT: "dev",
    BATON_PIPELINE: "web",
    BATON_JOB: "deploy",
    BATON_RELEASE: "1",
    BATON_RUN: run,
    BATON_COMMIT: "c1",
    BATON_BRANCH: "main",
    TRACEPARENT: traceparentOf(
      { delivery: "shop", run, createdAt: engine.state.runs.get(run)!.createdAt, commit: "c1" },
      launch.token,
    ),
  });
  assert.equal(launch.workingDirectory, "web/site");
  assert.deepEqual(launch.inputs, [{ artifact: dist, name: "infra.dist", path: "in" }]);
  assert.deepEqual(
    launch.steps.map(({ number, name }) => [number, name]),
    [
      [0, "first"],
      [2, "last"],
    ],
  );
  assert.deepEqual(launch.steps[0]?.env, { STEP: "first" });
  assert.deepEqual(world.launches[1]?.outputs, { domain: "url" });
  assert.deepEqual(world.launches[0]?.artifacts, { dist: { path: "out" } });
});

test("what is reused comes by value from the plan, not from what is deployed now", async () => {
  const world = new World();
  const engine = await world.open();
  const reused: Deployed = { release: 7, commit: "c0", outputs: { domain: "old.example" }, artifacts: { dist } };
  const pipelines: PlannedPipeline[] = plan([webJob([]), planned("infra.apply@dev")]).pipelines.map((each) =>
    each.pipeline === "infra" ? { ...each, decision: "reuse", reused } : each,
  );
  await engine.createRun({ delivery: shop, plan: plan([webJob([])], { pipelines }), parallel: 1 });
  const launch = world.launches.at(-1)!;
  assert.equal(launch.env.URL, "https://old.example/development?blue");
  assert.deepEqual(launch.inputs[0]?.artifact, dist);
  await world.end("web.deploy@dev[node=24]");
  assert.deepEqual(Object.keys(engine.state.deployed.dev ?? {}), ["web"], "what was reused keeps its own record");
});

test("a job whose hand-over is missing fails by name and is never started", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: plan([webJob([])]), parallel: 1 });
  assert.equal((await engine.settled(run)).conclusion, "failed");
  assert.deepEqual(world.launches, []);
  const [failed] = world.events("job.failed");
  assert.match(failed!.failure.message, /release 1 has no artifact infra.dist, no output infra.domain/);
});

test("names of the language itself are no outputs", async () => {
  const world = new World();
  const engine = await world.open();
  const tricky = structuredClone(shop);
  tricky.pipelines[1]!.jobs.deploy!.env = { X: { output: "infra.constructor" }, Y: { variable: "toString" } };
  tricky.pipelines[1]!.jobs.deploy!.uses = [];
  await engine.createRun({ delivery: tricky, plan: plan([webJob([])]), parallel: 1 });
  assert.match(world.events("job.failed")[0]!.failure.message, /no output infra.constructor, no variable toString/);
});

test("outputs and artifacts of all jobs of a pipeline are recorded as deployed; checks of a pull request deploy nothing", async () => {
  for (const event of ["push", "pull-request"] as const) {
    const world = new World();
    const engine = await world.open();
    const change = { event, commit: "c1", branch: "main" };
    await engine.createRun({ delivery: shop, plan: plan(infraJobs, { change }), parallel: 1 });
    await world.end("infra.build", { kind: "succeeded", outputs: {}, artifacts: { dist } });
    await world.end("infra.apply@dev", { kind: "succeeded", outputs: { domain: "a.example" }, artifacts: {} });
    const record = { release: 1, commit: "c1", outputs: { domain: "a.example" }, artifacts: { dist } };
    assert.deepEqual(engine.state.deployed, event === "push" ? { dev: { infra: record } } : {});
  }
});

test("what a job left out by its condition handed over before stays handed over", async () => {
  const world = new World();
  const engine = await world.open();
  const before: Deployed = { release: 1, commit: "c1", outputs: { domain: "a.example" }, artifacts: { dist } };
  const part: PlannedPipeline = {
    pipeline: "infra",
    environment: "dev",
    commit: "c2",
    decision: "run",
    reason: { code: "paths-changed", text: "", because: [] },
    reused: before,
  };
  const jobs = { ...plan([planned("infra.build")]), environments: ["dev"], pipelines: [part] };
  await engine.createRun({ delivery: shop, plan: jobs, parallel: 1 });
  const newer = { digest: "sha256:2", sizeBytes: 3 };
  await world.end("infra.build", { kind: "succeeded", outputs: {}, artifacts: { dist: newer } });
  assert.deepEqual(engine.state.deployed.dev?.infra, {
    release: 1,
    commit: "c2",
    outputs: { domain: "a.example" },
    artifacts: { dist: newer },
  });
});

test("an environment in which only tolerated failures ran does not count as deployed", async () => {
  const world = new World();
  const engine = await world.open();
  const checks = delivery(
    [pipeline("web", { build: job({ per: "release" }), smoke: job({ continueOnFailure: true }) })],
    [environment("dev")],
  );
  const { run } = await engine.createRun({
    delivery: checks,
    plan: plan([planned("web.build"), planned("web.smoke@dev", { after: ["web.build"] })]),
    parallel: 1,
  });
  await world.end("web.build");
  await world.end("web.smoke@dev", "failed");
  const { conclusion, deployed } = await engine.settled(run);
  assert.deepEqual([conclusion, deployed], ["succeeded", {}]);
  assert.deepEqual(engine.state.deployed, {});
});
