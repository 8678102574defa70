/** Generated files carried out: real git, bash, jq, tar and checksums; only GitHub's own services are stood in for. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { WriteOptions } from "../../src/platforms/github/write/options.ts";
import { fullDepth } from "../lane/needs.ts";
import { scriptsOf } from "../platforms/github/write/accept.ts";
import type { Machine } from "./machine/machine.ts";
import { definition, good, shopMachine } from "./machine/shop.ts";

const slow = fullDepth("gh", "jq", "zip", "unzip", "tar");

const gate = /environments\/prod-approval$/;

/** For how many seconds scripts would have waited, since this was asked last. */
function waits({ shop }: Machine): string[] {
  const file = join(shop.scratch, "waits");
  if (!existsSync(file)) return [];
  const seconds = readFileSync(file, "utf8").trim().split("\n");
  rmSync(file);
  // The definition's own retry waits for no time at all.
  return seconds.filter((one) => one !== "0");
}

const orchestrated: WriteOptions = { layout: "orchestrated", attest: "yes" };

test("orchestrated: first push, nothing new, one pipeline alone, both, and every script has been run", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  good(it.push("main"), it);
  assert.deepEqual(it.log(), [
    "build w1",
    "infra test eu small i1",
    "web test https://test.example.org/ w1 w1 three",
    "infra prod eu small i1",
    "web prod https://prod.example.org/ w1 w1 three",
  ]);
  good(it.push("main"), it);
  assert.deepEqual(it.log(), []);
  it.commit({ "web/version": "w2\n" });
  good(it.push("main"), it);
  // The address comes from the release before: infra did not run.
  assert.deepEqual(it.log(), [
    "build w2",
    "web test https://test.example.org/ w2 w2 three",
    "web prod https://prod.example.org/ w2 w2 three",
  ]);
  it.commit({ "infra/version": "i2\n" });
  good(it.push("main"), it);
  assert.equal(it.log().length, 5);
  const all = new Set(scriptsOf(it.repository).map(({ where }) => where));
  for (const { path, steps } of it.repository.actions) {
    for (const step of steps) if (step.kind === "run") all.add(`${path}: ${step.run.raw}`);
  }
  const idle = [...all].filter((where) => !it.shop.executed.has(where));
  // What goes back to an earlier tree is not needed here, nor what keeps records for longer; both are below.
  assert.deepEqual(
    idle.filter((where) => !/begin: (cp|rm)|\/renew\.sh/.test(where)),
    [],
  );
});

test(
  "a failed deployment stops what comes after it, and is repeated although its files did not change again",
  slow,
  (t) => {
    const it = shopMachine(t, orchestrated);
    good(it.push("main"), it);
    it.log();
    writeFileSync(it.mark("fail-infra-test"), "");
    it.commit({ "infra/version": "i2\n" });
    assert.equal(it.push("main")[0]!.conclusion, "failure");
    assert.deepEqual(it.log(), ["build w1"]);
    rmSync(it.mark("fail-infra-test"));
    // Taken back: compared with what was deployed well nothing has changed, but half of the change may be in place.
    it.commit({ "infra/version": "i1\n" });
    good(it.push("main"), it);
    assert.deepEqual(
      it.log().filter((line) => line.startsWith("infra test")),
      ["infra test eu small i1"],
    );
  },
);

test(
  "a release is one deployment in each environment, with its address, and fails when something of it does",
  slow,
  (t) => {
    const it = shopMachine(t, orchestrated);
    good(it.push("main"), it);
    assert.deepEqual(it.shop.deployments.splice(0), [
      "test success https://test.example.org/",
      "prod success https://prod.example.org/",
    ]);
    writeFileSync(it.mark("fail-web-test"), "");
    it.commit({ "web/version": "w2\n" });
    assert.equal(it.push("main")[0]!.conclusion, "failure");
    // The address is that of the pipeline that was left alone.
    assert.deepEqual(it.shop.deployments.splice(0), ["test failure https://test.example.org/"]);
    it.commit({ "web/version": "w2\n" }, "feature");
    it.pullRequest("main");
    assert.deepEqual(it.shop.deployments, []);
  },
);

test("what failed later does not undo what was deployed before it", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  good(it.push("main"), it);
  it.log();
  writeFileSync(it.mark("fail-web-test"), "");
  it.commit({ "infra/version": "i2\n", "web/version": "w2\n" });
  assert.equal(it.push("main")[0]!.conclusion, "failure");
  assert.deepEqual(it.log(), ["build w2", "infra test eu small i2"]);
  rmSync(it.mark("fail-web-test"));
  it.commit({ "README.md": "x" });
  good(it.push("main"), it);
  assert.deepEqual(it.log(), [
    "build w2",
    "web test https://test.example.org/ w2 w2 three",
    "infra prod eu small i2",
    "web prod https://prod.example.org/ w2 w2 three",
  ]);
});

