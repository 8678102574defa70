import assert from "node:assert/strict";
import { test } from "node:test";
import { plan } from "../../src/plan/make-plan.ts";
import { refusedStrays, straysOf } from "../../src/release/guard.ts";
import { environmentsBefore, mayDeploy } from "../../src/release/may-go.ts";
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
} from "../plan/sample-delivery.ts";

const infra = pipeline("infra", { outputs: { bucket: output("apply") }, jobs: { apply: job({ deploys: true }) } });
const web = pipeline("web", {
  needs: ["infra"],
  outputs: { version: output("build") },
  jobs: {
    build: releaseJob({ artifacts: { dist: { path: "dist" } } }),
    deploy: job({ needs: ["build"], deploys: true, artifacts: { log: { path: "log" } } }),
  },
});
const approval = { reviewers: ["owners"], timeoutMs: 1000 };
const shop = delivery(
  [infra, web],
  [
    environment("dev"),
    environment("test", { after: ["dev"] }),
    environment("prod", { after: ["test"], approval }),
    environment("live", { branch: "live", approval }),
    { name: "demo", after: [], variables: {} },
  ],
);

const infra12 = deployed(12, { commit: "c", outputs: { bucket: "b" } });
const web12 = (digit: string, log = "f") =>
  deployed(12, { commit: "c", outputs: { version: "1" }, artifacts: { dist: artifact(digit), log: artifact(log) } });

test("alone to an environment: only when what comes before has nothing left to do", () => {
  assert.deepEqual(environmentsBefore(shop, "prod"), ["dev", "test"]);
  const here = { infra: infra12, web: web12("a") };
  const change = { event: "manual" as const, commit: "c" };
  const all = request({ change, deployed: { dev: here, test: here } });
  assert.equal(mayDeploy(shop, all, "prod"), undefined);
  const refused = mayDeploy(shop, request({ change, deployed: { dev: here } }), "prod");
  assert.ok(refused?.code === "not-passed");
  assert.deepEqual([refused.before, refused.open.environment], [["dev", "test"], "test"]);
  assert.equal(mayDeploy(shop, request({ change }), "dev"), undefined);
});

test("what a push would not have brought is said, and refused where somebody has to approve", () => {
  const strays = (branch: string | undefined, uncommitted: number, environments = ["dev", "test", "prod"]) => {
    const made = plan(shop, request({ environments, change: { event: "manual", branch: branch ?? "" } }));
    return straysOf(shop, { plan: made, origin: { branch, uncommitted } });
  };
  assert.deepEqual(strays("main", 0), []);
  const other = strays("feature/x", 0);
  assert.deepEqual(
    other.map((stray) => [stray.environment, stray.code, stray.isRefused]),
    [
      ["dev", "other-branch", false],
      ["test", "other-branch", false],
      ["prod", "other-branch", true],
    ],
  );
  assert.equal(other[0]!.text, "pushes to feature/x do not deploy to dev, whose branch is main");
  assert.equal(strays(undefined, 0, ["live"])[0]!.text, "live takes pushes to live, and no branch is checked out");
  const dirty = strays("live", 2, ["live"]);
  assert.deepEqual(
    dirty.map(({ text }) => text),
    ["live would get 2 files that are not committed"],
  );
  // No branch leads there: nothing to say.
  assert.deepEqual(strays("feature/x", 1, ["demo"]), []);
  const both = strays("feature/x", 1, ["live"]);
  assert.deepEqual(
    both.map(({ code }) => code),
    ["other-branch", "uncommitted"],
  );
  const codes = (anyBranch: boolean, allowDirty: boolean) =>
    refusedStrays(both, { anyBranch, allowDirty }).map(({ code }) => code);
  assert.deepEqual(codes(false, false), ["other-branch", "uncommitted"]);
  assert.deepEqual(codes(true, false), ["uncommitted"]);
  assert.deepEqual(codes(false, true), ["other-branch"]);
  assert.deepEqual(codes(true, true), []);
});

test("a plan that only checks is nobody's stray", () => {
  const live = environment("live", { branch: "live", approval });
  const checks = delivery([pipeline("web", { jobs: { check: job() } })], [live]);
  const made = plan(checks, request({ environments: ["live"], change: { event: "manual", branch: "x" } }));
  assert.deepEqual(straysOf(checks, { plan: made, origin: { branch: "x", uncommitted: 1 } }), []);
});
