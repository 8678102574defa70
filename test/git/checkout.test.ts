import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkout, ReusedCheckout } from "../../src/git/checkout.ts";
import { dropRefs } from "../../src/git/refs.ts";
import { keepSnapshot, listSnapshots, snapshot } from "../../src/git/snapshot.ts";
import { readWorktree } from "../../src/git/worktree.ts";
import { needs } from "../lane/needs.ts";
import { type Repository, repository } from "./repository.ts";

function at(folder: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/** Everything of a repository that a person would notice if it changed. */
function face(repo: Repository): unknown {
  return {
    index: readFileSync(join(repo.root, ".git", "index")).toString("base64"),
    branches: repo.git("for-each-ref", "refs/heads", "refs/tags"),
    head: readFileSync(join(repo.root, ".git", "HEAD"), "utf8"),
    worktrees: existsSync(join(repo.root, ".git", "worktrees")),
    status: repo.git("--no-optional-locks", "status", "--porcelain"),
  };
}

test("a checkout has exactly the commit's files and is a repository of its own", async (t) => {
  const repo = repository(t);
  repo.write({ "web/index.html": "one", "run.sh": "#!/bin/sh\n" });
  chmodSync(join(repo.root, "run.sh"), 0o755);
  symlinkSync("web/index.html", join(repo.root, "link"));
  const commit = repo.commit("one");
  repo.git("tag", "--annotate", "v1.2", "--message", "first");
  repo.write({ "web/index.html": "two", "untracked.txt": "u" });
  const before = face(repo);
  const folder = join(repo.root, ".git", "checkout");
  await checkout({ root: repo.root, commit, branch: "release/next", folder });
  assert.deepEqual(readdirSync(folder).sort(), [".git", "link", "run.sh", "web"]);
  assert.equal(readFileSync(join(folder, "link"), "utf8"), "one");
  assert.equal(lstatSync(join(folder, "run.sh")).mode & 0o111, 0o111);
  assert.equal(at(folder, "rev-parse", "HEAD"), commit);
  assert.equal(at(folder, "branch", "--show-current"), "release/next");
  assert.equal(at(folder, "describe"), "v1.2");
  assert.equal(at(folder, "status", "--porcelain"), "");
  assert.deepEqual(face(repo), before);
});

test("a checkout that a job has worked in is made as new, to the byte", async (t) => {
  const repo = repository(t);
  repo.write({ same: "aaaa", gone: "g", "dir/deep/file": "d", "run.sh": "#!/bin/sh\n", ".gitignore": "ignored\n" });
  symlinkSync("same", join(repo.root, "link"));
  const commit = repo.commit("one");
  const folder = join(repo.root, ".git", "checkout");
  const fresh = join(repo.root, ".git", "fresh");
  const reused = new ReusedCheckout({ root: repo.root, commit, folder });
  await reused.layOut();
  const script = `
    echo bbb > same; rm gone link; rm -r dir; echo x > dir; mkdir run.d; chmod +x run.sh; ln -s / link
    echo i > ignored; mkdir -p a/b; echo u > a/b/untracked; git init --quiet nested; echo n > nested/n
    git update-index --assume-unchanged same; git config core.hooksPath /nowhere; echo '*' > .git/info/exclude || true
    git -c user.name=J -c user.email=j@x commit --quiet --allow-empty -m job; chmod 500 a`;
  execFileSync("sh", ["-c", script], { cwd: folder, stdio: "ignore" });
  await reused.layOut();
  await checkout({ root: repo.root, commit, folder: fresh });
  const listing = (place: string) =>
    execFileSync(
      "sh",
      ["-c", "find . -path ./.git -prune -o -printf '%y %m %l %p\n' | sort; cat same gone dir/deep/file run.sh"],
      {
        cwd: place,
        encoding: "utf8",
      },
    );
  assert.equal(listing(folder), listing(fresh));
  assert.equal(at(folder, "rev-parse", "HEAD"), commit);
  assert.equal(at(folder, "status", "--porcelain", "--ignored"), "");
  assert.deepEqual(readdirSync(join(folder, ".git")).sort(), readdirSync(join(fresh, ".git")).sort());
});

test("git commands of a job cannot reach the user's repository", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1" });
  const commit = repo.commit("one");
  repo.write({ precious: "not committed" });
  const before = face(repo);
  const folder = join(repo.root, ".git", "checkout");
  await checkout({ root: repo.root, commit, folder });
  writeFileSync(join(folder, "a"), "changed by a job");
  at(folder, "add", "--all");
  at(folder, "-c", "user.name=Job", "-c", "user.email=job@example.com", "commit", "--quiet", "-m", "by a job");
  at(folder, "clean", "-ffdx");
  at(folder, "reset", "--quiet", "--hard", commit);
  assert.deepEqual(face(repo), before);
});

