/** A run in the working tree itself goes on only where the files are those that it was made for. */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { sandbox } from "./sandbox.ts";

const shop = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: {} }
pipelines:
  app:
    jobs:
      build: { per: release, steps: ["cat app; echo built > made"] }
      deploy: { needs: build, deploys: true, steps: ["cat app; if [ -e .git/fail ]; then exit 1; fi"] }
`;

const prepared = (t: Parameters<typeof sandbox>[0]) => {
  const box = sandbox(t, { files: { "baton.yaml": shop, app: "good" } });
  const waits = async (...args: string[]) => {
    const { code, stderr } = await box.baton("run", "--in-place", "--to", "prod", ...args);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /prod waits for approval/);
  };
  return { box, waits };
};

test("what was approved is what goes out: another commit is refused, and going back helps", fullDepth(), async (t) => {
  const { box, waits } = prepared(t);
  const short = box.git("rev-parse", "--short=7", "HEAD").trim();
  await waits();
  box.git("checkout", "-q", "-b", "feature/x");
  box.write({ app: "evil" });
  box.git("add", "app");
  box.git("commit", "-q", "-m", "evil");
  for (const verb of ["approve", "resume"]) {
    const { code, stderr } = await box.baton(verb);
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      new RegExp(
        `run r0001 works in the working tree itself, on ${short}, and \\w{7} \\(feature/x\\) is checked out there`,
      ),
    );
    assert.match(stderr, /next: git checkout main goes back/);
  }
  box.git("checkout", "-q", "main");
  // What its own jobs made is no reason: build has left a file.
  assert.equal(box.read("made"), "built\n");
  const { code, stderr } = await box.baton("approve");
  assert.equal(code, 0, stderr);
});

test("edited files are refused as well, and a new run of them is not", fullDepth(), async (t) => {
  const { box, waits } = prepared(t);
  await waits();
  box.write({ app: "evil" });
  const { code, stderr } = await box.baton("approve");
  assert.equal(code, 1, stderr);
  assert.match(stderr, /these files have changed since: app/);
  assert.match(stderr, /next: put them back \(git diff \w{7} shows them\).*baton cancel r0001/);
  assert.equal((await box.baton("cancel", "r0001")).code, 0);
  const anew = await box.baton("run", "--in-place", "--to", "prod", "--yes", "--allow-dirty");
  assert.equal(anew.code, 0, anew.stderr);
});

test("files that were uncommitted from the start are compared with themselves", fullDepth(), async (t) => {
  const { box, waits } = prepared(t);
  box.write({ app: "tried", more: "1" });
  await waits("--allow-dirty");
  box.write({ more: "2" });
  assert.match((await box.baton("approve")).stderr, /these files have changed since: more/);
  box.write({ more: "1" });
  const { code, stderr } = await box.baton("approve");
  assert.equal(code, 0, stderr);
});

test("a failed run is retried on its own files only", fullDepth(), async (t) => {
  const { box } = prepared(t);
  box.write({ ".git/fail": "" });
  assert.equal((await box.baton("run", "--in-place")).code, 1);
  box.write({ app: "evil" });
  assert.match((await box.baton("retry")).stderr, /these files have changed since: app/);
  box.git("checkout", "-q", "app");
  rmSync(join(box.root, ".git", "fail"));
  const again = await box.baton("retry");
  assert.equal(again.code, 0, again.stderr);
});
