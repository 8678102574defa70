import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { type CheckoutRequest, checkout, ReusedCheckout, readOriginal } from "../../src/git/checkout.ts";
import type { TreeLooker } from "../../src/git/written-tree.ts";
import { nativeProgram } from "../../src/runner/native-program.ts";
import { createTreeLooker, type KeptLooker } from "../../src/runner/tree-looker.ts";
import { tries } from "../lane/depth.ts";
import { fullDepth, needs } from "../lane/needs.ts";
import { attempt, contentOf, misbehave, mischief, plant, trees } from "./mischief.ts";
import { repository } from "./repository.ts";

interface Reused {
  layOut(): Promise<void>;
}

/**
 * Whatever jobs do, each finds what `git` itself writes for the commit, and what they left outside leads to nothing that a
 * later job has.
 */
async function requireAsNew(
  t: TestContext,
  reuse: (request: CheckoutRequest) => Reused,
  options: fc.Parameters<unknown>,
): Promise<void> {
  const outside = join(repository(t).root, "outside");
  await fc.assert(
    fc.asyncProperty(
      trees,
      fc.array(fc.array(mischief, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      async (tree, jobs) => {
        const repo = repository(t);
        const commit = plant(repo, tree);
        const folder = join(repo.root, ".git", "checkout");
        rmSync(outside, { recursive: true, force: true });
        mkdirSync(outside);
        const fresh = `${folder}-fresh`;
        await checkout({ root: repo.root, commit, branch: "main", folder: fresh });
        const expected = contentOf(fresh);
        const reused = reuse({ root: repo.root, commit, branch: "main", folder });
        await reused.layOut();
        assert.deepEqual(contentOf(folder), expected);
        for (const job of jobs) {
          for (const deed of job) misbehave(deed, { folder, outside });
          await reused.layOut();
          for (const left of readdirSync(outside)) attempt(() => appendFileSync(join(outside, left), "later"));
          assert.deepEqual(contentOf(folder), expected);
        }
        assert.equal(
          execFileSync("git", ["status", "--porcelain", "--ignored"], { cwd: folder, encoding: "utf8" }),
          "",
        );
        rmSync(repo.root, { recursive: true, force: true });
      },
    ),
    options,
  );
}

test("whatever a job does in its checkout, the next one finds what git writes", fullDepth(), async (t) => {
  await requireAsNew(t, (request) => new ReusedCheckout(request), tries(40));
});

/** The looker in C; it ends with the test. */
function looker(t: TestContext, program?: string): KeptLooker {
  const kept = program === undefined ? createTreeLooker() : createTreeLooker(program);
  t.after(() => kept.close());
  return kept;
}

test("the same where a program in C looks at the files", fullDepth("cc"), async (t) => {
  assert.notEqual(nativeProgram("tree-looker"), undefined, "node build/build.ts builds it");
  const kept = looker(t);
  const answers = new Set<boolean>();
  const counting: TreeLooker = {
    note: kept.note,
    async isStill(...folders) {
      const is = await kept.isStill(...folders);
      answers.add(is);
      return is;
    },
  };
  const lookingAhead = (request: CheckoutRequest): Reused => {
    const reused = new ReusedCheckout(request, { looker: counting });
    return {
      async layOut() {
        reused.lookAhead();
        await reused.layOut();
      },
    };
  };
  await requireAsNew(t, (request) => new ReusedCheckout(request, { looker: counting }), tries(20));
  await requireAsNew(t, lookingAhead, tries(20));
  assert.deepEqual([...answers].sort(), [false, true], "it was asked, and knew");
});

test("what was looked at ahead is looked at again when somebody may have been there since", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1" });
  const commit = repo.commit("one");
  const folder = join(repo.root, ".git", "checkout");
  let looks = 0;
  let isThere = Promise.withResolvers<boolean>();
  const trusted: TreeLooker = {
    note: async () => true,
    async isStill() {
      looks++;
      return await isThere.promise;
    },
  };
  const reused = new ReusedCheckout({ root: repo.root, commit, folder }, { looker: trusted });
  await reused.layOut();
  assert.equal(looks, 0, "the first one is written");

  reused.lookAhead();
  isThere.resolve(true);
  await reused.layOut();
  const ahead = looks;
  await reused.layOut();
  assert.ok(looks > ahead, "one look is good for one attempt");

  // Nobody can tell how long a look takes; what it says after this time is not taken.
  isThere = Promise.withResolvers();
  reused.lookAhead();
  const since = performance.now();
  while (performance.now() - since < 25);
  isThere.resolve(true);
  const before = looks;
  await reused.layOut();
  assert.ok(looks > before, "an old look is none");

  isThere = Promise.withResolvers();
  isThere.resolve(false);
  appendFileSync(join(folder, "a"), "more");
  reused.lookAhead();
  await reused.layOut();
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "1", "what it finds changed is written anew");
});