test("by hand: back to an earlier release, with the files that were built back then", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  const [first] = it.push("main");
  it.commit({ "web/version": "w2\n", "infra/version": "i2\n" });
  good(it.push("main"), it);
  it.log();
  const back = it.dispatch("shop.yml", "main", { environment: "prod", rollback_to: String(first!.id), size: "large" });
  good([back], it);
  assert.ok(
    [...it.shop.executed].some((where) => /begin: cp/.test(where)),
    "the tree of that release was brought",
  );
  assert.deepEqual(it.log(), ["infra prod eu large i1", "web prod https://prod.example.org/ w1 w1 three"]);
  // The next push brings production forward again.
  it.commit({ "README.md": "x" });
  good(it.push("main"), it);
  assert.deepEqual(it.log().filter((line) => line.includes(" prod ")).length, 2);
});

test("by hand: not into production before test, and then only what is left to do", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  const refused = it.dispatch("shop.yml", "main", { environment: "prod" });
  assert.equal(refused.conclusion, "failure");
  assert.match(
    it.shop.log.join("\n"),
    /comes after environments that this commit has not passed: infra in test, web in test/,
  );
  assert.deepEqual(it.log(), []);
});

test("an older commit never takes the place of a newer one", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  const older = it.commit({ "web/version": "w2\n" });
  it.commit({ "web/version": "w3\n" });
  good(it.push("main"), it);
  it.log();
  it.shop.log.length = 0;
  const [late] = it.push("main", older);
  assert.equal(late!.conclusion, "failure");
  assert.match(it.shop.log.join("\n"), /test already has the newer commit/);
  assert.deepEqual(
    it.log().filter((line) => !line.startsWith("build")),
    [],
  );
});

test("an artifact that is not the one that was built is not deployed", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  const [first] = it.push("main");
  good([first!], it);
  it.commit({ "README.md": "x" });
  it.log();
  it.shop.store.replace("web_page", (folder) => {
    const [packed] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".txt"));
    writeFileSync(join(folder, packed!), "other\n");
  });
  const run = it.dispatch("shop.yml", "main", { environment: "prod", rollback_to: String(first!.id), force: "true" });
  assert.equal(run.conclusion, "failure");
  assert.match(it.shop.log.join("\n"), /public\/page\.txt has the digest .* was built and tested/);
  assert.deepEqual(
    it.log().filter((line) => line.startsWith("web")),
    [],
  );
});

const long = `name: shop
environments: { test: { branch: main } }
pipelines:
  infra:
    paths: ["infra/**"]
    outputs: { text: string }
    jobs:
      apply:
        deploys: true
        steps: ['{ printf text=; head -c 200000 /dev/zero | tr "\\0" x; echo; } >> "$BATON_OUTPUT"']
  web:
    needs: infra
    paths: ["web/**"]
    jobs:
      deploy:
        deploys: true
        steps:
          - run: echo deployed >> "$MARKS/log"
          # A step that takes it is there, and runs elsewhere alone: what a variable holds has an end.
          - { run: ./show.sh, env: { TEXT: { output: infra.text } }, condition: { branch: other } }
`;

test("an output of 200,000 characters is recorded, handed to a job, and stands in for the next run", slow, (t) => {
  const it = shopMachine(t, { layout: "orchestrated" }, long);
  const [first] = it.push("main");
  good([first!], it);
  it.commit({ "web/version": "w2\n" });
  good(it.push("main"), it);
  assert.deepEqual(it.log(), ["deployed", "deployed"]);
});

test("a record that has expired counts as nothing known: everything is deployed anew", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  good(it.push("main"), it);
  it.log();
  it.shop.store.expire(/^release-/);
  it.commit({ "README.md": "x" });
  good(it.push("main"), it);
  assert.equal(it.log().length, 5);
});

