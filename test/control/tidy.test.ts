import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
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

test("a damaged record of what a run works on is told, and nothing that it may need is taken", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1", ".gitignore": ".baton\n" });
  const commit = repo.commit("one");
  const folder = join(repo.root, ".baton");
  const source = { kind: "commit", root: repo.root, prefix: "", commit, head: commit, branch: "main" } as const;
  const first = new Checkouts(folder);
  await first.keep({ ...source, uncommitted: ["a"] });
  first.prepare("r0001", { source: { ...source, uncommitted: ["a"] }, inPlace: false });
  await first.keepCommit("r0001");
  const path = join(folder, "checkouts/r0001.json");
  const whole = readFileSync(path, "utf8");
  await new Checkouts(folder).restore("r0001");
  const refs = repo.git("for-each-ref", "refs/baton");
  for (const damaged of [whole.replace('"commit":', '"commit";'), whole.replace("main", "mail"), ""]) {
    writeFileSync(path, damaged);
    const checkouts = new Checkouts(folder);
    await assert.rejects(checkouts.restore("r0001"), ({ refusal }: { refusal: { code: string; because: string } }) => {
      assert.deepEqual([refusal.code, refusal.because], ["workplace-unknown", `${path} is damaged`]);
      return true;
    });
    const [keep, remember] = [new Set<string>(), new Set(["r0001"])];
    const kept = await checkouts.listKept(repo.root);
    await checkouts.tidy({ keep, remember, commits: [], root: repo.root, kept });
    assert.equal(repo.git("for-each-ref", "refs/baton"), refs);
  }
});
