/** Baton's own definitions and everything that Baton writes, under its own check. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { Analysis } from "../../src/check/analysis/analysis.ts";
import { check } from "../../src/check/check.ts";
import { checkDefinition, definitionRules } from "../../src/check/definition.ts";
import { readWhole } from "../../src/control/local/read-whole.ts";
import { modelFacts } from "../../src/facts/definition/model-facts.ts";
import type { Facts, JobFacts } from "../../src/facts/facts.ts";
import type { Delivery } from "../../src/model/delivery.ts";
import { loadYaml } from "../../src/model/load-yaml.ts";
import { isFull, tries } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";
import { buildFromWritten } from "../model/built-from-written.ts";
import { writtenDelivery } from "../model/random-delivery.ts";
import { samples } from "../plan/random-delivery.ts";
import { lines } from "./cases.ts";

const root = join(import.meta.dirname, "../..");
const source = { path: "baton.config.ts", text: "", byteOrderMark: false };
const factsOf = (delivery: Delivery) => modelFacts(delivery, source);

const shopText = `
version: 1
name: shop
environments:
  dev: { branch: main }
  prod: { after: dev }
pipelines:
  infra:
    jobs:
      apply: { deploys: true, steps: [terraform apply] }
  web:
    needs: [infra]
    jobs:
      build:
        per: release
        steps: [npm test]
        artifacts: { dist: dist }
      deploy:
        needs: [build]
        deploys: true
        uses: [{ artifact: dist }]
        steps: [./deploy.sh]
`;

test("random deliveries that validate have nothing to be found", () => {
  const deliveries = fc.oneof(
    samples.map(({ delivery }) => delivery),
    writtenDelivery.map(buildFromWritten),
  );
  let jobs = 0;
  fc.assert(
    fc.property(deliveries, (delivery) => {
      const facts = factsOf(delivery);
      jobs += facts.pipelines[0]!.jobs.length;
      assert.equal(lines(checkDefinition(facts)), "");
    }),
    tries(150),
  );
  if (isFull) assert.ok(jobs > 300, `${jobs} jobs`);
});

test("the order of the facts is that of the definition: needs, pipelines, environments", () => {
  const { facts, job } = shop();
  const analysis = new Analysis(facts);
  const before = (a: string, b: string) => analysis.before(job(a), job(b));
  assert.ok(before("web/build", "dev/web/deploy"));
  assert.ok(before("dev/infra/apply", "dev/web/deploy"));
  assert.ok(before("dev/web/deploy", "prod/infra/apply"));
  assert.ok(!before("dev/infra/apply", "web/build"));
});

/** The same facts with some of the jobs changed. */
function changed(facts: Facts, change: (job: JobFacts) => Partial<JobFacts>): Facts {
  const jobs = facts.pipelines[0]!.jobs.map((job) => ({ ...job, ...change(job) }));
  const pipeline = { ...facts.pipelines[0]!, jobs };
  return {
    ...facts,
    pipelines: [pipeline],
    pipeline: () => pipeline,
    job: (id) => jobs.find((job) => job.id === id),
  };
}

const rulesIn = (facts: Facts) => [...new Set(check(facts, { rules: definitionRules }).map(({ rule }) => rule))];

describe("the silence is that of the definition, not of the check: without what it promises there is something to be found", () => {
  const { facts } = shop();
  test("as it is", () => assert.deepEqual(rulesIn(facts), []));
  test("without the environment's lock", () => {
    assert.deepEqual(rulesIn(changed(facts, () => ({ locks: [] }))), ["retriggered-older-run-wins"]);
  });
  test("with jobs that run whatever ended before them", () => {
    const always = changed(facts, ({ key }) => (key === "deploy" ? { runs: () => "yes" as const } : {}));
    assert.deepEqual(rulesIn(always), ["always-deploy"]);
  });
  test("with nobody who leaves the artifact behind", () => {
    const gone = changed(facts, ({ key, steps }) =>
      key === "build" ? { steps: steps.map((step) => ({ ...step, accesses: [] })) } : {},
    );
    assert.deepEqual(rulesIn(gone), ["artifact-never-uploaded"]);
  });
});

function shop(): { facts: Facts; job: (name: string) => JobFacts } {
  const result = loadYaml(shopText, "baton.yaml");
  assert.ok(result.ok, JSON.stringify(result));
  const facts = factsOf(result.value);
  return { facts, job: (name) => facts.job(`baton.config.ts#${name}`)! };
}

describe("examples", fullDepth(), () => {
  for (const name of readdirSync(join(root, "examples"))) {
    const folder = join(root, "examples", name);
    test(`${name}: what is generated into the repository has nothing to be found`, async () => {
      const { facts, simulator, problems } = await readWhole(folder);
      assert.equal(lines([...problems, ...check(facts, { simulator })]), "");
    });
    if (!existsSync(join(folder, "baton.config.ts"))) continue;
    test(`${name}: nor has its definition`, () => {
      const { status, stdout, stderr } = baton(folder, "check", "baton.config.ts");
      assert.equal(status, 0, stdout);
      assert.match(stderr, /^nothing found in 1 definition by \d+ rules\n/);
    });
  }
});

describe("baton check of a definition", () => {
  const scratch = mkdtempSync(join(tmpdir(), "baton-check-definition-"));
  after(() => rmSync(scratch, { recursive: true, force: true }));

  test("as a file, and as what stands in the folder", () => {
    writeFileSync(join(scratch, "baton.config.yaml"), shopText);
    for (const path of ["baton.config.yaml", "."]) {
      const { status, stderr } = baton(scratch, "check", path);
      assert.equal(status, 0, stderr);
      assert.match(stderr, /^nothing found in 1 definition by/);
    }
    rmSync(join(scratch, "baton.config.yaml"));
  });

  test("code in a folder is not run, and that is said", () => {
    writeFileSync(join(scratch, "baton.config.mjs"), 'console.log("it has run"); throw new Error("boom");\n');
    const { status, stdout, stderr } = baton(scratch, "check", ".");
    assert.doesNotMatch(`${stdout}${stderr}`, /it has run|boom/);
    assert.match(stderr, /^not checked: baton\.config\.mjs is code, and code is run only when it is named\n/);
    assert.equal(status, 2);
  });
});

function baton(cwd: string, ...args: string[]) {
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  return spawnSync(join(root, "bin/baton"), args, { cwd, encoding: "utf8", env: { ...env, NO_COLOR: "1" } });
}
