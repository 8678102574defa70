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

const many = (count: number) =>
  deliveryOf(`name: shop
environments: { dev: { branch: main } }
pipelines:
${Array.from({ length: count }, (_, n) => `  p${n}: { jobs: { go: { deploys: true, steps: [./go.sh] } } }`).join("\n")}
`);

test("called workflows: 49 pipelines and their environment are 50, one more is refused with the number", () => {
  measure(many(49), "orchestrated");
  assert.throws(() => measure(many(50), "orchestrated"), /shop\.yml would call 51 workflows; GitHub takes 50/);
  measure(many(120), "chained");
  // The layout chained takes no promotion.
  const promoted = { ...many(50), environments: many(1).environments.map((one) => ({ ...one, after: ["test"] })) };
  const split = { next: "split the delivery into several" };
  assert.throws(() => refuseBeyondLimits(promoted, writeWorkflows(many(50), { layout: "orchestrated" })), split);
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
  const files = [{ path: ".github/workflows/x.yml", text }];
  assert.throws(() => refuseBeyondLimits(many(1), files), /characters with an expression in it; GitHub takes 21000/);
});