test("a looker in C tells each change, notes anew, and is done without when it is gone", needs("cc"), async (t) => {
  const kept = looker(t);
  const folder = join(repository(t).root, "tree");
  mkdirSync(join(folder, "dir"), { recursive: true });
  writeFileSync(join(folder, "dir", "file"), "one");
  const note = () => kept.note(folder, [".", "dir", "dir/file"]);
  assert.equal(await kept.isStill(folder), false, "nothing was noted");
  assert.equal(await kept.note(folder, [".", "nowhere"]), false);
  assert.equal(await kept.isStill(folder), false);
  for (const change of [
    () => writeFileSync(join(folder, "dir", "file"), "two"),
    () => chmodSync(join(folder, "dir", "file"), 0o600),
    () => utimesSync(join(folder, "dir", "file"), 1, 1),
    () => writeFileSync(join(folder, "dir", "new"), ""),
    () => linkSync(join(folder, "dir", "file"), join(folder, "..", `left-${Math.random()}`)),
    () => renameSync(join(folder, "dir"), join(folder, "other")),
  ]) {
    assert.equal(await note(), true);
    assert.equal(await kept.isStill(folder), true);
    // Until the clock of the file system has gone on, times tell nothing.
    const deadline = performance.now() + 10_000;
    do {
      assert.ok(performance.now() < deadline, "a change shows");
      if (existsSync(join(folder, "dir"))) change();
    } while (await kept.isStill(folder));
  }
  mkdirSync(join(folder, "dir"));
  writeFileSync(join(folder, "dir", "file"), "one");
  const several = [note(), kept.isStill(folder), kept.isStill(`${folder}/nowhere`), kept.isStill(folder)];
  assert.deepEqual(await Promise.all(several), [true, true, false, true], "answers come in order");
  const inside = join(folder, "dir");
  assert.equal(await kept.isStill(folder, inside), false, "nothing was noted of one of two");
  assert.equal(await kept.note(inside, [".", "file"]), true);
  assert.equal(await kept.isStill(folder, inside), true, "two that are as they were");
  assert.equal(await kept.isStill(inside, folder), true);
  assert.equal(await kept.note(folder, ["."]), true);
  for (let is = true; is; is = await kept.isStill(folder, inside)) chmodSync(join(inside, "file"), 0o600);
  assert.equal(await kept.isStill(inside, folder), false, "one of two was changed");
  assert.equal(await kept.isStill(folder), true, "the other was not");
  kept.close();
  assert.equal(await kept.isStill(folder), false);
  for (const program of [join(folder, "nowhere"), "/bin/false"]) {
    const useless = looker(t, program);
    assert.deepEqual(await Promise.all([useless.note(folder, ["."]), useless.isStill(folder)]), [false, false]);
    assert.equal(await useless.isStill(folder), false);
  }
});

test("a looker in C tells a change anywhere in a large tree", fullDepth("cc"), async (t) => {
  const kept = looker(t);
  const folder = join(repository(t).root, "tree");
  mkdirSync(folder);
  const names = Array.from({ length: 2500 }, (_, at) => `f${at}`);
  for (const name of names) writeFileSync(join(folder, name), "one");
  assert.equal(await kept.note(folder, [".", ...names]), true);
  assert.equal(await kept.isStill(folder), true);
  for (let at = 0; at < names.length; at += 500) {
    utimesSync(join(folder, names[at]!), 1, 1);
    assert.equal(await kept.isStill(folder), false, names[at]!);
    assert.equal(await kept.note(folder, [".", ...names]), true);
    assert.equal(await kept.isStill(folder), true);
  }
  utimesSync(join(folder, names.at(-1)!), 1, 1);
  assert.equal(await kept.isStill(folder), false, "the last one");
});

