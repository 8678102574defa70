/** Of all jobs that an environment of GitHub admits, one makes a deployment of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { layouts, type WriteOptions } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { readBack } from "./accept.ts";

const shop = (outputs: string) => `name: shop
environments: { dev: { branch: develop }, prod: { branch: main } }
pipelines:
  infra:
    outputs: { ${outputs} }
    jobs: { apply: { deploys: true, tools: [aws], steps: [./apply.sh] } }
  web:
    needs: infra
    jobs:
      smoke: { needs: deploy, env: { KEY: { secret: KEY } }, steps: [./smoke.sh] }
      deploy: { deploys: true, tools: [aws], env: { BUCKET: { output: infra.bucket } }, steps: [./deploy.sh] }
`;

function jobsOf(text: string, options: WriteOptions) {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok);
  return readBack(writeWorkflows(loaded.value, options)).workflows.flatMap(({ file, jobs }) =>
    jobs.flatMap((job) =>
      job.kind === "steps" && job.environment
        ? [{ id: `${file.split("/").at(-1)}:${job.id}`, environment: job.environment }]
        : [],
    ),
  );
}

for (const layout of layouts) {
  test(`${layout}: the record makes the deployment, and everything else none`, () => {
    const jobs = jobsOf(shop("bucket: string, site: url"), { layout });
    assert.ok(jobs.length >= 4);
    for (const { id, environment } of jobs) {
      const { deployment } = environment;
      const isOne = deployment === undefined || (deployment.kind === "known" && deployment.value);
      assert.equal(isOne, id.endsWith(":record"), id);
    }
    const records = jobs.filter(({ id }) => id.endsWith(":record"));
    // A pipeline of a chain is a run of its own: the one whose output it is knows the address.
    const addresses = records.map(({ environment }) => environment.url?.raw);
    const expected = {
      orchestrated: ["${{ steps.record.outputs.url }}"],
      "per-environment": ["${{ steps.record.outputs.url }}", "${{ steps.record.outputs.url }}"],
      chained: ["${{ needs.apply.outputs.site }}", undefined],
    };
    assert.deepEqual(addresses, expected[layout]);
  });

  test(`${layout}: where each job is to be one, none is kept from it`, () => {
    const jobs = jobsOf(shop("bucket: string, site: url"), { layout, deployments: "each" });
    assert.ok(jobs.every(({ environment }) => environment.deployment === undefined));
  });
}

test("of several addresses the settings name one; none is guessed", () => {
  const record = (options: Partial<WriteOptions>) =>
    jobsOf(shop("bucket: string, api: url, site: url"), { layout: "orchestrated", ...options }).find(({ id }) =>
      id.endsWith(":record"),
    )!.environment;
  assert.equal(record({}).url, undefined);
  assert.ok(record({ url: "infra.site" }).url);
  for (const url of ["infra.bucket", "infra.nothing", "site", ""]) {
    assert.throws(() => record({ url }), /which is no output of the type url/, url);
  }
});
