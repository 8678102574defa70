import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { ArtifactStore } from "../../src/store/artifacts/artifact-store.ts";
import { smallBelowBytes } from "../../src/store/artifacts/packing.ts";
import { pieceBytes } from "../../src/store/artifacts/pieces.ts";
import { tries } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";
import { anyTree, readTreeBack, type Tree, writeTree } from "./random-trees.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const site: Tree = {
  "index.html": { file: "<h1>shop</h1>", executable: false },
  bin: { serve: { file: "#!/bin/sh\n", executable: true } },
  empty: {},
  latest: { link: "bin/serve" },
};

function workbench(t: Parameters<typeof temporaryFolder>[0]) {
  const within = temporaryFolder(t);
  const state = temporaryFolder(t);
  return { within, state, artifacts: new ArtifactStore(state), at: (path: string) => join(within, path) };
}

test("an empty folder may be the first artifact of all", async (t) => {
  const { within, artifacts, at } = workbench(t);
  writeTree(at("from"), {});
  await artifacts.place(await artifacts.collect(at("from"), { within }), at("to"), { within, onto: "replace" });
  assert.deepEqual(readdirSync(at("to")), []);
});

test("any folder comes back the same, with the same digest wherever it is taken from", async (t) => {
  const { within, artifacts, at } = workbench(t);
  let round = 0;
  await fc.assert(
    fc.asyncProperty(anyTree, async (tree) => {
      const [from, to] = [at(`from${++round}`), at(`to${round}`)];
      writeTree(from, tree);
      const ref = await artifacts.collect(from, { within });
      await artifacts.place(ref, to, { within, onto: "replace" });
      assert.deepEqual(readTreeBack(to), readTreeBack(from));
      assert.deepEqual(await artifacts.collect(to, { within }), ref);
    }),
    tries(60),
  );
});

test("the digest depends on names, contents, the executable bit, links and folders, and on nothing else", async (t) => {
  const { within, artifacts, at } = workbench(t);
  const digestOf = async (name: string, tree: Tree) => {
    writeTree(at(name), tree);
    return (await artifacts.collect(at(name), { within })).digest;
  };
  const same = await digestOf("one", site);
  assert.equal(await digestOf("two", Object.fromEntries(Object.entries(site).toReversed())), same);
  const others: Tree[] = [
    { ...site, "index.html": { file: "<h1>Shop</h1>", executable: false } },
    { ...site, "index.html": { file: "<h1>shop</h1>", executable: true } },
    { ...site, latest: { link: "index.html" } },
    { ...site, latest: { file: "bin/serve", executable: false } },
    { ...site, more: {} },
  ];
  const digests = await Promise.all(others.map((tree, index) => digestOf(`other${index}`, tree)));
  assert.equal(new Set([same, ...digests]).size, 1 + others.length);
});

test("a single file is an artifact and is laid at exactly the path", async (t) => {
  const { within, artifacts, at } = workbench(t);
  writeFileSync(at("package.zip"), "zip");
  const ref = await artifacts.collect(at("package.zip"), { within });
  assert.equal(ref.sizeBytes, 3);
  await artifacts.place(ref, at("lambda/code.zip"), { within, onto: "replace" });
  assert.equal(readFileSync(at("lambda/code.zip"), "utf8"), "zip");
});

test("the digest is that of the listing, whose form never changes by accident", async (t) => {
  const { within, artifacts, at } = workbench(t);
  writeTree(at("site"), site);
  const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const listing = [
    "baton artifact 1",
    '["directory",""]',
    '["directory","bin"]',
    `["file","bin/serve",true,10,"${sha256("#!/bin/sh\n")}"]`,
    '["directory","empty"]',
    `["file","index.html",false,13,"${sha256("<h1>shop</h1>")}"]`,
    '["link","latest","bin/serve"]',
    "",
  ];
  const ref = await artifacts.collect(at("site"), { within });
  assert.deepEqual(ref, { digest: sha256(listing.join("\n")), sizeBytes: 23 });
});

test("a placed copy can be changed without harm to the store", async (t) => {
  const { within, artifacts, at } = workbench(t);
  const large = Buffer.alloc(3_000_001, "x");
  writeTree(at("site"), site);
  writeFileSync(at("site/large"), large);
  const ref = await artifacts.collect(at("site"), { within });
  await artifacts.place(ref, at("first"), { within, onto: "replace" });
  for (const file of ["index.html", "large"]) {
    assert.equal(statSync(at(`first/${file}`)).nlink, 1, "shares no file with the store");
    writeFileSync(at(`first/${file}`), "changed");
  }
  await artifacts.place(ref, at("second"), { within, onto: "replace" });
  assert.equal(readFileSync(at("second/index.html"), "utf8"), "<h1>shop</h1>");
  assert.ok(readFileSync(at("second/large")).equals(large));
});

