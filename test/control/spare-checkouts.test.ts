import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { readChecked, writeChecked } from "../../src/control/local/checked-file.ts";
import { SpareCheckouts } from "../../src/control/local/spare-checkouts.ts";
import {
  type CheckoutRequest,
  checkout,
  type LeftCheckout,
  type Original,
  ReusedCheckout,
  readOriginal,
} from "../../src/git/checkout.ts";
import { WrittenTree } from "../../src/git/written-tree.ts";
import { contentOf, misbehave, mischief, plant, type Tree, trees } from "../git/mischief.ts";
import { type Repository, repository } from "../git/repository.ts";
import { tries } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";

const some = fc.array(mischief, { maxLength: 3 });

/** What is between a run and the one before. */
const runs = fc.array(
  fc.record({
    /** Absent: the commit of before. */
    tree: fc.option(trees, { freq: 3 }),
    attributes: fc.constantFrom("", "", "* text eol=crlf\n", "a ident\n", "dir/* text eol=crlf\n"),
    autocrlf: fc.constantFrom("false", "false", "true"),
    tag: fc.boolean(),
    branch: fc.constantFrom("main", "main", ""),
    collect: fc.boolean(),
    /** By jobs; and by whoever finds what a run has left. */
    byJobs: fc.array(some, { minLength: 1, maxLength: 2 }),
    byOthers: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, some),
  }),
  { minLength: 2, maxLength: 5 },
);

type Of = Omit<CheckoutRequest, "folder"> & { original: Original };
type Take = (spare: SpareCheckouts, folder: string, of: Of) => Promise<LeftCheckout | undefined>;

/** Whatever lies between two runs, the later one finds what git itself writes. Resolves with how many took up what was left. */
async function requireAsNew(t: TestContext, take: Take, options: fc.Parameters<unknown>): Promise<number> {
  let taken = 0;
  const property = fc.asyncProperty(runs, async (all) => {
    const repo = repository(t);
    const outside = join(repo.root, ".git", "outside");
    mkdirSync(outside);
    const spare = new SpareCheckouts(join(repo.root, ".git", ".baton"));
    let commit: string | undefined;
    for (const [index, run] of all.entries()) {
      repo.git("config", "core.autocrlf", run.autocrlf);
      if (run.tree !== null || commit === undefined) commit = plantAnew(repo, run.tree ?? all[1]!.tree, run.attributes);
      if (run.tag) repo.git("tag", "--force", `v${index}`);
      if (run.collect) repo.git("gc", "--quiet", "--prune=now");
      const original = await readOriginal(repo.root);
      const of = { root: repo.root, commit, branch: run.branch, original };
      const fresh = join(repo.root, ".git", "fresh");
      await checkout({ ...of, folder: fresh });
      const expected = contentOf(fresh);
      const folder = join(repo.root, ".git", ".baton", "checkouts", `r${index}`, "job.1");
      const left = await take(spare, folder, of);
      if (left !== undefined) taken++;
      const written = new ReusedCheckout({ ...of, folder }, { ...(left && { left }) });
      await written.layOut();
      assert.deepEqual(contentOf(folder), expected);
      for (const job of run.byJobs) {
        for (const deed of job) misbehave(deed, { folder, outside });
        await written.layOut();
        assert.deepEqual(contentOf(folder), expected);
      }
      assert.equal(execFileSync("git", ["status", "--porcelain", "--ignored"], { cwd: folder, encoding: "utf8" }), "");
      for (const deed of run.byJobs[0]!) misbehave(deed, { folder, outside });
      const known = await written.leave();
      if (known !== undefined) spare.give(folder, known);
      const at = spareOf(join(repo.root, ".git"));
      for (const name of existsSync(at) ? readdirSync(at) : [])
        for (const deed of run.byOthers) misbehave(deed, { folder: join(at, name, "files"), outside });
    }
    rmSync(repo.root, { recursive: true, force: true });
  });
  await fc.assert(property, options);
  return taken;
}

/** In place of all that was there. Without a tree: one file. */
function plantAnew(repo: Repository, tree: Tree | null, attributes: string): string {
  for (const name of readdirSync(repo.root)) if (name !== ".git") rmSync(join(repo.root, name), { recursive: true });
  if (attributes !== "") repo.write({ ".gitattributes": attributes });
  return plant(repo, tree ?? { files: { a: "$Id$ of a\n" }, executable: "a", link: null });
}

