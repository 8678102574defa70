import assert from "node:assert/strict";
import { test } from "node:test";
import type { Matrix } from "../../../../src/platforms/github/workflow.ts";
import { readOne, stepsJob } from "./tree.ts";

function matrixOf(yaml: string): Matrix {
  const text = `on: push
jobs:
  a:
    runs-on: ubuntu-latest
    strategy:
      matrix:
${yaml.replace(/^/gm, "        ")}
    steps: [{ run: 'true' }]
`;
  return stepsJob(readOne(text), "a").strategy!.matrix!;
}

function legsOf(yaml: string): unknown {
  return matrixOf(yaml).legs?.map((leg) =>
    Object.fromEntries([...leg].map(([name, value]) => [name, value.kind === "known" ? value.value : value.kind])),
  );
}

test("a matrix is the product of its axes, first axis slowest", () => {
  assert.deepEqual(legsOf("os: [linux, mac]\nnode: [18, 20]"), [
    { os: "linux", node: 18 },
    { os: "linux", node: 20 },
    { os: "mac", node: 18 },
    { os: "mac", node: 20 },
  ]);
});

test("exclude removes what it partly matches, before include adds", () => {
  const yaml = `os: [linux, mac]
node: [18, 20]
exclude:
  - os: mac
    node: 18
include:
  - os: mac
    node: 18
    slow: true`;
  assert.deepEqual(legsOf(yaml), [
    { os: "linux", node: 18 },
    { os: "linux", node: 20 },
    { os: "mac", node: 20 },
    { os: "mac", node: 18, slow: true },
  ]);
});

test("the documented example of include", () => {
  const yaml = `fruit: [apple, pear]
animal: [cat, dog]
include:
  - color: green
  - color: pink
    animal: cat
  - fruit: apple
    shape: circle
  - fruit: banana
  - fruit: banana
    animal: cat`;
  assert.deepEqual(legsOf(yaml), [
    { fruit: "apple", animal: "cat", color: "pink", shape: "circle" },
    { fruit: "apple", animal: "dog", color: "green", shape: "circle" },
    { fruit: "pear", animal: "cat", color: "pink" },
    { fruit: "pear", animal: "dog", color: "green" },
    { fruit: "banana" },
    { fruit: "banana", animal: "cat" },
  ]);
});

test("a matrix of includes alone has one leg for each", () => {
  assert.deepEqual(legsOf("include:\n  - env: dev\n  - env: prod"), [{ env: "dev" }, { env: "prod" }]);
});

test("objects are compared by the part that is given", () => {
  const yaml = `arch:
  - { name: arm, bits: 64 }
  - { name: x86, bits: 64 }
exclude:
  - arch: { name: arm }`;
  assert.deepEqual(JSON.stringify(legsOf(yaml)), '[{"arch":{"name":"x86","bits":64}}]');
});

test("expressions leave open what depends on them, and nothing else", () => {
  assert.equal(legsOf(`env: \${{ fromJSON(inputs.envs) }}`), undefined);
  assert.deepEqual(legsOf(`env: [dev, "\${{ inputs.env }}"]`), [{ env: "dev" }, { env: "template" }]);
  assert.equal(legsOf(`env: [dev, "\${{ inputs.env }}"]\nexclude: [{ env: dev }]`), undefined);
  assert.equal(matrixOf(`env: [dev]\ninclude: \${{ fromJSON(inputs.more) }}`).legs, undefined);
  assert.equal(matrixOf(`env: [dev]`).axes[0]?.name.value, "env");
});