test("the same content is stored once", async (t) => {
  const { within, state, artifacts, at } = workbench(t);
  const twice = { file: "the same", executable: false };
  writeTree(at("site"), { one: twice, two: { ...twice, executable: true }, three: { four: twice } });
  await artifacts.collect(at("site"), { within });
  assert.deepEqual(
    stored(state, "packs").map((path) => readFileSync(path, "utf8")),
    ["the same"],
  );
  const large = Buffer.alloc(200_000, "x");
  for (const name of ["one", "two"]) writeFileSync(at(`site/large-${name}`), large);
  await artifacts.collect(at("site"), { within });
  assert.equal(stored(state, "files").length, 1);
  assert.equal(stored(state, "packs").length, 1, "the small files are the same ones as before");
});

test("replace leaves exactly the artifact, merge removes nothing", async (t) => {
  const { within, artifacts, at } = workbench(t);
  writeTree(at("site"), site);
  const ref = await artifacts.collect(at("site"), { within });
  for (const onto of ["replace", "merge"] as const) {
    writeTree(at(onto), {
      "stale.js": { file: "old", executable: false },
      "index.html": { file: "old", executable: true },
    });
    await artifacts.place(ref, at(onto), { within, onto });
    const stale = readTreeBack(at(onto)) as Record<string, Tree>;
    assert.equal("stale.js" in stale, onto === "merge");
    delete stale["stale.js"];
    assert.deepEqual(stale, readTreeBack(at("site")));
  }
});

test("the checkout's own .git is in no artifact, and no artifact is merged over a .git that is there", async (t) => {
  const { within, artifacts, at } = workbench(t);
  const repository = (config: string): Tree => ({ config: { file: config, executable: false } });
  writeTree(at(".git"), repository("own"));
  writeTree(at("lib"), { ".git": repository("nested"), "a.txt": { file: "a", executable: false } });
  const all = await artifacts.collect(within, { within });
  const elsewhere = workbench(t);
  await artifacts.place(all, elsewhere.within, { within: elsewhere.within, onto: "merge" });
  assert.deepEqual(readdirSync(elsewhere.within), ["lib"]);
  assert.equal(readFileSync(elsewhere.at("lib/.git/config"), "utf8"), "nested");

  writeTree(at("evil"), {
    ".git": repository("evil"),
    lib: { ".git": repository("evil"), new: { ".git": repository("new") } },
  });
  const evil = await artifacts.collect(at("evil"), { within });
  await artifacts.place(evil, within, { within, onto: "merge" });
  assert.equal(readFileSync(at(".git/config"), "utf8"), "own");
  assert.equal(readFileSync(at("lib/.git/config"), "utf8"), "nested");
  assert.equal(readFileSync(at("lib/new/.git/config"), "utf8"), "new");
  // In a folder that is no repository: it must not become one.
  const bare = workbench(t);
  await artifacts.place(evil, bare.within, { within: bare.within, onto: "merge" });
  assert.deepEqual(readdirSync(bare.within), ["lib"]);
});

test("what is exactly the artifact already is not touched", async (t) => {
  const { within, artifacts, at } = workbench(t);
  writeTree(at("site"), site);
  const ref = await artifacts.collect(at("site"), { within });
  const before = lstatSync(at("site")).ino;
  await artifacts.place(ref, at("site"), { within, onto: "replace" });
  assert.equal(lstatSync(at("site")).ino, before);
});

test("collections and placements of the same files at the same time agree", async (t) => {
  const { within, artifacts, at } = workbench(t);
  writeTree(at("site"), site);
  const other = new ArtifactStore(temporaryFolder(t));
  const refs = await Promise.all(
    [artifacts, artifacts, other, artifacts].map((from) => from.collect(at("site"), { within })),
  );
  assert.equal(new Set(refs.map(({ digest }) => digest)).size, 1);
  await Promise.all(["a", "b", "c"].map((name) => artifacts.place(refs[0]!, at(name), { within, onto: "replace" })));
  for (const name of ["a", "b", "c"]) assert.deepEqual(readTreeBack(at(name)), readTreeBack(at("site")));
});

