/** What goes on by itself is known whatever else was run since. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";

const definition = (test: string) => `name: shop
environments: { dev: { branch: main }, test: ${test} }
pipelines:
  web: { jobs: { check: { steps: ["true"] }, deploy: { needs: check, deploys: true, steps: ["cat page"] } } }
`;

test("a pull request whose definition promotes nothing hides no promotion", fullDepth(), async (t) => {
  const promotes = definition("{ after: dev, promote: { soak: 1h } }");
  const box = sandbox(t, { files: { "baton.yaml": promotes, ".gitignore": ".baton\n", page: "one\n" } });
  const outlook = async () => {
    const { promotions } = await box.json<{ promotions?: { release: number; environment: string }[] }>("status");
    return promotions?.map(({ release, environment }) => `${release} → ${environment}`);
  };
  assert.equal((await box.baton("run", "--env", "dev", "--event", "push")).code, 0);
  assert.deepEqual(await outlook(), ["1 → test"]);
  box.git("checkout", "-q", "-b", "topic");
  box.write({ "baton.yaml": definition("{ after: dev }"), page: "two\n" });
  box.commit("without");
  const asked = await box.baton("run", "--event", "pull-request");
  assert.equal(asked.code, 0, asked.stderr);
  assert.deepEqual(await outlook(), ["1 → test"]);
});
