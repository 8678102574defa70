import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Checkouts } from "../../src/control/local/checkouts.ts";
import { repository } from "../git/repository.ts";

test("tidying away never takes what another Baton began after it was decided what to keep", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1", ".gitignore": ".baton\n" });
  const commit = repo.commit("one");
  repo.write({ a: "2" });
  const later = repo.commit("two");
  const checkouts = new Checkouts(join(repo.root, ".baton"));
  const begin = async (run: string, at = commit, uncommitted: string[] = []) => {
    const source = { kind: "commit", root: repo.root, prefix: "", commit: at, head: at, branch: "main" } as const;
    await checkouts.keep({ ...source, uncommitted });
    checkouts.prepare(run, { source: { ...source, uncommitted }, inPlace: false });
    assert.equal(await checkouts.keepCommit(run), undefined);
  };
  const refs = () => repo.git("for-each-ref", "--format=%(refname)", "refs/baton").split("\n").filter(Boolean);
  await begin("r0001");
  const old = refs();
  const kept = await checkouts.listKept(repo.root);
  assert.equal(kept.runs.length, 1);
  const decided = { keep: new Set<string>(), remember: new Set<string>(), commits: [], root: repo.root };
  await begin("r0002", later, ["a"]);
  const { length } = refs();
  await checkouts.tidy({ ...decided, kept });
  const left = refs();
  assert.equal(left.length, length - old.length);
  assert.ok(left.some((ref) => ref.endsWith("/r0002")));
  assert.ok(
    left.some((ref) => ref.endsWith(later)),
    "its snapshot",
  );
  // Moved since it was listed: somebody uses the name anew.
  const again = await checkouts.listKept(repo.root);
  await begin("r0002", commit);
  await checkouts.tidy({ ...decided, kept: { ...again, snapshots: [] } });
  assert.ok(refs().some((ref) => ref.endsWith("/r0002")));
  await checkouts.tidy({ ...decided, kept: await checkouts.listKept(repo.root) });
  assert.deepEqual(refs(), []);
});
