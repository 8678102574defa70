import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delivery, EventName, Job } from "../../src/model/delivery.ts";
import { plan } from "../../src/plan/make-plan.ts";
import type { Made, MadeRelease, Plan } from "../../src/plan/plan.ts";
import {
  artifact,
  delivery,
  deployed,
  environment,
  job,
  jobOf,
  output,
  pipeline,
  pipelineDecisions,
  type RequestParts,
  releaseJob,
  request,
} from "./sample-delivery.ts";

const environments = [
  environment("dev"),
  environment("test", { after: ["dev"] }),
  environment("prod", { after: ["test"] }),
];

/** Built, tested on what was built, deployed. */
const web = pipeline("web", {
  jobs: {
    build: releaseJob({ artifacts: { dist: { path: "dist" } } }),
    test: releaseJob({ needs: ["build"], uses: [{ artifact: "web.dist", path: "dist" }] }),
    deploy: job({ needs: ["test"], deploys: true, uses: [{ artifact: "web.dist", path: "dist" }] }),
  },
});
const shop = delivery([web], environments);

function made(release: number, jobs: Record<string, Partial<Made>>, commit = "new"): MadeRelease {
  const whole = ([name, parts]: [string, Partial<Made>]) => [name, { release, outputs: {}, artifacts: {}, ...parts }];
  return { release, commit, jobs: Object.fromEntries(Object.entries(jobs).map(whole)) };
}

const dist = (digit: string) => ({ artifacts: { dist: artifact(digit) } });
const complete = (release: number, digit: string, commit = "new") =>
  made(release, { "web.build": dist(digit), "web.test": {} }, commit);

function ask(parts: RequestParts, asked: Delivery = shop): Plan {
  return plan(asked, request({ environments: ["prod"], change: { event: "manual" }, made: [], ...parts }));
}

const said = (found: Plan, id: string) => {
  const { decision, reason } = jobOf(found, id);
  return `${decision} ${reason.code}: ${reason.text}`;
};

test("what a release made of a commit is not made again, also when what came after it failed", () => {
  const found = ask({ made: [complete(12, "a")] });
  assert.equal(said(found, "web.build"), "reuse built-once: built once by release 12 for this commit");
  assert.equal(said(found, "web.test"), "reuse built-once: passed in release 12 for this commit");
  assert.equal(said(found, "web.deploy@prod"), "run never-deployed: never deployed to prod");
  assert.deepEqual(jobOf(found, "web.build").reused, { release: 12, commit: "new", outputs: {}, ...dist("a") });
  assert.deepEqual(jobOf(found, "web.deploy@prod").after, []);
});

test("another commit is made anew; the very same files under another commit are not", () => {
  const made = [complete(12, "a", "old")];
  assert.equal(jobOf(ask({ made }), "web.build").decision, "run");
  const changedSince = { old: ["README.md"] };
  assert.equal(jobOf(ask({ made, change: { event: "manual", changedSince } }), "web.build").decision, "run");
  const same = ask({ made, change: { event: "manual", changedSince: { old: [] } } });
  assert.equal(said(same, "web.build"), "reuse built-once: built once by release 12 for the same files (commit old)");
  const stamped = delivery(
    [{ ...web, jobs: { ...web.jobs, build: { ...web.jobs.build!, env: { COMMIT: { context: "commit" } } } } }],
    environments,
  );
  assert.equal(
    jobOf(ask({ made, change: { event: "manual", changedSince: { old: [] } } }, stamped), "web.build").decision,
    "run",
  );
});

test("uncommitted files in the working tree itself are no commit", () => {
  const change: RequestParts["change"] = { event: "manual", uncommitted: ["web/a"] };
  assert.equal(jobOf(ask({ made: [complete(12, "a")], change }), "web.build").decision, "run");
});

test("a release that is incomplete does not stand for one that is complete", () => {
  const half = made(13, { "web.build": dist("b") });
  const found = ask({ made: [half, complete(12, "a")] });
  assert.deepEqual(jobOf(found, "web.build").reused?.artifacts, dist("a").artifacts);
  assert.equal(jobOf(found, "web.test").reused?.release, 12);
});

test("with nothing complete, what is there is taken and the rest is done on top of it", () => {
  const found = ask({ made: [made(13, { "web.build": dist("b") })] });
  assert.equal(jobOf(found, "web.build").decision, "reuse");
  assert.equal(jobOf(found, "web.test").decision, "run");
  assert.deepEqual(jobOf(found, "web.deploy@prod").after, ["web.test"]);
  // A test of other bytes proves nothing about these.
  const other = ask({ made: [made(13, { "web.test": {} })] });
  assert.deepEqual([jobOf(other, "web.build").decision, jobOf(other, "web.test").decision], ["run", "run"]);
});

