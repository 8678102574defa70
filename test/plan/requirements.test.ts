import assert from "node:assert/strict";
import { test } from "node:test";
import { plan } from "../../src/plan/make-plan.ts";
import { requirementsOf } from "../../src/plan/requirements.ts";
import { delivery, deployed, environment, job, pipeline, releaseJob, request } from "./sample-delivery.ts";

const step = { name: "x", run: "x", shell: "sh", workingDirectory: ".", continueOnFailure: false } as const;
const infra = pipeline("infra", {
  workingDirectory: "infra",
  env: { KEY: { secret: "CLOUD_KEY" } },
  jobs: {
    apply: job({ deploys: true, tools: [{ name: "terraform", version: ">=1.5" }, { name: "jq" }] }),
  },
});
const web = pipeline("web", {
  jobs: {
    lint: releaseJob({ continueOnFailure: true, workingDirectory: "web/./src" }),
    build: releaseJob({ needs: ["lint"], tools: [{ name: "jq" }] }),
    deploy: job({
      needs: ["build"],
      deploys: true,
      steps: [{ ...step, env: { T: ["x", { secret: "TOKEN" }] } }],
    }),
    tell: job({ needs: ["deploy"], continueOnFailure: true }),
  },
});
const approval = { reviewers: ["owners"], message: "Ship it?", timeoutMs: 1000 };
const shop = delivery([infra, web], [environment("dev"), environment("prod", { after: ["dev"], approval })]);

test("everything that the jobs of a plan need is listed once, with the jobs that need it", () => {
  const found = requirementsOf(shop, plan(shop, request({ environments: ["dev", "prod"] })));
  assert.deepEqual(found, {
    secrets: [
      { name: "CLOUD_KEY", jobs: ["infra.apply@dev", "infra.apply@prod"] },
      { name: "TOKEN", jobs: ["web.deploy@dev", "web.deploy@prod"] },
    ],
    tools: [
      { tool: { name: "jq" }, jobs: ["web.build", "infra.apply@dev", "infra.apply@prod"] },
      { tool: { name: "terraform", version: ">=1.5" }, jobs: ["infra.apply@dev", "infra.apply@prod"] },
    ],
    folders: [
      { path: "web/src", jobs: ["web.lint"] },
      { path: "infra", jobs: ["infra.apply@dev", "infra.apply@prod"] },
    ],
    approvals: [{ environment: "prod", reviewers: ["owners"], message: "Ship it?" }],
    hollowGates: [{ job: "web.lint", neededBy: ["web.build"] }],
  });
});

test("what does not run asks for nothing", () => {
  const there = { infra: deployed(1), web: deployed(1) };
  const nothing = requirementsOf(
    shop,
    plan(
      shop,
      request({
        environments: ["dev", "prod"],
        deployed: { dev: there, prod: there },
        change: { changedSince: { "commit-1": [] } },
      }),
    ),
  );
  assert.deepEqual(nothing, { secrets: [], tools: [], folders: [], approvals: [], hollowGates: [] });
});
