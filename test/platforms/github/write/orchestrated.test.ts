import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
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

test("the gate opens for a number of reviewers above none, and for no other answer", (t) => {
  const temp = mkdtempSync(join(tmpdir(), "baton-gate-"));
  t.after(() => rmSync(temp, { recursive: true, force: true }));
  const entry = parse(written(gated).find(({ path }) => path.endsWith("/shop.yml"))!.text);
  const script: string = entry.jobs["prod-approval"].steps[0].run;
  const status = (said: string) =>
    spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", `gh() { echo "$SAID"; }\n${script}`], {
      env: { ...process.env, SAID: said, RUNNER_TEMP: temp, GITHUB_REPOSITORY: "team/shop", GATE: "prod-approval" },
    }).status;
  assert.equal(status("2"), 0);
  for (const said of ["0", "", "null", "{}", "2\n2"]) assert.equal(status(said), 1, said);
});

test("an expression in a parameter's value is refused: GitHub would refuse the file", () => {
  assert.throws(
    () => written(gated.replace("small", '"${{ github.token }}"')),
    /value of the parameter size as an expression/,
  );
});