test("neither checkout nor snapshot runs a hook or shows up anywhere but under refs/baton", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1", ".gitignore": "ignored\n" });
  const parent = repo.commit("one");
  for (const hook of ["post-checkout", "reference-transaction", "post-index-change", "pre-commit"]) {
    const path = join(repo.root, ".git", "hooks", hook);
    writeFileSync(path, `#!/bin/sh\ntouch '${join(repo.root, ".git", "hook-ran")}'\n`);
    chmodSync(path, 0o755);
  }
  repo.write({ a: "2", "new/b": "untracked", ignored: "secret" });
  const before = face(repo);
  const commit = await snapshot({ root: repo.root, parent });
  await keepSnapshot(repo.root, commit);
  assert.deepEqual(face(repo), before);
  const folder = join(repo.root, ".git", "checkout");
  await checkout({ root: repo.root, commit, folder });
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "2");
  assert.equal(readFileSync(join(folder, "new", "b"), "utf8"), "untracked");
  assert.equal(existsSync(join(folder, "ignored")), false);
  assert.equal(at(repo.root, "rev-parse", `${commit}^`), parent);
  assert.equal(existsSync(join(repo.root, ".git", "hook-ran")), false);
});

test("an edit of the same length in the same second is seen", async (t) => {
  const repo = repository(t);
  const second = new Date(1_700_000_000_000);
  const file = join(repo.root, "a");
  repo.write({ a: "1" });
  utimesSync(file, second, second);
  const parent = repo.commit("one");
  utimesSync(join(repo.root, ".git", "index"), second, second);
  repo.write({ a: "2" });
  utimesSync(file, second, second);
  const commit = await snapshot({ root: repo.root, parent });
  assert.equal(at(repo.root, "show", `${commit}:a`), "2");
});

test("the same files give the same snapshot, and only the needed ones are kept", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1" });
  const parent = repo.commit("one");
  repo.write({ a: "2" });
  const first = await snapshot({ root: repo.root, parent });
  assert.equal(await snapshot({ root: repo.root, parent }), first);
  repo.write({ b: "3" });
  const second = await snapshot({ root: repo.root, parent });
  assert.notEqual(second, first);
  for (const commit of [first, second]) await keepSnapshot(repo.root, commit);
  const kept = () => at(repo.root, "for-each-ref", "--format=%(objectname)", "refs/baton").split("\n");
  assert.deepEqual(kept(), [first, second].sort());
  const listed = await listSnapshots(repo.root);
  await dropRefs(
    repo.root,
    listed.filter(({ commit }) => commit === first),
  );
  assert.deepEqual(kept(), [second]);
  assert.deepEqual(
    readdirSync(join(repo.root, ".git")).filter((name) => name.includes("baton")),
    [],
  );
});

test("a checkout that was interrupted is made anew", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1" });
  const commit = repo.commit("one");
  const folder = join(repo.root, ".git", "checkout");
  await checkout({ root: repo.root, commit, folder });
  writeFileSync(join(folder, "left-over"), "x");
  writeFileSync(join(folder, ".git", "index.lock"), "");
  await checkout({ root: repo.root, commit, folder });
  assert.deepEqual(readdirSync(folder).sort(), [".git", "a"]);
});

test("shallow clones, linked worktrees and submodules are checked out too", needs("sed"), async (t) => {
  const library = repository(t);
  library.write({ "lib.txt": "library" });
  library.commit("library");
  const repo = repository(t);
  repo.write({ a: "1" });
  repo.commit("one");
  repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.root, "vendor/lib");
  const commit = repo.commit("with a library");
  const linked = join(repo.root, ".git", "linked");
  repo.git("worktree", "add", "--quiet", "--detach", linked);
  const folder = join(repo.root, ".git", "checkout");
  await checkout({ root: repo.root, commit, folder });
  assert.equal(readFileSync(join(folder, "vendor", "lib", "lib.txt"), "utf8"), "library");
  await checkout({ root: linked, commit, folder });
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "1");
  const clone = join(repo.root, ".git", "shallow-clone");
  repo.git("clone", "--quiet", "--depth", "1", `file://${repo.root}`, clone);
  await checkout({ root: clone, commit, folder });
  assert.equal(at(folder, "log", "--format=%s"), "with a library");
  assert.equal((await readWorktree(clone)).commit, commit);
});
