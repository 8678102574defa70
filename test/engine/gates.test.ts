import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const shop = delivery(
  [
    pipeline("web", {
      build: job({ per: "release" }),
      lint: job({ per: "release", continueOnFailure: true }),
      deploy: job({ deploys: true }),
      undo: job({ runsAfter: "failure" }),
      report: job({ runsAfter: "always" }),
    }),
  ],
  [environment("dev")],
);

const shopPlan = plan([
  planned("web.build"),
  planned("web.lint"),
  planned("web.deploy@dev", { after: ["web.build", "web.lint"], requires: ["web.build"] }),
  planned("web.undo@dev", { after: ["web.deploy@dev"], requires: [] }),
  planned("web.report@dev", { after: ["web.deploy@dev"], requires: [] }),
]);

async function run(ends: Record<string, "ok" | "failed">) {
  const world = new World();
  const engine = await world.open();
  const created = await engine.createRun({ delivery: shop, plan: shopPlan, parallel: 4 });
  const state = engine.state.runs.get(created.run)!;
  while (state.finished === undefined) {
    const next = state.list.find((each) => each.status === "running")!;
    await world.end(next.id, ends[next.id] ?? "ok");
  }
  const codes = Object.fromEntries(world.events("job.skipped").map((event) => [event.job, event.code]));
  return { started: world.started, codes, conclusion: state.finished.conclusion };
}

test("all well: what runs after a failure is not needed, what runs always runs", async () => {
  const { started, codes, conclusion } = await run({});
  assert.deepEqual(started, ["web.build", "web.lint", "web.deploy@dev", "web.report@dev"]);
  assert.deepEqual(codes, { "web.undo@dev": "not-needed" });
  assert.equal(conclusion, "succeeded");
});

test("the deployment fails: the clean-up and the report run", async () => {
  const { started, conclusion } = await run({ "web.deploy@dev": "failed" });
  assert.deepEqual(started.slice(3), ["web.undo@dev", "web.report@dev"]);
  assert.equal(conclusion, "failed");
});

test("what it needs was skipped because of a failure further up: the clean-up runs all the same", async () => {
  const { started, codes } = await run({ "web.build": "failed" });
  assert.deepEqual(started, ["web.build", "web.lint", "web.undo@dev", "web.report@dev"]);
  assert.deepEqual(codes, { "web.deploy@dev": "gate" });
});

test("a failure that may be is reported and gates nothing", async () => {
  const { started, conclusion } = await run({ "web.lint": "failed" });
  assert.ok(started.includes("web.deploy@dev"));
  assert.equal(conclusion, "succeeded");
});

test("but whoever cannot do without its success does not run", async () => {
  const world = new World();
  const engine = await world.open();
  const needsLint = plan([planned("web.lint"), planned("web.deploy@dev", { after: ["web.lint"] })]);
  const { run: id } = await engine.createRun({ delivery: shop, plan: needsLint, parallel: 1 });
  await world.end("web.lint", "failed");
  await engine.settled(id);
  assert.deepEqual(
    world.events("job.skipped").map((event) => event.because),
    ["web.lint"],
  );
});

test("a long chain of skips is no deep recursion", async () => {
  const world = new World();
  const engine = await world.open();
  const many = Array.from({ length: 20_000 }, (_, i) =>
    planned(`web.build[n=${i}]`, { after: i === 0 ? [] : [`web.build[n=${i - 1}]`] }),
  );
  const { run: id } = await engine.createRun({ delivery: shop, plan: plan(many), parallel: 1 });
  await world.end("web.build[n=0]", "failed");
  assert.equal((await engine.settled(id)).conclusion, "failed");
  const skipped = world.events("job.skipped");
  assert.equal(skipped.length, many.length - 1);
  assert.ok(skipped.every((event) => event.because === "web.build[n=0]"));
});

test("an empty plan is a run that has succeeded", async () => {
  const world = new World();
  const engine = await world.open();
  const { run: id } = await engine.createRun({ delivery: shop, plan: plan([]), parallel: 1 });
  assert.equal((await engine.settled(id)).conclusion, "succeeded");
});

test("a reason names what failed, at whatever distance", async () => {
  const world = new World();
  const engine = await world.open();
  const shop = delivery(
    [
      pipeline("web", {
        second: job({ per: "release" }),
        third: job({ per: "release" }),
        last: job({ per: "release" }),
      }),
    ],
    [],
  );
  const jobs = [
    planned("web.second"),
    planned("web.third", { after: ["web.second"] }),
    planned("web.last", { after: ["web.third"] }),
  ];
  const { run } = await engine.createRun({ delivery: shop, plan: plan(jobs), parallel: 1 });
  await world.end("web.second", "failed");
  await engine.settled(run);
  assert.deepEqual(
    world.events("job.skipped").map(({ job: id, because }) => [id, because]),
    [
      ["web.third", "web.second"],
      ["web.last", "web.second"],
    ],
  );
});