test("an artifact that is not in the record is no result", () => {
  const found = ask({ made: [made(12, { "web.build": {}, "web.test": {} })] });
  assert.equal(jobOf(found, "web.build").decision, "run");
});

test("what comes before has the first word: a newer build that never got there is left", () => {
  const history = { test: { web: deployed(12, { commit: "new", ...dist("a") }) } };
  const found = ask({ made: [complete(13, "b"), complete(12, "a")], deployed: history });
  assert.deepEqual(jobOf(found, "web.build").reused?.artifacts, dist("a").artifacts);
});

test("nearest first: prod gets what test has, though dev has a newer one", () => {
  const history = {
    dev: { web: deployed(14, { commit: "new", ...dist("b") }) },
    test: { web: deployed(12, { commit: "new", ...dist("a") }) },
  };
  const found = ask({ made: [complete(14, "b"), complete(12, "a")], deployed: history });
  assert.deepEqual(jobOf(found, "web.build").reused?.artifacts, dist("a").artifacts);
});

test("a commit that leaves the pipeline alone: prod gets the files that test has", () => {
  const change: RequestParts["change"] = { event: "manual", changedSince: { "commit-12": ["README.md"] } };
  const history = { test: { web: deployed(12, dist("a")) } };
  const found = ask({ change, deployed: history });
  assert.equal(
    said(found, "web.build"),
    "reuse built-once: built once by release 12 and test has it: nothing it owns changed since",
  );
  const touched: RequestParts["change"] = { event: "manual", changedSince: { "commit-12": ["web/index.html"] } };
  const both = ["test", "prod"];
  assert.equal(jobOf(ask({ change: touched, deployed: history, environments: both }), "web.build").decision, "run");
  const incomplete = { test: { web: deployed(12) } };
  assert.equal(jobOf(ask({ change, deployed: incomplete, environments: both }), "web.build").decision, "run");
});

test("forced and scheduled: made anew, and said to be other bytes", () => {
  const found = ask({ made: [complete(12, "a")], force: "all" });
  assert.equal(
    said(found, "web.build"),
    "run forced: asked to run whether it changed or not: other bytes than those of release 12",
  );
  assert.equal(said(found, "web.test"), "run forced: asked to run whether it changed or not");
  const nightly = delivery([{ ...web, triggers: { ...web.triggers, schedules: ["0 3 * * *"] } }], environments);
  assert.equal(
    jobOf(ask({ made: [complete(12, "a")], change: { event: "schedule" } }, nightly), "web.build").decision,
    "run",
  );
});

test("files that are not kept any more are made anew, and said to be", () => {
  const lost = [artifact("a").digest];
  const found = ask({ made: [complete(12, "a")], lost });
  assert.equal(
    said(found, "web.build"),
    "run not-kept: the files that release 12 made for this are not kept any more: made anew, other bytes",
  );
  const older = ask({ made: [complete(13, "a"), complete(12, "c")], lost });
  assert.deepEqual(jobOf(older, "web.build").reused?.artifacts, dist("c").artifacts);
});

test("what is made anew because its files are gone goes through what comes before as well", () => {
  const lost = [artifact("a").digest];
  const there = { web: deployed(13, { commit: "new", ...dist("a") }) };
  const took = made(13, { "web.build": { ...dist("a"), release: 12 }, "web.test": { release: 12 } });
  const asked = (parts: RequestParts) =>
    ask({ made: [took], deployed: { dev: there, test: there }, environments: ["dev", "test", "prod"], lost, ...parts });
  const found = asked({});
  // The release that made them, not the one that took them over.
  assert.equal(
    said(found, "web.build"),
    "run not-kept: the files that release 12 made for this are not kept any more: made anew, other bytes",
  );
  assert.equal(
    said(found, "web.deploy@dev"),
    "run not-kept: test gets files that are made anew: they go through dev first",
  );
  assert.equal(
    said(found, "web.deploy@test"),
    "run not-kept: prod gets files that are made anew: they go through test first",
  );
  assert.equal(said(found, "web.deploy@prod"), "run never-deployed: never deployed to prod");
  assert.deepEqual(pipelineDecisions(asked({ lost: [] })).slice(0, 2), [
    "web@dev reuse unchanged",
    "web@test reuse unchanged",
  ]);
  const all = asked({ deployed: { dev: there, test: there, prod: there } });
  assert.ok(
    all.jobs.every(({ decision }) => decision === "reuse"),
    "nothing is needed, so nothing is missed",
  );
  const beside = delivery([web], [environment("dev"), environment("test"), environment("prod", { after: ["test"] })]);
  const decided = pipelineDecisions(
    ask({ made: [took], deployed: { dev: there, test: there }, environments: ["dev", "test", "prod"], lost }, beside),
  );
  assert.deepEqual(decided, ["web@dev reuse unchanged", "web@test run not-kept", "web@prod run never-deployed"]);
});

