/** The chain carried out: real git, bash, jq and AWS CLI (against a local server that answers like AWS). */

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { emulator, fullDepth } from "../lane/needs.ts";
import { scriptsOf } from "../platforms/github/write/accept.ts";
import { emulatedAws } from "./machine/emulated-aws.ts";
import { definition, good, shopMachine } from "./machine/shop.ts";

const when = fullDepth(...emulator, "gh", "jq", "zip", "unzip", "tar");

const onBranches = definition
  .replace("test: { branch: main }", "prod: { branch: main }")
  .replace("  prod: { after: test, approval: { reviewers: [owners] } }\n", "");

test(
  "chained: the same commit goes through, web alone as well, nothing twice, and never without infra",
  when,
  async (t) => {
    const aws = await emulatedAws(t);
    const it = shopMachine(t, { layout: "chained", parameterPrefix: "/pipelines-terraform" }, onBranches, aws);
    good(it.push("main"), it);
    assert.deepEqual(it.log(), [
      "infra prod eu small i1",
      "build w1",
      "web prod https://prod.example.org/ w1 w1 three",
    ]);
    const of = ["--name", "/pipelines-terraform/prod/infra/Words_of_it", "--query", "Parameter.Value"];
    assert.equal(aws.cli("ssm", "get-parameter", ...of), "one two\nthree");

    // A commit of web alone: infra runs and leaves everything out, and the chain goes on.
    it.commit({ "web/version": "w2\n" });
    const runs = it.push("main");
    good(runs, it);
    assert.deepEqual(it.log(), ["build w2", "web prod https://prod.example.org/ w2 w2 three"]);
    assert.equal(runs.length, 1);
    assert.equal(runs[0]!.followers.length, 1);

    // Infra fails: web does not run at all.
    writeFileSync(it.mark("fail-infra-prod"), "");
    it.commit({ "infra/version": "i2\n", "web/version": "w3\n" });
    const [failed] = it.push("main");
    assert.equal(failed!.conclusion, "failure");
    assert.deepEqual(failed!.followers, []);
    assert.deepEqual(it.log(), []);
    rmSync(it.mark("fail-infra-prod"));
    good(it.push("main"), it);
    assert.deepEqual(it.log(), [
      "infra prod eu small i2",
      "build w3",
      "web prod https://prod.example.org/ w3 w3 three",
    ]);

    // Web by hand takes what the last release of infra published; nothing new, nothing done.
    good([it.dispatch("web.yml", "main")], it);
    assert.deepEqual(it.log(), []);

    const all = new Set(scriptsOf(it.repository).map(({ where }) => where));
    assert.deepEqual(
      [...all].filter((where) => !it.shop.executed.has(where)),
      [],
    );
  },
);

test("chained: web by hand says so when there is no infra yet", when, async (t) => {
  const it = shopMachine(t, { layout: "chained" }, onBranches);
  assert.equal(it.dispatch("web.yml", "main").conclusion, "failure");
  assert.match(it.shop.log.join("\n"), /web needs infra, which is not deployed to prod/);
  assert.deepEqual(it.log(), []);
});
