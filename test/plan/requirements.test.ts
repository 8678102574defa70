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
    systems: [],
    images: [],
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
  assert.deepEqual(nothing, {
    secrets: [],
    tools: [],
    systems: [],
    images: [],
    folders: [],
    approvals: [],
    hollowGates: [],
  });
});

test("systems that labels name and images are asked for, by leg and environment", () => {
  const legs = { values: { os: ["ubuntu-24.04", "windows-2025"] }, include: [], exclude: [], failFast: true };
  const api = pipeline("api", {
    jobs: {
      check: releaseJob({ runsOn: { labels: [{ matrix: "os" }] }, matrix: legs }),
      beside: releaseJob({
        container: { image: ["node:", { parameter: "node" }], env: {} },
        services: { db: { image: "postgres:17", env: {}, ports: [] } },
      }),
      deploy: job({ deploys: true, runsOn: { labels: ["self-hosted", { variable: "system" }] } }),
    },
  });
  const places = [
    environment("dev", { variables: { system: "macos-15" } }),
    environment("prod", { variables: { system: "gpu" } }),
  ];
  const shop = delivery([api], places);
  const { systems, images } = requirementsOf(shop, plan(shop, request({ environments: ["dev", "prod"] })));
  assert.deepEqual(systems, [
    { system: "Linux", jobs: ["api.check[os=ubuntu-24.04]"] },
    { system: "Windows", jobs: ["api.check[os=windows-2025]"] },
    { system: "macOS", jobs: ["api.deploy@dev"] },
  ]);
  assert.deepEqual(images, [
    { image: "of the job", jobs: ["api.beside"] },
    { image: "postgres:17", jobs: ["api.beside"] },
  ]);
});