const spareOf = (root: string) => join(root, ".baton", "spare");
const honest: Take = async (spare, folder) => spare.take(folder);

test("whatever happens between two runs, the later one finds what git writes", fullDepth(), async (t) => {
  const taken = await requireAsNew(t, honest, tries(12));
  assert.ok(taken > 3, "what was left was used");
});

/** Ways to take what was left that are wrong: what the property must see. */
const sabotages: Record<string, (left: LeftCheckout, folder: string, of: Of) => Promise<LeftCheckout>> = {
  "taken for one of this commit": async (left, _, { commit }) => ({ ...left, commit }),
  "taken for one of these settings": async (left, _, { original }) => ({ ...left, writing: original.writing! }),
  "taken for what was left, whatever it is": async (left, folder) => {
    const record = (at: string) => WrittenTree.record(at, { clock: `${folder}.clock`, leaveOut: [".git"] });
    const [files, own] = [await record(folder), await record(join(folder, ".git"))];
    return files && own ? { ...left, files: files.rows(), own: own.rows() } : left;
  },
};

for (const [name, wrong] of Object.entries(sabotages)) {
  test(`what was left and is ${name} is seen`, fullDepth(), async (t) => {
    const take: Take = async (spare, folder, of) => {
      const left = spare.take(folder);
      return left && (await wrong(left, folder, of));
    };
    await assert.rejects(requireAsNew(t, take, { numRuns: 200, endOnFailure: true, seed: 1 }), /Property failed/);
  });
}

/** A commit, what one run has left of it, and what the next run has. */
async function twoRuns(t: TestContext, between: (repo: Repository, spare: string) => void, files = {}) {
  const repo = repository(t);
  repo.write({ ".gitignore": ".baton\n", a: "1\n", "dir/b": "2\n", ...files });
  const first = repo.commit("one");
  const spare = new SpareCheckouts(join(repo.root, ".baton"));
  const layOut = async (run: string, commit: string) => {
    const folder = join(repo.root, ".baton", "checkouts", run, "job.1");
    const left = spare.take(folder);
    const original = await readOriginal(repo.root);
    const request = { root: repo.root, commit, branch: "main", folder, original };
    const checkout = new ReusedCheckout(request, { ...(left && { left }) });
    await checkout.layOut();
    return { folder, checkout, inode: (path: string) => lstatSync(join(folder, path)).ino };
  };
  const one = await layOut("r1", first);
  const inodes = { a: one.inode("a"), b: one.inode("dir/b") };
  const left = await one.checkout.leave();
  if (left !== undefined) spare.give(one.folder, left);
  const names = existsSync(join(repo.root, ".baton/spare")) ? readdirSync(join(repo.root, ".baton/spare")) : [];
  between(repo, join(repo.root, ".baton", "spare", names[0] ?? "nothing"));
  const two = await layOut("r2", repo.git("rev-parse", "HEAD"));
  const isSame = { a: two.inode("a") === inodes.a, b: two.inode("dir/b") === inodes.b };
  return {
    repo,
    spare,
    left,
    names,
    isSame,
    read: (path: string) => readFileSync(join(two.folder, path), "utf8"),
    two,
  };
}

test("the next run takes up what the one before has left, and only what differs is written", async (t) => {
  const same = await twoRuns(t, () => {});
  assert.deepEqual(same.isSame, { a: true, b: true });
  const pushed = await twoRuns(t, (repo) => {
    repo.write({ a: "1, longer\n", c: "3" });
    repo.commit("two");
  });
  assert.equal(pushed.isSame.b, true);
  assert.equal(pushed.read("a"), "1, longer\n");
  assert.equal(pushed.read("c"), "3");
  const touched = await twoRuns(t, (_, spare) => {
    const { atime, mtime } = lstatSync(join(spare, "files/a"));
    writeFileSync(join(spare, "files/a"), "X\n");
    utimesSync(join(spare, "files/a"), atime, mtime);
    writeFileSync(join(spare, "files/dir/more"), "by somebody");
  });
  assert.equal(touched.read("a"), "1\n");
  assert.equal(existsSync(join(touched.two.folder, "dir/more")), false);
  assert.equal(touched.isSame.b, true);
});

