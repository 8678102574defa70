/** The workflow that looks for drift, carried out on what the other workflows have deployed. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { good, shopMachine } from "./machine/shop.ts";

const definition = `name: shop
environments: { test: { branch: main }, prod: { after: test } }
pipelines:
  infra:
    paths: ["infra/**"]
    outputs: { url: url }
    jobs: { apply: { deploys: true, steps: ['echo "url=https://$BATON_ENVIRONMENT.example.org/" >> "$BATON_OUTPUT"'] } }
  web:
    needs: infra
    paths: ["web/**"]
    workingDirectory: web
    jobs:
      build: { per: release, steps: ["mkdir -p dist && cp version dist/"], artifacts: { dist: dist } }
      deploy:
        needs: build
        uses: [dist]
        deploys: true
        env: { URL: { output: infra.url }, WHERE: { context: environment } }
        steps: ['cp dist/version "$MARKS/$WHERE"']
        drift: echo "$URL $(cat version) $(cat dist/version)" >> "$MARKS/log"; cmp dist/version "$MARKS/$WHERE" || exit 2
`;

test(
  "drift is looked for with what is deployed, whatever came since; what was changed by hand is red there alone",
  fullDepth("gh", "jq", "zip", "unzip", "tar"),
  (t) => {
    const it = shopMachine(t, { layout: "orchestrated" }, definition);
    good(it.push("main"), it);
    const deployments = it.shop.deployments.length;
    const kept = it.shop.github.control.artifacts("team/shop").length;
    it.commit({ "web/version": "w2\n" });
    const looked = () => it.schedule("shop-drift.yml");
    const first = looked();
    good([first], it);
    assert.deepEqual(
      first.followers.map(({ file, jobs }) => [file, jobs.get("look"), jobs.get("web__deploy")]),
      ["test", "prod"].map(() => [".github/workflows/shop-drift.yml", "success", "success"]),
    );
    assert.deepEqual(it.log(), ["https://test.example.org/ w1 w1", "https://prod.example.org/ w1 w1"]);

    writeFileSync(it.mark("prod"), "by hand\n");
    assert.deepEqual(
      looked().followers.map(({ conclusion, jobs }) => [conclusion, jobs.get("web__deploy")]),
      [
        ["success", "success"],
        ["failure", "failure"],
      ],
    );
    assert.match(it.shop.log.join("\n"), /::error title=Drift in prod::It is not as web\.deploy left it any more/);

    // Nothing was deployed by looking, nothing written down, and what is deployed is known as before.
    assert.deepEqual(
      [it.shop.deployments.length, it.shop.github.control.artifacts("team/shop").length],
      [deployments, kept],
    );
    it.log();
    good(it.push("main"), it);
    assert.deepEqual(good([looked()], it), undefined);
    assert.deepEqual(it.log(), ["https://test.example.org/ w2 w2", "https://prod.example.org/ w2 w2"]);
  },
);

const asked = definition
  .replace(
    `steps: ['cp dist/version "$MARKS/$WHERE"']`,
    `steps:
          - run: cp dist/version "$MARKS/$WHERE"
            action:
              kind: shop.copy
              drift:
                run: echo "$BATON_VALUE_URL" >> "$MARKS/log"; cmp dist/version "$MARKS/$WHERE" || exit 2
                env: { BATON_VALUE_URL: { output: infra.url } }`,
  )
  .replace(/^ {8}drift: .*$/m, "        drift: true");

test("an action looks with the values that it was given", fullDepth("gh", "jq", "zip", "unzip", "tar"), (t) => {
  const it = shopMachine(t, { layout: "orchestrated" }, asked);
  good(it.push("main"), it);
  const looked = () => it.schedule("shop-drift.yml").followers.map(({ conclusion }) => conclusion);
  assert.deepEqual(looked(), ["success", "success"]);
  assert.deepEqual(it.log(), ["https://test.example.org/", "https://prod.example.org/"]);
  writeFileSync(it.mark("prod"), "by hand\n");
  assert.deepEqual(looked(), ["success", "failure"]);
});
