import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { changedSince, findRepositoryRoot, readWorktree, resolveCommit } from "../../src/git/worktree.ts";
import { repository } from "./repository.ts";

test("a clean working tree has its commit, its branch and nothing uncommitted", async (t) => {
  const repo = repository(t, { branch: "feature/näme" });
  repo.write({ "a.txt": "1" });
  const commit = repo.commit("one");
  assert.deepEqual(await readWorktree(repo.root), { root: repo.root, commit, branch: "feature/näme", uncommitted: [] });
});

test("changed, staged, deleted, renamed and untracked paths count; ignored ones do not", async (t) => {
  const repo = repository(t);
  repo.write({
    ".gitignore": "ignored/\n",
    "keep.txt": "k",
    "gone.txt": "g",
    "old name.txt": "same text",
    "edit.txt": "e",
  });
  repo.commit("one");
  repo.write({ "edit.txt": "edited", "ignored/x": "x", "new folder/ünïcode 文.txt": "n", "staged.txt": "s" });
  repo.git("add", "staged.txt");
  rmSync(join(repo.root, "gone.txt"));
  repo.git("mv", "old name.txt", "new name.txt");
  assert.deepEqual((await readWorktree(repo.root)).uncommitted, [
    "edit.txt",
    "gone.txt",
    "new folder/ünïcode 文.txt",
    "new name.txt",
    "old name.txt",
    "staged.txt",
  ]);
});

test("before the first commit there is no commit, and files are uncommitted", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1" });
  assert.deepEqual(await readWorktree(repo.root), { root: repo.root, branch: "main", uncommitted: ["a"] });
});

test("a checked-out commit has no branch", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1" });
  const commit = repo.commit("one");
  repo.git("checkout", "--quiet", "--detach");
  assert.deepEqual(await readWorktree(repo.root), { root: repo.root, commit, uncommitted: [] });
});

test("a change is listed with both sides of a rename", async (t) => {
  const repo = repository(t);
  repo.write({ "web/a file.txt": "some text that stays", "b.txt": "b" });
  const base = repo.commit("one");
  mkdirSync(join(repo.root, "api"));
  repo.git("mv", "web/a file.txt", "api/a file.txt");
  const commit = repo.commit("two");
  assert.deepEqual(await changedSince(repo.root, base, commit), ["api/a file.txt", "web/a file.txt"]);
  assert.deepEqual(await changedSince(repo.root, commit, commit), []);
});

test("a base that git does not know has no answer", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1" });
  const commit = repo.commit("one");
  assert.equal(await changedSince(repo.root, "0123456789012345678901234567890123456789", commit), undefined);
  assert.equal(await changedSince(repo.root, "--output=stolen", commit), undefined);
});

test("names resolve to full ids, and what is no commit does not", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1" });
  const commit = repo.commit("one");
  repo.git("tag", "v1");
  assert.equal(await resolveCommit(repo.root, "v1"), commit);
  assert.equal(await resolveCommit(repo.root, commit.slice(0, 8)), commit);
  assert.equal(await resolveCommit(repo.root, "nowhere"), undefined);
  assert.equal(await resolveCommit(repo.root, "--all"), undefined);
});

test("the top folder is found from below, and variables set by a git hook do not mislead", async (t) => {
  const repo = repository(t);
  const other = repository(t);
  repo.write({ "deep/er/a": "1" });
  const commit = repo.commit("one");
  process.env.GIT_DIR = join(other.root, ".git");
  t.after(() => delete process.env.GIT_DIR);
  assert.equal(findRepositoryRoot(join(repo.root, "deep", "er")), repo.root);
  assert.equal((await readWorktree(repo.root)).commit, commit);
});
