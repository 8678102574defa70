import assert from "node:assert/strict";
import { test } from "node:test";
import { GitError, git } from "../../src/git/git.ts";
import { repository } from "./repository.ts";

test("an error of git's names the command, whatever options stand before it", async (t) => {
  const { root } = repository(t);
  for (const args of [
    ["-c", "checkout.workers=0", "read-tree", "no-such-tree"],
    ["-C", ".", "read-tree", "no-such-tree"],
    ["--no-pager", "read-tree", "no-such-tree"],
  ]) {
    const error = await git(args, { cwd: root }).catch((caught: unknown) => caught);
    assert.ok(error instanceof GitError);
    assert.match(error.message, /^git read-tree failed: fatal: .*no-such-tree/);
  }
});
