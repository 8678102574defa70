/** What a merge queue starts: checks that a pull request has, and nothing that deploys or has rights. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { evaluateCondition } from "../../../../src/platforms/github/read/conditions.ts";
import { environment } from "../../../../src/platforms/github/read/expressions/evaluate.ts";
import { known } from "../../../../src/platforms/github/read/expressions/value.ts";
import { layouts } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { readBack } from "./accept.ts";

const text = `name: shop
environments: { dev: { branch: develop } }
pipelines:
  web:
    jobs:
      build: { per: release, steps: [make], artifacts: { dist: dist } }
      lint: { condition: { event: pull-request }, steps: [make lint] }
      nightly: { condition: { event: schedule }, steps: [make nightly] }
      secret: { env: { KEY: { secret: KEY } }, steps: [make] }
      deploy: { needs: [build, lint], deploys: true, uses: [dist], steps: [./deploy.sh] }
`;

function written(layout: (typeof layouts)[number]) {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok);
  return writeWorkflows(loaded.value, { layout });
}

for (const layout of layouts) {
  test(`${layout}: a workflow that pull requests start is started by merge queues, for the same branches`, () => {
    const all = written(layout).flatMap(({ path, text }) =>
      path.startsWith(".github/workflows/") ? [{ path, on: parse(text).on }] : [],
    );
    const started = all.filter(({ on }) => "pull_request" in on);
    assert.ok(started.length > 0);
    for (const { path, on } of started) assert.deepEqual(on.merge_group, on.pull_request, path);
    assert.equal(all.filter(({ on }) => "merge_group" in on).length, started.length);
  });
}

test("per-environment: of a pipeline that is started by itself the checks run, whoever asks for them", () => {
  const dev = readBack(written("per-environment")).workflows.find(({ file }) => file.endsWith("/web-dev.yml"))!;
  const runs = (event_name: string, inputs: Record<string, string>) =>
    Object.fromEntries(
      dev.jobs.map((job) => {
        const around = environment(
          {
            github: known({ event_name }),
            inputs: known(inputs),
            needs: known({ lint: { result: "success" } }),
          },
          { success: known(true), failure: known(false), cancelled: known(false) },
        );
        return [job.id, evaluateCondition(job.if, around)];
      }),
    );
  const check = { lint: "yes", nightly: "no", secret: "no", deploy: "no" };
  assert.deepEqual(runs("merge_group", {}), check);
  assert.deepEqual(runs("pull_request", {}), check);
  assert.deepEqual(runs("push", { event: "push" }), { lint: "no", nightly: "no", secret: "yes", deploy: "yes" });
});
