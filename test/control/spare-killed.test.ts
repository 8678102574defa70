/** A Baton that is killed while it takes or gives a checkout: what it leaves does no later run any harm. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Checkouts } from "../../src/control/local/checkouts.ts";
import { checkout } from "../../src/git/checkout.ts";
import { contentOf } from "../git/mischief.ts";
import { repository } from "../git/repository.ts";
import { fullDepth } from "../lane/needs.ts";

const victim = fileURLToPath(new URL("die-with-checkout.ts", import.meta.url));

/** Kills one run at each call of the file system that matters, and looks each time. Returns how many calls there were. */
async function requireUnharmed(t: TestContext, give: "honest" | "in-place"): Promise<number> {
  const repo = repository(t);
  const state = join(repo.root, ".git", "state");
  repo.write({ a: "1\n", "dir/b": "2\n" });
  const commits = [repo.commit("one")];
  repo.write({ a: "1, longer\n", c: "3\n" });
  commits.push(repo.commit("two"));
  const expected = new Map<string, unknown>();
  for (const commit of commits) {
    const fresh = join(repo.root, ".git", commit);
    await checkout({ root: repo.root, commit, branch: "main", folder: fresh });
    expected.set(commit, contentOf(fresh));
  }
  const spare = join(state, "spare");
  const sourceOf = (commit: string) =>
    ({ kind: "commit", root: repo.root, commit, head: commit, branch: "main", prefix: "", uncommitted: [] }) as {
      kind: "commit";
    } & Parameters<Checkouts["prepare"]>[1]["source"];
  const layOut = async (
    checkouts: Checkouts,
    run: string,
    { attempt, commit }: { attempt: number; commit: string },
  ) => {
    const named = { run, job: "web.build", attempt };
    await checkouts.layOut(named);
    const folder = checkouts.directoryOf(named);
    assert.deepEqual(contentOf(folder), expected.get(commit), `attempt ${attempt} of ${run}`);
    return { named, inode: lstatSync(join(folder, "dir/b")).ino };
  };
  const tidy = (checkouts: Checkouts) =>
    checkouts.tidy({
      keep: new Set(),
      remember: new Set(),
      commits,
      root: undefined,
      kept: { runs: [], snapshots: [] },
    });

  for (let call = 1; ; call++) {
    const [first, second] = call % 2 === 0 ? [commits[0]!, commits[1]!] : [commits[1]!, commits[0]!];
    // There is one to be taken.
    const before = new Checkouts(state);
    before.prepare("r0", { source: sourceOf(first), inPlace: false });
    await before.clear((await layOut(before, "r0", { attempt: 1, commit: first })).named);
    await before.leave("r0");
    assert.ok(readdirSync(spare).length > 0);

    const dead = `dead-${call}`;
    const words = [state, repo.root, second, dead, String(call), give];
    const { signal, stdout, stderr } = spawnSync(process.execPath, [victim, ...words], { encoding: "utf8" });
    if (signal !== "SIGKILL") {
      assert.match(stdout, /^lived through \d+ calls\n$/, stderr);
      return call - 1;
    }
    for (const place of existsSync(spare) ? readdirSync(spare) : []) {
      assert.deepEqual(readdirSync(join(spare, place)).sort(), ["files", "index", "left.json"], "whole, or not there");
      JSON.parse(readFileSync(join(spare, place, "left.json"), "utf8"));
    }
    // Somebody else runs, of either commit, and whoever adopts what was cut off goes on with it.
    const later = new Checkouts(state);
    const commit = call % 3 === 0 ? first : second;
    later.prepare("later", { source: sourceOf(commit), inPlace: false });
    const one = await layOut(later, "later", { attempt: 1, commit });
    const adopted = await layOut(new Checkouts(state), dead, { attempt: 1, commit: second });
    assert.notEqual(one.inode, adopted.inode, "nobody has another's files");
    await later.clear(one.named);
    await later.leave("later");
    await tidy(later);
    assert.deepEqual(readdirSync(join(state, "checkouts")), [], "what was cut off goes with its run");
  }
}

test("killed while it takes or gives a checkout, Baton harms no run", fullDepth(), async (t) => {
  const calls = await requireUnharmed(t, "honest");
  assert.ok(calls > 10, `it died ${calls} times`);
});

test("a checkout that is given piece by piece is seen", fullDepth(), async (t) => {
  await assert.rejects(requireUnharmed(t, "in-place"), /whole, or not there/);
});