test("records that would expire are written again, as they are; after that nothing is deployed anew", slow, (t) => {
  const it = shopMachine(
    t,
    { layout: "orchestrated" },
    `name: shop
environments: { test: { branch: main }, prod: { after: test } }
pipelines: { web: { paths: ["web/**"], jobs: { deploy: { deploys: true, steps: ['echo deployed >> "$MARKS/log"'] } } } }
`,
  );
  good(it.push("main"), it);
  assert.equal(it.log().length, 2);
  const { control } = it.shop.github;
  const kept = () => control.artifacts("team/shop").filter(({ name }) => /^(?:release|started)-/.test(name));
  const age = (days: number) => {
    const time = (after: number) => new Date(Date.now() + after * 86_400_000).toISOString();
    for (const { id } of kept()) {
      control.changeArtifact("team/shop", id, { created_at: time(-days), expires_at: time(90 - days) });
    }
  };
  age(50);
  const old = kept();
  const deployments = it.shop.deployments.length;
  const look = it.schedule("shop-records.yml");
  good([look], it);
  assert.deepEqual(
    look.followers.map(({ file, jobs }) => [file, jobs.get("renew")]),
    ["test", "prod"].map(() => [".github/workflows/shop-records.yml", "success"]),
  );
  assert.equal(kept().length, 2 * old.length);
  assert.deepEqual([it.log(), it.shop.deployments.length], [[], deployments]);
  for (const { id } of old) control.removeArtifact("team/shop", id);
  good(it.push("main"), it);
  assert.deepEqual(it.log(), []);
});

test("a gate of which GitHub once says nothing is asked for again", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  const { control } = it.shop.github;
  control.addFault({ match: gate, is: { kind: "status", status: 502, message: "Bad Gateway" }, from: 1, to: 1 });
  good(it.push("main"), it);
  assert.deepEqual(waits(it), ["2"]);
  assert.ok(it.log().some((line) => line.includes(" prod ")));
});

test("a gate that asks nobody lets nothing through, nor does one that GitHub says nothing about", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  const { control } = it.shop.github;
  control.addFault({ match: gate, is: { kind: "status", status: 502, message: "Bad Gateway" }, to: 6 });
  const [unknown] = it.push("main");
  assert.deepEqual([unknown!.jobs.get("prod-approval"), unknown!.jobs.get("prod")], ["failure", "skipped"]);
  assert.match(it.shop.log.join("\n"), /GitHub does not answer::\S*environments\/prod-approval: .*502/);
  assert.deepEqual(waits(it), ["2", "8", "18", "32", "50"]);
  control.setEnvironment("team/shop", "prod-approval", { reviewers: [] });
  const [open] = it.push("main");
  assert.deepEqual([open!.conclusion, open!.jobs.get("prod")], ["failure", "skipped"]);
  assert.match(it.shop.log.join("\n"), /The environment prod-approval asks nobody/);
  assert.ok(!it.log().some((line) => line.includes(" prod ")));
  it.shop.log.length = 0;
  control.setEnvironment("team/shop", "prod-approval", undefined);
  assert.equal(it.push("main")[0]!.jobs.get("prod-approval"), "failure");
  assert.match(it.shop.log.join("\n"), /The environment prod-approval asks nobody/);
  // What is not there is an answer.
  assert.deepEqual(waits(it), []);
});

test("an environment that is open to another branch refuses the deployment", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  const { control } = it.shop.github;
  // What a wrong setting does; that the right ones refuse nothing is seen by every other test here.
  const foreign = { deployment_branch_policy: { protected_branches: false, custom_branch_policies: true } };
  control.setEnvironment("team/shop", "test", { ...foreign, policies: [{ id: 1, name: "release/*", type: "branch" }] });
  const [refused] = it.push("main");
  assert.equal(refused!.conclusion, "failure");
  assert.match(it.shop.log.join("\n"), /Branch "main" is not allowed to deploy to test/);
  assert.deepEqual(
    it.log().filter((line) => !line.startsWith("build")),
    [],
  );
});

test("a pull request builds and tests what it changes, deploys nothing and leaves no record", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  it.commit({ "web/version": "w2\n" }, "feature");
  const [run] = it.pullRequest("main");
  good([run!], it);
  assert.deepEqual(it.log(), ["build w2"]);
  assert.deepEqual(it.shop.store.names(run!.id), ["dist", "web_page"]);
  it.commit({ "README.md": "x" }, "feature");
});

test("a job that may be tried again is, and outputs that are missing or of another type fail it", slow, (t) => {
  const it = shopMachine(t, orchestrated);
  writeFileSync(it.mark("fail-once"), "");
  good(it.push("main"), it);
  const wrong = shopMachine(t, orchestrated, definition.replace("echo count=3", "echo count=three"));
  assert.equal(wrong.push("main")[0]!.conclusion, "failure");
  assert.match(wrong.shop.log.join("\n"), /Output count was promised as number/);
  const missing = shopMachine(t, orchestrated, definition.replace("echo ready=true", "true"));
  assert.equal(missing.push("main")[0]!.conclusion, "failure");
  assert.match(missing.shop.log.join("\n"), /Output ready was promised and not published/);
});
