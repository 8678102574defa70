/** What jobs keep of earlier runs, and which of them keep nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { evaluateCondition } from "../../../../src/platforms/github/read/conditions.ts";
import { environment } from "../../../../src/platforms/github/read/expressions/evaluate.ts";
import { known } from "../../../../src/platforms/github/read/expressions/value.ts";
import { cachesOf } from "../../../../src/platforms/github/write/caches.ts";
import type { WriteOptions } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { complaints, readBack } from "./accept.ts";

function deliveryOf(job: object) {
  const definition = {
    name: "shop",
    environments: { dev: { branch: "main" } },
    pipelines: {
      web: { jobs: { build: { per: "release", ...job }, deploy: { deploys: true, steps: ["./deploy.sh"] } } },
    },
  };
  const loaded = loadYaml(JSON.stringify(definition), "baton.yaml");
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.value;
}

function cachesFor(job: object): string[] {
  const [pipeline] = deliveryOf(job).pipelines;
  return cachesOf(pipeline!.jobs.build!, pipeline!);
}

const kept: Readonly<Record<string, readonly string[]>> = {
  "npm ci": ["npm"],
  "cd web && npm --prefix app ci --no-audit": ["npm"],
  "npm run build": [],
  "pnpm install --frozen-lockfile": ["pnpm"],
  yarn: ["yarn"],
  "yarn --immutable": ["yarn"],
  "yarn build": [],
  "pip3 install -r requirements.txt": ["pip"],
  "python -m pip install .": ["pip"],
  "python -m build": [],
  "go test ./...": ["go"],
  "cargo test --workspace": ["cargo"],
  "terraform -chdir=infra init -backend=false": ["terraform"],
  "echo npm ci": [],
  "# npm ci": [],
};

test("the commands of a job say what it downloads", () => {
  assert.deepEqual(Object.fromEntries(Object.keys(kept).map((run) => [run, cachesFor({ steps: [run] })])), kept);
  assert.deepEqual(cachesFor({ steps: ["npm ci", "npm install", "go build"] }), ["npm", "go"]);
});

test("a job that holds rights takes nothing from a cache, whoever filled it", () => {
  const steps = ["npm ci"];
  assert.deepEqual(cachesFor({ steps }), ["npm"]);
  assert.deepEqual(cachesFor({ steps, tools: ["aws"] }), []);
  assert.deepEqual(cachesFor({ steps, env: { TOKEN: { secret: "TOKEN" } } }), []);
  assert.deepEqual(cachesFor({ steps, per: "environment", deploys: true }), []);
});

test("a cache that the definition names is the only one", () => {
  const action = (kind: string, inputs: object) => ({ run: "true", action: { kind, inputs } });
  assert.deepEqual(cachesFor({ steps: [action("cache", { path: "x", key: "y" }), "npm ci"] }), []);
  assert.deepEqual(cachesFor({ steps: [action("node.setup", { version: "24", lockfile: "p.json" }), "npm ci"] }), []);
  assert.deepEqual(cachesFor({ steps: [action("node.setup", { version: "24" }), "npm ci"] }), ["npm"]);
});

const everything = Object.keys(kept);

test("every cache is accepted, and asked for by its whole name", fullDepth("shellcheck"), async () => {
  const files = writeWorkflows(deliveryOf({ steps: everything }), { layout: "orchestrated" });
  assert.deepEqual(await complaints(files, new Set(everything)), []);
  const begin = readBack(files).actions.find(({ path }) => path.endsWith("/begin"))!;
  const steps = begin.steps.filter((step) => step.kind === "uses" && step.if?.raw.includes("inputs.caches"));
  assert.equal(steps.length, 7);
  const asked = (caches: string) =>
    steps.filter((step) => {
      const around = environment({ inputs: known({ caches }), runner: known({ os: "Linux" }) });
      // What files are there only the machine knows.
      return evaluateCondition(step.if, around) !== "no";
    }).length;
  assert.deepEqual(["", "npm", "pnpm", "npm yarn go"].map(asked), [0, 1, 1, 3]);
});

test("without caches, or with none to have, nothing of them is written", () => {
  const texts = (job: object, options: Partial<WriteOptions> = {}) =>
    writeWorkflows(deliveryOf(job), { layout: "orchestrated", ...options })
      .map(({ text }) => text)
      .join("");
  assert.match(texts({ steps: ["npm ci"] }), /caches: npm/);
  for (const text of [texts({ steps: ["npm ci"] }, { caches: "no" }), texts({ steps: ["make"] })])
    assert.doesNotMatch(text, /caches|actions\/cache|# CACHES/);
});
