/** A commit brought elsewhere as a pack, with its tags as they are now. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { git } from "../../src/git/git.ts";
import { BroughtSources, packFor } from "../../src/git/pack.ts";

async function repository(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "baton-pack-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const from = join(folder, "from");
  await git(["init", "--quiet", from], { cwd: folder });
  const author = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"];
  const run = (...args: string[]) => git([...author, ...args], { cwd: from });
  writeFileSync(join(from, "a"), "1\n".repeat(5_000));
  await run("add", ".");
  await run("commit", "--quiet", "-m", "one");
  const commit = (await run("rev-parse", "HEAD")).trim();
  const sources = new BroughtSources(join(folder, "to.git"));
  const pack = async (has: string[]) => packFor(from, { commit, has });
  const brought = async () => (await git(["tag"], { cwd: sources.root })).split("\n").slice(0, -1);
  return { run, sources, commit, pack, brought };
}

test("tags made, moved and removed after a commit was brought are there when it is asked for again", async (t) => {
  const { run, sources, commit, pack, brought } = await repository(t);
  await sources.bring(commit, pack);
  await run("tag", "light");
  await run("tag", "--annotate", "-m", "of ten", "heavy");
  await sources.bring(commit, pack);
  assert.deepEqual(await brought(), ["heavy", "light"]);
  await run("tag", "--delete", "light");
  const has: string[][] = [];
  await sources.bring(commit, async (found) => {
    has.push(found);
    return await pack(found);
  });
  assert.deepEqual(await brought(), ["heavy"]);
  assert.deepEqual(has, [[commit, (await run("rev-parse", "refs/tags/heavy")).trim(), commit]]);
});

test("a pack that is cut fails as what cut it, and is brought whole the next time", async (t) => {
  const { sources, commit, pack, brought } = await repository(t);
  const cut = new Error("the connection was cut");
  const half = async function* (has: string[]) {
    for await (const piece of await pack(has)) {
      yield piece.subarray(0, piece.length - 1);
      if (piece.indexOf("PACK") === 0) throw cut;
      yield piece.subarray(piece.length - 1);
    }
  };
  await assert.rejects(
    sources.bring(commit, async (has) => half(has)),
    (error) => error === cut,
  );
  await sources.bring(commit, pack);
  assert.deepEqual(await brought(), []);
});
