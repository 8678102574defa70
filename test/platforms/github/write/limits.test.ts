import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { refuseBeyondLimits } from "../../../../src/platforms/github/write/limits.ts";
import type { Layout } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";

function deliveryOf(text: string): Delivery {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok);
  return loaded.value;
}

const measure = (delivery: Delivery, layout: Layout) =>
  refuseBeyondLimits(delivery, writeWorkflows(delivery, { layout }));

const many = (count: number, environments = "dev: { branch: main }") =>
  deliveryOf(`name: shop
environments: { ${environments} }
pipelines:
${Array.from({ length: count }, (_, n) => `  p${n}: { jobs: { go: { deploys: true, steps: [./go.sh] } } }`).join("\n")}
`);

const files = (delivery: Delivery, layout: Layout) =>
  writeWorkflows(delivery, { layout })
    .map(({ path }) => path)
    .filter((path) => path.startsWith(".github/workflows/"));

test("called workflows: 49 pipelines have files of their own; more share files, so that 50 are called at most", () => {
  assert.equal(files(many(49), "orchestrated").length, 3 + 49);
  measure(many(49), "orchestrated");
  const shared = files(many(50), "orchestrated");
  assert.equal(shared.length, 3 + 25);
  assert.ok(shared.includes(".github/workflows/shop-pipelines-25.yml"));
  measure(many(50), "orchestrated");
});

test("120 pipelines in three environments are within the limits, in every layout", () => {
  const promoted = many(120, "test: { branch: main }, stage: { after: test }, prod: { after: stage }");
  measure(promoted, "orchestrated");
  measure(promoted, "per-environment");
  measure(many(120, "dev: { branch: develop }, test: { branch: test }, prod: { branch: main }"), "chained");
});

test("a platform that takes fewer is named in the settings; what fits in no way is refused with the number", () => {
  const options = { layout: "orchestrated", calledWorkflows: 20 } as const;
  refuseBeyondLimits(many(49), writeWorkflows(many(49), options), options);
  const places = Array.from({ length: 30 }, (_, n) => `e${n}: { branch: b${n} }`).join(", ");
  const wide = many(2, places);
  assert.throws(
    () => measure(wide, "per-environment"),
    /shop\.yml would call 60 workflows, however many pipelines share a file; GitHub takes 50/,
  );
  measure(wide, "orchestrated");
});

test("two approvals, change windows and a time to soak are refused with their place, and that somebody else approves is what GitHub is set to", () => {
  const asking = (approval: string) =>
    deliveryOf(`name: shop
environments: { prod: { branch: main, approval: { ${approval} } } }
pipelines: { web: { jobs: { go: { deploys: true, steps: [./go.sh] } } } }
`);
  assert.throws(() => writeWorkflows(asking("count: 2"), { layout: "orchestrated" }), {
    message: /prod wants the approval of 2 people, and on GitHub one answer lets a run in/,
    path: ["environments", "prod", "approval", "count"],
  });
  const windows = asking("} , windows: { from: '09:00', to: '17:00', zone: UTC");
  assert.throws(() => writeWorkflows(windows, { layout: "chained" }), {
    message: /prod is deployed in change windows only, and a run on GitHub goes on at once/,
    path: ["environments", "prod", "windows"],
  });
  const soaking = deliveryOf(`name: shop
environments: { dev: { branch: main }, prod: { after: dev, promote: { soak: 2h } } }
pipelines: { web: { jobs: { go: { deploys: true, steps: [./go.sh] } } } }
`);
  assert.throws(() => writeWorkflows(soaking, { layout: "orchestrated" }), {
    message: /releases are promoted to prod by themselves when they have soaked, and a run on GitHub goes on at once/,
    path: ["environments", "prod", "promote"],
  });
  writeWorkflows(asking("selfApproval: false, reminder: 4h"), { layout: "orchestrated" });
});

test("a job that undoes before a rollback is refused with its place", () => {
  const undoing = deliveryOf(`name: shop
environments: { prod: { branch: main } }
pipelines: { web: { jobs: { go: { deploys: true, steps: [./go.sh] }, back: { undo: true, steps: [./back.sh] } } } }
`);
  for (const layout of ["orchestrated", "chained", "per-environment"] as const) {
    assert.throws(() => writeWorkflows(undoing, { layout }), {
      message: /web\.back undoes what a rollback takes back, and what is generated for GitHub takes back nothing/,
      path: ["pipelines", "web", "jobs", "back", "undo"],
    });
  }
});

test("a file of more than 500,000 bytes is refused", () => {
  const text = `name: x\n# ${"x".repeat(500_000)}\n`;
  const large = [{ path: ".github/workflows/x.yml", text }];
  assert.throws(() => refuseBeyondLimits(many(1), large), /would have 500011 bytes; GitHub starts no workflow of more/);
});

test("inputs by hand: 22 parameters beside the three that Baton needs", () => {
  const parameters = (count: number) =>
    deliveryOf(`name: shop
environments: { dev: { branch: main } }
parameters: {${Array.from({ length: count }, (_, n) => `p${n}: { default: x }`).join(", ")}}
pipelines: { web: { jobs: { go: { deploys: true, steps: [./go.sh] } } } }
`);
  measure(parameters(22), "orchestrated");
  assert.throws(
    () => measure(parameters(23), "orchestrated"),
    /23 parameters; beside what Baton needs GitHub takes 22/,
  );
});

test("a text with an expression in it that is too long is refused", () => {
  const text = `name: x\njobs:\n  a:\n    env: { A: "\${{ github.sha }}${"x".repeat(21_000)}" }\n`;
  const long = [{ path: ".github/workflows/x.yml", text }];
  assert.throws(() => refuseBeyondLimits(many(1), long), /characters with an expression in it; GitHub takes 21000/);
});