test("what left the files of the commit alone needs no git, and no repository", async (t) => {
  const repo = repository(t);
  repo.write({ a: "1", "dir/b": "2", ".gitignore": "*.log\n" });
  const commit = repo.commit("one");
  const folder = join(repository(t).root, "checkout");
  const original = await readOriginal(repo.root);
  const reused = new ReusedCheckout({ root: repo.root, commit, branch: "main", folder, original });
  await reused.layOut();
  const expected = contentOf(folder);
  rmSync(join(repo.root, ".git"), { recursive: true });
  await reused.layOut();
  assert.deepEqual(contentOf(folder), expected);
  writeFileSync(join(folder, "dir", "x.log"), "left");
  mkdirSync(join(folder, "dist"));
  writeFileSync(join(folder, ".git", "config"), "");
  chmodSync(join(folder, "dir"), 0o700);
  await reused.layOut();
  assert.deepEqual(contentOf(folder), expected);
  appendFileSync(join(folder, "a"), "more");
  await assert.rejects(reused.layOut(), /git read-tree failed/, "what was written by git before is asked of git");
});

test("submodules and names that are no text are made as new too", fullDepth("sed"), async (t) => {
  const library = repository(t);
  library.write({ "lib.txt": "library" });
  library.commit("library");
  const repo = repository(t);
  repo.write({ a: "1" });
  repo.commit("one");
  const odd = Buffer.concat([Buffer.from(`${repo.root}/`), Buffer.from([0xe9])]);
  writeFileSync(odd, "odd");
  const oddCommit = repo.commit("with an odd name");
  rmSync(odd);
  repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.root, "vendor/lib");
  const commit = repo.commit("with a library");
  for (const [name, id, file] of [
    ["library", commit, "vendor/lib/lib.txt"],
    ["odd", oddCommit, "a"],
  ] as const) {
    const folder = join(repo.root, ".git", name);
    const reused = new ReusedCheckout({ root: repo.root, commit: id, folder });
    await reused.layOut();
    const expected = contentOf(folder);
    for (const harm of [
      () => {},
      () => appendFileSync(join(folder, file), "more"),
      () => writeFileSync(join(folder, "untracked"), "x"),
      () => writeFileSync(join(folder, dirname(file), ".git", "config"), ""),
      () => rmSync(join(folder, ".git"), { recursive: true }),
      () =>
        [folder, `${folder}.index`, `${folder}.clock`].map((path) => rmSync(path, { recursive: true, force: true })),
    ]) {
      harm();
      await reused.layOut();
      assert.deepEqual(contentOf(folder), expected);
    }
  }
});

/** Ways to reuse a checkout that are wrong: what the property must see. */
const sabotages: Record<string, (request: CheckoutRequest) => Reused> = {
  "whose looker believes what it is told": (request) =>
    new ReusedCheckout(request, { looker: { note: async () => true, isStill: async () => true } }),
  "that is left as it is": (request) => first(request, () => {}),
  "that is cleaned by git as the job left it": (request) =>
    first(request, (git) => {
      git("reset", "--quiet", "--hard", request.commit);
      git("clean", "-ffdxq");
    }),
  "where git looks whether anything changed": (request) => {
    const reused = new ReusedCheckout(request);
    let isThere = false;
    return {
      async layOut() {
        const status = isThere
          ? execFileSync("git", ["status", "--porcelain"], { cwd: request.folder, stdio: "pipe" })
          : "new";
        isThere = true;
        if (status.length > 0) await reused.layOut();
      },
    };
  },
};

function first(request: CheckoutRequest, later: (git: (...args: string[]) => void) => void): Reused {
  let isThere = false;
  return {
    async layOut() {
      const git = (...args: string[]) => execFileSync("git", args, { cwd: request.folder, stdio: "ignore" });
      if (isThere) attempt(() => later(git));
      else await checkout(request);
      isThere = true;
    },
  };
}

for (const [name, reuse] of Object.entries(sabotages)) {
  test(`a checkout ${name} is seen`, async (t) => {
    await assert.rejects(requireAsNew(t, reuse, { numRuns: 200, endOnFailure: true }), /Property failed/);
  });
}
