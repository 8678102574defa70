import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dropRefs } from "../../src/git/refs.ts";
import { keepRunCommit, listRunRefs } from "../../src/git/run-refs.ts";
import { repository } from "./repository.ts";

test("the commit of a run outlives its branch and a collection of garbage, until the run is given up", async (t) => {
  const repo = repository(t);
  repo.write({ "a.txt": "1" });
  repo.commit("one");
  repo.git("checkout", "--quiet", "-b", "feature");
  repo.write({ "a.txt": "2" });
  const commit = repo.commit("two");
  const refs = { root: repo.root, owner: "one" };
  const other = { root: repo.root, owner: "two" };
  assert.equal(await keepRunCommit(refs, "r0001", commit), undefined);
  assert.equal(await keepRunCommit(other, "r0001", repo.git("rev-parse", "main")), undefined);
  const collect = () => {
    repo.git("reflog", "expire", "--expire=now", "--all");
    repo.git("gc", "--quiet", "--prune=now");
  };
  repo.git("checkout", "--quiet", "main");
  repo.git("branch", "-D", "feature");
  collect();
  assert.equal(repo.git("cat-file", "-t", commit), "commit");
  const listed = await listRunRefs(refs);
  assert.deepEqual(listed, [{ name: "refs/baton/runs/one/r0001", leaf: "r0001", commit }]);
  await dropRefs(repo.root, listed);
  assert.match(repo.git("for-each-ref", "refs/baton"), /refs\/baton\/runs\/two\/r0001$/);
  collect();
  assert.throws(() => repo.git("cat-file", "-t", commit));
});

test("where no ref can be written the reason is told, and where none can be given up that can wait", async (t) => {
  const repo = repository(t);
  repo.write({ "a.txt": "1" });
  const commit = repo.commit("one");
  const refs = { root: repo.root, owner: "one" };
  repo.write({ ".git/refs/baton": "in the way" });
  assert.match((await keepRunCommit(refs, "r0001", commit)) ?? "", /git update-ref failed/);
  rmSync(join(repo.root, ".git/refs/baton"));
  await keepRunCommit(refs, "r0001", commit);
  repo.write({ ".git/refs/baton/runs/one/r0001.lock": "in the way" });
  await dropRefs(repo.root, await listRunRefs(refs));
  assert.match(repo.git("for-each-ref", "refs/baton"), /r0001$/);
});
