/** Of a pull request only the newest commit matters: what goes on for older ones is cancelled, in every layout, and nothing else is. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import type { WriteOptions } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";

const definition = `
name: shop
environments: { dev: { branch: develop }, prod: { branch: main } }
pipelines:
  api:
    jobs:
      unit: { per: release, matrix: { node: ["22", "24"] }, steps: [npm test] }
      build: { per: release, steps: [npm run build], artifacts: { dist: dist } }
      lint: { per: release, concurrency: linting, steps: [npm run lint] }
      deploy: { needs: build, deploys: true, uses: [dist], steps: [./deploy.sh] }
      smoke: { needs: deploy, steps: [./smoke.sh] }
`;

interface Group {
  readonly group: string;
  readonly "cancel-in-progress"?: string;
  readonly queue?: string;
}

interface Workflow {
  readonly on: Record<string, unknown>;
  readonly concurrency?: Group;
  readonly jobs: Record<string, { readonly concurrency?: Group; readonly uses?: string }>;
}

function workflows(layout: WriteOptions["layout"], text = definition): Record<string, Workflow> {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const files = writeWorkflows(loaded.value, { layout }).filter(
    ({ path }) => path.endsWith(".yml") && path.includes("/workflows/"),
  );
  return Object.fromEntries(files.map(({ path, text }) => [path.replace(/.*\/|\.yml$/g, ""), parse(text) as Workflow]));
}

const expression = (text: string) => `$${`{{ ${text} }}`}`;
const own = `shop-${expression("github.event.pull_request.number || github.run_id")}`;
const onlyPulls = expression("github.event_name == 'pull_request'");

test("orchestrated: the entry, which builds and deploys nothing for a pull request", () => {
  const { shop } = workflows("orchestrated");
  assert.deepEqual(shop!.concurrency, { group: own, "cancel-in-progress": onlyPulls });
});

test("per-environment: the entry, and each workflow that checks by itself", () => {
  const all = workflows("per-environment");
  assert.deepEqual(all.shop!.concurrency, { group: own, "cancel-in-progress": onlyPulls });
  for (const environment of ["dev", "prod"]) {
    const { on, concurrency } = all[`api-${environment}`]!;
    assert.ok(Object.hasOwn(on, "pull_request"));
    assert.deepEqual(concurrency, { group: `${own}-api.${environment}`, "cancel-in-progress": onlyPulls });
  }
});

test("chained: each job that a pull request starts, beside the lock of the run, which cancels nothing", () => {
  const { api } = workflows("chained");
  assert.equal(api!.concurrency!.queue, "max");
  assert.equal(api!.concurrency!["cancel-in-progress"], undefined);
  const { unit, build, lint, deploy } = api!.jobs;
  assert.deepEqual(build!.concurrency, { group: `${own}-api.build`, "cancel-in-progress": onlyPulls });
  // Legs of one run do not cancel each other.
  assert.equal(unit!.concurrency!.group, `${own}-api.unit-${expression("strategy.job-index")}`);
  assert.equal(lint!.concurrency!.group, "linting");
  assert.equal(deploy!.concurrency, undefined);
});

test("no two places have one group, and what deploys is never in one that cancels", () => {
  for (const layout of ["orchestrated", "per-environment", "chained"] as const) {
    const groups = Object.entries(workflows(layout)).flatMap(([file, { concurrency, jobs }]) =>
      [
        ...(concurrency ? [{ at: file, ...concurrency }] : []),
        ...Object.entries(jobs).flatMap(([id, job]) =>
          job.concurrency ? [{ at: `${file}.${id}`, ...job.concurrency }] : [],
        ),
      ].filter((one) => one["cancel-in-progress"] !== undefined),
    );
    assert.equal(new Set(groups.map(({ group }) => group.toLowerCase())).size, groups.length, layout);
    for (const { at } of groups) assert.doesNotMatch(at, /\.(?:deploy|dev|prod|record)$/);
  }
  // A pipeline that pull requests do not start has no such group.
  const quiet = definition.replace("  api:\n", "  api:\n    pullRequests: false\n");
  assert.equal(workflows("chained", quiet).api!.jobs.build!.concurrency, undefined);
});
