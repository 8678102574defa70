import assert from "node:assert/strict";
import { test } from "node:test";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { needs } from "../../../lane/needs.ts";
import { complaints } from "./accept.ts";
import { example } from "./deliveries.ts";

const storefront = example("storefront");
const own = new Set(
  storefront.pipelines.flatMap(({ jobs }) =>
    Object.values(jobs).flatMap(({ steps }) => steps.map(({ run }) => run.trimEnd())),
  ),
);

test("the storefront's files are accepted by everybody", needs("shellcheck"), async () => {
  assert.deepEqual(await complaints(writeWorkflows(storefront, { layout: "orchestrated" }), own), []);
});

test("so they are with attestation", needs("shellcheck"), async () => {
  assert.deepEqual(await complaints(writeWorkflows(storefront, { layout: "orchestrated", attest: "yes" }), own), []);
});

const gated = `name: shop
environments: { test: { branch: main }, prod: { after: test, approval: { reviewers: [owners] } } }
parameters: { size: { default: small } }
pipelines: { web: { jobs: { go: { deploys: true, steps: [./go.sh] } } } }
`;

function written(text: string) {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok);
  return writeWorkflows(loaded.value, { layout: "orchestrated" });
}

test("an expression in a parameter's value is refused: GitHub would refuse the file", () => {
  assert.throws(
    () => written(gated.replace("small", '"${{ github.token }}"')),
    /value of the parameter size as an expression/,
  );
});