test("another kept set goes through an environment that has an older one, before it goes past it", () => {
  const history = { test: { web: deployed(12, { commit: "new", ...dist("a") }) } };
  const sets = [complete(13, "b"), complete(12, "a")];
  const found = ask({ made: sets, deployed: history, environments: ["dev", "test", "prod"] });
  assert.equal(said(found, "web.build"), "reuse built-once: built once by release 13 for this commit");
  assert.equal(
    said(found, "web.deploy@test"),
    "run not-proven: prod gets files of release 13: they go through test first",
  );
});

test("an environment alone gets what the one before it has, forced or not, or nothing", () => {
  const history = { test: { web: deployed(12, { commit: "new", ...dist("a") }) } };
  const made = [complete(13, "b"), complete(12, "a")];
  const forced = ask({ made, deployed: history, force: "all" });
  assert.deepEqual(jobOf(forced, "web.build").reused?.artifacts, dist("a").artifacts);
  assert.equal(jobOf(forced, "web.deploy@prod").decision, "run");
  const lost = ask({ made: [], deployed: history, force: "all", lost: [artifact("a").digest] });
  assert.equal(
    said(lost, "web.deploy@prod"),
    "skip not-proven: prod would get files that are made anew, which test does not have",
  );
});

test("parameters and the branch count as far as the job reads them", () => {
  const build = releaseJob({
    artifacts: { dist: { path: "dist" } },
    env: { SIZE: [{ parameter: "size" }, "-", { context: "branch" }] },
  });
  const sized = delivery([{ ...web, jobs: { ...web.jobs, build } }], environments);
  const inputs = { "parameter size": "small", branch: "main" };
  const earlier = made(12, { "web.build": { ...dist("a"), inputs }, "web.test": {} });
  const asked = (parameters: Record<string, string>, branch = "main", sets = [earlier]) =>
    jobOf(ask({ made: sets, parameters, change: { event: "manual", branch } }, sized), "web.build");
  assert.equal(asked({ size: "small", other: "x" }).decision, "reuse");
  assert.deepEqual(asked({ size: "small" }).inputs, inputs);
  assert.equal(asked({ size: "large" }).decision, "run");
  assert.equal(asked({ size: "small" }, "develop").decision, "run");
  // What was not written down is not taken for the same.
  const silent = made(12, { "web.build": dist("a"), "web.test": {} });
  assert.equal(asked({ size: "small" }, "main", [silent]).decision, "run");
});

test("another parameter is a change for every pipeline that reads it, in every environment, and for no other", () => {
  const sized = (parts: Partial<Job>) => ({ env: { SIZE: { parameter: "size" } }, ...parts });
  const reading = (build: Partial<Job>, deploy: Partial<Job>) =>
    pipeline("web", {
      jobs: {
        build: releaseJob({ artifacts: { dist: { path: "dist" } }, ...build }),
        deploy: job({ needs: ["build"], ...deploy }),
      },
    });
  const isLarge = { parameter: "size", equals: "large" };
  const step = { ...job().steps[0]!, condition: { not: isLarge } };
  const ways = [
    reading(sized({}), {}),
    reading({}, sized({})),
    reading({}, { steps: [...job().steps, step] }),
    reading({}, { condition: { any: [isLarge, { environment: ["dev"] }] } }),
  ];
  const there = { web: deployed(12, { commit: "new", ...dist("a") }), other: deployed(12, { commit: "new" }) };
  for (const [index, way] of ways.entries()) {
    const both = delivery([way, pipeline("other")], environments);
    const asked = (parameters: Record<string, string>, then?: Record<string, string>, event: EventName = "manual") => {
      const set = { ...made(12, { "web.build": dist("a") }), delivery: both, ...(then && { parameters: then }) };
      const found = ask(
        {
          made: [set],
          deployed: { dev: there, test: there, prod: there },
          parameters,
          environments: ["dev", "test", "prod"],
          change: { event },
        },
        both,
      );
      return found.pipelines.map(({ decision, reason }) => `${decision} ${reason.code}: ${reason.text}`);
    };
    const now = asked({ size: "small", more: "2" }, { size: "large", more: "1" });
    const run = "run other-parameter: parameter size is small, release 12 had large";
    const reuse = "reuse unchanged: unchanged since release 12: outputs reused";
    assert.deepEqual(now, [run, reuse, run, reuse, run, reuse], `way ${index}`);
    for (const same of [
      asked({ size: "large" }, { size: "large" }),
      asked({ size: "large" }, {}),
      asked({ size: "large" }),
      asked({}, { size: "large" }),
    ])
      assert.ok(same.every((line) => line === reuse));
  }
});

