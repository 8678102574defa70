import assert from "node:assert/strict";
import { test } from "node:test";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { complaints } from "./accept.ts";
import { example } from "./deliveries.ts";

const storefront = example("storefront");
const own = new Set(
  storefront.pipelines.flatMap(({ jobs }) =>
    Object.values(jobs).flatMap(({ steps }) => steps.map(({ run }) => run.trimEnd())),
  ),
);

test("the storefront's files are accepted by everybody", fullDepth("shellcheck"), async () => {
  assert.deepEqual(await complaints(writeWorkflows(storefront, { layout: "orchestrated" }), own), []);
});

test("so they are with attestation", fullDepth("shellcheck"), async () => {
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

test("three pipelines in three environments with an approval are 400 lines at most, and none of them a program", () => {
  const files = written(`name: shop
environments: { dev: { branch: develop }, test: { branch: main }, prod: { after: test, approval: { reviewers: [owners] } } }
pipelines:
  infra:
    paths: ["infra/**"]
    outputs: { bucket: string, url: url }
    jobs: { apply: { deploys: true, tools: [aws, terraform], steps: [./apply.sh] } }
${["api", "web"]
  .map(
    (name) => `  ${name}:
    needs: infra
    paths: ["${name}/**"]
    jobs:
      build: { per: release, steps: [npm ci, npm test], artifacts: { ${name}: dist } }
      deploy:
        needs: build
        deploys: true
        tools: [aws]
        uses: [${name}]
        env: { BUCKET: { output: infra.bucket } }
        steps: ['aws s3 sync dist "s3://$BUCKET"']
`,
  )
  .join("")}`).filter(({ path }) => path.startsWith(".github/workflows/"));
  const lines = files.flatMap(({ text }) => text.trimEnd().split("\n"));
  assert.ok(lines.length <= 400, `${lines.length} lines`);
  assert.deepEqual(
    lines.filter((line) => /run: [|>]/.test(line)),
    [],
  );
});