test("what cannot be kept is refused by name", async (t) => {
  const { within, artifacts, at } = workbench(t);
  const refused = async (name: string, message: RegExp) => {
    await assert.rejects(artifacts.collect(at(name), { within }), message);
  };
  const link = async (target: string, message: RegExp) => {
    rmSync(at("links"), { recursive: true, force: true });
    writeTree(at("links"), { a: { b: { file: "", executable: false } } });
    symlinkSync("../..", at("links/a/up"));
    rmSync(at("links/a/up"));
    symlinkSync(target, at("links/a/l"));
    await refused("links", message);
  };
  await link("/etc/passwd", /'a\/l' is a link to '\/etc\/passwd', which is absolute/);
  await link("../../x", /'a\/l' .* leads out of the artifact/);
  await link("../a/../../x", /'a\/l' .* leads out of the artifact/);
  await link("l", /'a\/l' .* goes round in circles/);

  // Harmless by its text, but `deep/up` goes up two folders, and so does what is behind it.
  writeTree(at("through"), { deep: { er: { up: { link: "../.." } } }, out: { link: "deep/er/up/.." } });
  await refused("through", /'out' .* leads out of the artifact/);

  mkdirSync(at("pipes"));
  execFileSync("mkfifo", [at("pipes/queue")]);
  await refused("pipes", /'queue' is a pipe/);
  await refused("pipes/queue", /it is a pipe/);

  mkdirSync(at("sockets"));
  const server = createServer().listen(at("sockets/s"));
  await new Promise((listening) => server.on("listening", listening));
  await refused("sockets", /'s' is a socket/);
  server.close();

  mkdirSync(at("latin"));
  writeFileSync(Buffer.concat([Buffer.from(`${at("latin")}/caf`), Buffer.from([0xe9])]), "");
  await refused("latin", /the name 'café' is not UTF-8/);

  symlinkSync("links", at("alias"));
  await refused("alias", /it is a link: name what it points to \('links'\)/);
  await refused("alias/a", /'alias' is a link: name the folder it points to/);
  await refused("nowhere", /there is nothing at this path/);
  await assert.rejects(artifacts.collect("/etc/hostname", { within }), /lies outside/);
});

test("nothing is laid through a link, outside the folder, or over a folder in place of a file", async (t) => {
  const { within, artifacts, at } = workbench(t);
  const outside = temporaryFolder(t);
  writeTree(at("site"), site);
  const ref = await artifacts.collect(at("site"), { within });
  const refused = (path: string, onto: "replace" | "merge", message: RegExp) =>
    assert.rejects(artifacts.place(ref, path, { within, onto }), message);
  symlinkSync(outside, at("out"));
  await refused(at("out/dist"), "replace", /'out' is a link/);
  await refused(at("out"), "merge", /it is a link where it is to be laid, and a folder in the artifact/);
  await refused(join(outside, "dist"), "replace", /lies outside/);
  await refused(within, "replace", /it would replace all of/);
  mkdirSync(at("dist"));
  symlinkSync(outside, at("dist/bin"));
  await refused(at("dist"), "merge", /'bin' is a link where it is to be laid/);
  writeTree(at("clash"), { "index.html": {} });
  await refused(at("clash"), "merge", /'index.html' is a folder where it is to be laid, and a file in the artifact/);
  assert.deepEqual(readdirSync(outside), []);
  assert.deepEqual(readTreeBack(at("clash")), { "index.html": {} }, "refused before anything was laid");

  await artifacts.place(ref, at("out"), { within, onto: "replace" });
  assert.deepEqual(readdirSync(outside), [], "the link was replaced, not followed");
});