test("across pipelines: taken over only together with what it was made from", () => {
  const lib = pipeline("lib", { outputs: { version: output("pack") }, jobs: { pack: releaseJob() } });
  const app = pipeline("app", {
    needs: ["lib"],
    jobs: {
      build: releaseJob({ env: { V: { output: "lib.version" } }, artifacts: { bin: { path: "bin" } } }),
      deploy: job({ needs: ["build"], deploys: true }),
    },
  });
  const both = delivery([lib, app], environments);
  const set = (release: number, version: string, digit: string) =>
    made(release, {
      "lib.pack": { outputs: { version } },
      "app.build": { artifacts: { bin: artifact(digit) } },
    });
  const found = ask({ made: [set(12, "1", "a")] }, both);
  assert.deepEqual([jobOf(found, "lib.pack").decision, jobOf(found, "app.build").decision], ["reuse", "reuse"]);
  // The newest has a lib of its own, which failed before the app was built.
  const half = made(13, { "lib.pack": { outputs: { version: "2" } } });
  const mixed = ask({ made: [half, set(12, "1", "a")] }, both);
  assert.equal(jobOf(mixed, "lib.pack").reused?.outputs.version, "2");
  assert.equal(jobOf(mixed, "app.build").decision, "run", "it was built with another lib");
  const forced = ask({ made: [set(12, "1", "a")], pipelines: ["lib", "app"], force: "named-pipelines" }, both);
  assert.equal(jobOf(forced, "app.build").decision, "run");
});

test("a matrix, jobs that may fail and jobs that report do not stand in the way of a complete release", () => {
  const jobs = {
    ...web.jobs,
    lint: releaseJob({ continueOnFailure: true }),
    tell: releaseJob({ needs: ["build"], runsAfter: "failure" as const }),
  };
  const found = ask({ made: [complete(12, "a")] }, delivery([{ ...web, jobs }], environments));
  assert.equal(jobOf(found, "web.build").decision, "reuse");
  assert.equal(jobOf(found, "web.lint").decision, "run");
  assert.equal(jobOf(found, "web.tell").decision, "skip");
});

test("the reason of a job that is made once says for where", () => {
  const found = ask({ environments: ["dev", "test", "prod"] });
  assert.equal(said(found, "web.build"), "run never-deployed: once for dev, test, prod: never deployed to dev");
  assert.equal(said(ask({}), "web.build"), "run never-deployed: never deployed to prod");
});

test("a release that is moved is taken only when all of it is there, else what was deployed from its commit", () => {
  const change: RequestParts["change"] = { event: "promotion" };
  const release = { web: deployed(12, { commit: "new" }) };
  assert.equal(jobOf(ask({ change, release }), "web.build").decision, "run", "its files are missing");
  const whole = { web: deployed(12, { commit: "new", ...dist("a") }) };
  assert.equal(
    said(ask({ change, release: whole }), "web.build"),
    "reuse promoted: made in release 12: the same files go everywhere",
  );
  const history = { dev: { web: deployed(11, { commit: "new", ...dist("c") }) } };
  const found = ask({ change, release, deployed: history });
  assert.deepEqual(jobOf(found, "web.build").reused?.artifacts, dist("c").artifacts);
});

test("what is made once and has no job in an environment still comes there: who takes it there runs again", () => {
  const lib = pipeline("lib", { outputs: { version: output("pack") }, jobs: { pack: releaseJob() } });
  const app = pipeline("app", {
    needs: ["lib"],
    jobs: { deploy: job({ deploys: true, env: { V: { output: "lib.version" } } }) },
  });
  const both = delivery([lib, app], environments);
  const earlier = made(12, { "lib.pack": { outputs: { version: "2" } } });
  // prod has the app of before; dev and test have had the new lib already.
  const history = { prod: { app: deployed(9), lib: deployed(9, { outputs: { version: "1" } }) } };
  const change = { event: "manual" as const, changedSince: { "commit-9": ["lib/x"] } };
  const found = ask({ made: [earlier], deployed: history, change }, both);
  assert.equal(jobOf(found, "lib.pack").decision, "reuse");
  assert.equal(said(found, "app.deploy@prod"), "run upstream-runs: lib runs, which app needs");
  assert.equal(found.pipelines.find(({ pipeline: name }) => name === "lib")?.decision, "run");
});