test("what would be written in another way today is written anew", fullDepth(), async (t) => {
  const attributes = await twoRuns(t, (repo) => {
    repo.write({ ".gitattributes": "* text eol=crlf\n" });
    repo.commit("two");
  });
  assert.equal(attributes.read("dir/b"), "2\r\n");
  const settings = await twoRuns(t, (repo) => repo.git("config", "core.autocrlf", "true"));
  assert.equal(settings.read("a"), "1\r\n");
  const collected = await twoRuns(t, (repo) => {
    repo.write({ c: "3" });
    repo.git("add", "--all");
    repo.git("commit", "--quiet", "--amend", "--message=instead");
    repo.git("reflog", "expire", "--expire=now", "--all");
    repo.git("gc", "--quiet", "--prune=now");
  });
  assert.equal(collected.read("c"), "3");
  const filtered = await twoRuns(t, () => {}, { "dir/.gitattributes": "*.bin filter=anything\n" });
  assert.equal(filtered.left, undefined, "a filter may write other bytes another time");
  const masked = await twoRuns(t, (_, spare) => {
    const path = join(spare, "left.json");
    const left = readChecked<LeftCheckout>(path) as LeftCheckout;
    writeChecked(path, { ...left, writing: left.writing.replace(/[0-9a-f]{8}-/, "00000000-") });
  });
  assert.equal(masked.read("a"), "1\n", "from before the machine started last");
});

test("what was left is taken once, and what is damaged is not there", async (t) => {
  const { repo, spare, two, left } = await twoRuns(t, () => {});
  spare.give(two.folder, left!);
  const folder = join(repo.root, ".baton/checkouts/r3/a.1");
  const other = new SpareCheckouts(join(repo.root, ".baton"));
  assert.notEqual(spare.take(folder), undefined);
  assert.equal(other.take(`${folder}.2`), undefined);
  spare.give(folder, left!);
  writeFileSync(join(spareOf(repo.root), "r3.a.1", "left.json"), "{");
  assert.equal(other.take(folder), undefined);
  assert.deepEqual(readdirSync(spareOf(repo.root)), []);
});

test("no more is left than a few, and no more than fits", async (t) => {
  const { repo, spare, two, left } = await twoRuns(t, () => {});
  const put = (run: string, of: LeftCheckout) => {
    const folder = join(repo.root, ".baton/checkouts", run, "job.1");
    cpSync(two.folder, folder, { recursive: true });
    writeFileSync(`${folder}.index`, "");
    spare.give(folder, of);
    return !existsSync(folder);
  };
  const large = { ...left!, files: left!.files.map(([path, entries, mode]) => [path, entries, mode!, 2 ** 30]) };
  assert.equal(put("large", large as LeftCheckout), false);
  const given = Array.from({ length: 18 }, (_, at) => put(`r${at + 10}`, left!));
  assert.equal(given.filter(Boolean).length, 16);
});

test("a byte that flipped in what is known of what was left leaves nothing to take up", async (t) => {
  const { repo, spare, two, left } = await twoRuns(t, () => {});
  spare.give(two.folder, left!);
  const [name] = readdirSync(spareOf(repo.root)) as [string];
  const kept = join(repo.root, ".git", "kept");
  cpSync(join(spareOf(repo.root), name), kept, { recursive: true, preserveTimestamps: true });
  const taken: string[] = [];
  for (const file of ["left.json", "index"]) {
    const bytes = readFileSync(join(kept, file));
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 12)) {
      const lies = join(spareOf(repo.root), name);
      cpSync(kept, lies, { recursive: true });
      const flipped = bytes.map((byte, other) => (other === at ? byte ^ 1 : byte));
      writeFileSync(join(lies, file), flipped);
      // The last digit of a time may be one that no number keeps.
      if (isSameJson(flipped, bytes)) continue;
      const folder = join(repo.root, ".baton/checkouts/r3", `${file}.${at}`);
      if (spare.take(folder) !== undefined) taken.push(`${file}:${at}`);
      rmSync(join(repo.root, ".baton/checkouts/r3"), { recursive: true, force: true });
    }
  }
  assert.deepEqual(taken, []);
});

function isSameJson(one: Uint8Array, other: Uint8Array): boolean {
  const value = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());
  try {
    return isDeepStrictEqual(value(one), value(other));
  } catch {
    return false;
  }
}