/** What is stored of a kind, by path. */
function stored(state: string, kind: "files" | "packs" | "listings"): string[] {
  const folder = join(state, "artifacts", kind);
  const found = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Other bytes, as many as before. */
function damage(path: string): void {
  chmodSync(path, 0o644);
  writeFileSync(path, Buffer.alloc(statSync(path).size, "?"));
}

function damageLastByte(path: string): void {
  chmodSync(path, 0o644);
  const content = readFileSync(path);
  content[content.length - 1]! ^= 1;
  writeFileSync(path, content);
}

const harms: [string, (state: string) => void, RegExp][] = [
  ["pack is damaged", (state) => damage(stored(state, "packs")[0]!), /was damaged in .*: a new run/],
  ["pack has one wrong byte", (state) => damageLastByte(stored(state, "packs")[0]!), /was damaged/],
  ["pack is cut short", (state) => truncateSync(stored(state, "packs")[0]!, 11), /was damaged/],
  ["pack is gone", (state) => rmSync(stored(state, "packs")[0]!), /is not in the artifact store: a new run/],
  ["large file is damaged", (state) => damage(stored(state, "files")[0]!), /was damaged in .*: a new run/],
  ["large file is gone", (state) => rmSync(stored(state, "files")[0]!), /is not in the artifact store/],
  ["listing is damaged", (state) => damage(stored(state, "listings")[0]!), /was damaged/],
  ["listing is gone", (state) => rmSync(stored(state, "listings")[0]!), /is not in the artifact store/],
];

test("an artifact of the older layout, small files by themselves and no packs, counts as not kept and is made anew", async (t) => {
  const { within, state, artifacts, at } = workbench(t);
  writeTree(at("site"), site);
  writeFileSync(at("large"), Buffer.alloc(3_000_001, "x"));
  const [small, large] = [
    await artifacts.collect(at("site"), { within }),
    await artifacts.collect(at("large"), { within }),
  ];
  for (const path of ["index.html", "bin/serve"]) {
    const content = readFileSync(at(`site/${path}`));
    const name = createHash("sha256").update(content).digest("hex");
    mkdirSync(join(state, "artifacts/files", name.slice(0, 2)), { recursive: true });
    writeFileSync(join(state, "artifacts/files", name.slice(0, 2), name), content);
  }
  rmSync(join(state, "artifacts/packs"), { recursive: true });

  assert.deepEqual([artifacts.has(small.digest), artifacts.has(large.digest)], [false, true]);
  assert.deepEqual(await artifacts.collect(at("site"), { within }), small);
  assert.ok(artifacts.has(small.digest));
  await artifacts.place(small, at("dist"), { within, onto: "replace" });
  assert.deepEqual(readTreeBack(at("dist")), readTreeBack(at("site")));
});

test("what is gone is known before anybody needs it", async (t) => {
  for (const kind of ["listings", "packs", "files"] as const) {
    const { within, state, artifacts, at } = workbench(t);
    writeTree(at("site"), site);
    writeFileSync(at("site/large"), Buffer.alloc(3_000_001, "x"));
    const { digest } = await artifacts.collect(at("site"), { within });
    assert.ok(artifacts.has(digest));
    rmSync(stored(state, kind)[0]!);
    assert.equal(artifacts.has(digest), false, kind);
  }
});

for (const [what, harm, message] of harms) {
  test(`an artifact whose ${what} is noticed before anything is touched, and healed by the next who makes it`, async (t) => {
    const { within, state, artifacts, at } = workbench(t);
    writeTree(at("site"), site);
    const large = Buffer.alloc(3_000_001, "x");
    writeFileSync(at("site/large"), large);
    const ref = await artifacts.collect(at("site"), { within });
    writeTree(at("dist"), { old: { file: "old", executable: false } });
    harm(state);
    const place = () => artifacts.place(ref, at("dist"), { within, onto: "replace" });
    await assert.rejects(place(), message);
    assert.equal(artifacts.has(ref.digest), false, "from now on everybody knows");
    await assert.rejects(place(), /is not in the artifact store/);
    assert.deepEqual(Object.keys(readTreeBack(at("dist"))), ["old"]);
    assert.deepEqual(readdirSync(join(state, "artifacts/staging")), [], "nothing half-made is left");

    assert.deepEqual(await artifacts.collect(at("site"), { within }), ref);
    await place();
    assert.deepEqual(readTreeBack(at("dist")), readTreeBack(at("site")));
    assert.deepEqual((await artifacts.inspect({ discard: false })).incomplete, []);
  });
}

for (const [what, harm] of harms) {
  test(`an artifact whose ${what} is healed by who makes it next, before anybody has noticed`, async (t) => {
    const { within, state, artifacts, at } = workbench(t);
    writeTree(at("site"), site);
    writeFileSync(at("site/large"), Buffer.alloc(3_000_001, "x"));
    const ref = await artifacts.collect(at("site"), { within });
    harm(state);
    assert.deepEqual(await artifacts.collect(at("site"), { within }), ref);
    await artifacts.place(ref, at("dist"), { within, onto: "replace" });
    assert.deepEqual(readTreeBack(at("dist")), readTreeBack(at("site")));
  });
}

test("a large file that is damaged is found out as well", async (t) => {
  const { within, state, artifacts, at } = workbench(t);
  writeFileSync(at("large"), Buffer.alloc(3_000_001, "x"));
  const ref = await artifacts.collect(at("large"), { within });
  damage(stored(state, "files")[0]!);
  await assert.rejects(artifacts.place(ref, at("to"), { within, onto: "replace" }), /was damaged/);
  await artifacts.collect(at("large"), { within });
  await artifacts.place(ref, at("to"), { within, onto: "replace" });
});

test("a look at every byte finds what nobody has laid out, and takes it away when asked", async (t) => {
  const { within, state, artifacts, at } = workbench(t);
  writeTree(at("one"), { a: { file: "of one", executable: false } });
  writeTree(at("two"), { a: { file: "of two", executable: false } });
  const one = await artifacts.collect(at("one"), { within });
  const two = await artifacts.collect(at("two"), { within });
  assert.deepEqual(await artifacts.inspect({ discard: true }), { artifacts: 2, damagedFiles: [], incomplete: [] });
  damage(stored(state, "packs").find((path) => readFileSync(path, "utf8") === "of one")!);
  const ofOne = `sha256:${createHash("sha256").update("of one").digest("hex")}`;
  const found = { artifacts: 2, damagedFiles: [ofOne], incomplete: [one.digest] };
  assert.deepEqual(await artifacts.inspect({ discard: false }), found);
  assert.deepEqual(await artifacts.inspect({ discard: true }), found);
  assert.deepEqual([artifacts.has(one.digest), artifacts.has(two.digest)], [false, true]);
  assert.deepEqual(await artifacts.inspect({ discard: false }), { artifacts: 1, damagedFiles: [], incomplete: [] });
});

test(
  "many files are few packs, and what one more or other file costs is one pack, not all of them",
  fullDepth(),
  async (t) => {
    const { within, state, artifacts, at } = workbench(t);
    const count = 3000;
    mkdirSync(at("site"));
    for (let file = 0; file < count; file++) writeFileSync(at(`site/${file}`), `content of ${file}`);
    const first = await artifacts.collect(at("site"), { within });
    const packs = new Set(stored(state, "packs"));
    assert.ok(packs.size >= 4 && packs.size <= 40, `${packs.size} packs`);
    writeFileSync(at("site/1500"), "other content");
    writeFileSync(at("site/1499-and-more"), "one more");
    const second = await artifacts.collect(at("site"), { within });
    assert.ok(stored(state, "packs").filter((pack) => !packs.has(pack)).length <= 2);
    for (const [ref, name] of [
      [first, "first"],
      [second, "second"],
    ] as const)
      await artifacts.place(ref, at(name), { within, onto: "replace" });
    assert.equal(readdirSync(at("first")).length, count);
    assert.equal(readFileSync(at("first/1500"), "utf8"), "content of 1500");
    assert.deepEqual(readTreeBack(at("second")), readTreeBack(at("site")));
    await artifacts.clear({ keep: new Set([first.digest]) });
    assert.deepEqual(new Set(stored(state, "packs")), packs);
    assert.equal(await artifacts.collect(at("first"), { within }).then(({ digest }) => digest), first.digest);
  },
);

test("a file is whole whatever its size: around the limit of a pack, of a piece, and of nothing", async (t) => {
  const { within, artifacts, at } = workbench(t);
  mkdirSync(at("site"));
  for (const around of [0, smallBelowBytes, pieceBytes, 2 * pieceBytes]) {
    for (const size of [around - 1, around, around + 1].filter((size) => size >= 0))
      writeFileSync(at(`site/${size}`), randomBytes(size));
  }
  const ref = await artifacts.collect(at("site"), { within });
  await artifacts.place(ref, at("to"), { within, onto: "replace" });
  for (const name of readdirSync(at("site")))
    assert.ok(readFileSync(at(`site/${name}`)).equals(readFileSync(at(`to/${name}`))), name);
});

test("clearing keeps what is asked for, with files shared between artifacts, and throws away the rest", async (t) => {
  const { within, state, artifacts, at } = workbench(t);
  writeTree(at("one"), { a: { file: "shared", executable: false }, b: { file: "of one", executable: false } });
  writeTree(at("two"), { a: { file: "shared", executable: false }, c: { file: "of two", executable: false } });
  const one = await artifacts.collect(at("one"), { within });
  const two = await artifacts.collect(at("two"), { within });
  writeFileSync(join(state, "artifacts/staging/left-by-a-crash"), "half");
  assert.deepEqual(await artifacts.clear({ keep: new Set([one.digest]) }), { artifacts: 1, files: 1 });
  await artifacts.place(one, at("back"), { within, onto: "replace" });
  assert.deepEqual(readTreeBack(at("back")), readTreeBack(at("one")));
  await assert.rejects(artifacts.place(two, at("gone"), { within, onto: "replace" }), /is not in the artifact store/);
  assert.equal(existsSync(join(state, "artifacts/staging/left-by-a-crash")), false);
});
