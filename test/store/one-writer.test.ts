import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openStore, openStoreForReading, storeHolder } from "../../src/store/store.ts";
import { created, started } from "./events.ts";
import { spawnScript } from "./spawned.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("a second Baton is refused at once and told who holds the folder, while readers go on reading", async (t) => {
  const folder = temporaryFolder(t);
  const other = spawnScript(t, { script: "hold-folder.ts", args: [folder, "2"] });
  for (const expected of ["open", "1", "2", "3"]) assert.equal(await other.line(), expected);

  assert.throws(() => openStore(folder), {
    name: "StoreError",
    code: "in-use",
    message: new RegExp(
      `in use by another Baton: process ${other.child.pid} on ${hostname()}, since \\d{4}-.*baton status`,
    ),
  });
  assert.equal(storeHolder(folder)?.pid, other.child.pid);
  {
    using reader = openStoreForReading(folder);
    assert.equal([...reader.load()].length, 3);
  }

  await other.kill("SIGKILL");
  assert.equal(storeHolder(folder), undefined);
  using store = openStore(folder);
  assert.equal([...store.load()].length, 3);
  assert.equal(storeHolder(folder)?.pid, process.pid);
});

test("within one process the folder is held once as well", (t) => {
  const folder = temporaryFolder(t);
  {
    using _store = openStore(folder);
    assert.throws(() => openStore(folder), { code: "in-use" });
  }
  openStore(folder).close();
});

test("a store that nobody refers to any more keeps its folder until it is closed or the process ends", async (t) => {
  const folder = temporaryFolder(t);
  (() => openStore(folder))();
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  for (let turn = 0; turn < 5; turn++) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  assert.throws(() => openStore(folder), { code: "in-use" });
});

test("what a dead Baton said about itself is not believed, even if its process number lives again", (t) => {
  const folder = temporaryFolder(t);
  openStore(folder).close();
  writeFileSync(join(folder, "holder.json"), JSON.stringify({ pid: process.ppid, host: hostname(), since: 0 }));
  assert.equal(storeHolder(folder), undefined);
  using _store = openStore(folder);
  assert.equal(JSON.parse(readFileSync(join(folder, "holder.json"), "utf8")).pid, process.pid);
});

test("killed at any moment, a Baton leaves every event that it called durable, and a folder that opens at once", async (t) => {
  const folder = temporaryFolder(t);
  let durable = 0;
  for (let round = 0; round < 8; round++) {
    const baton = spawnScript(t, { script: "hold-folder.ts", args: [folder, "100000"] });
    assert.equal(await baton.line(), "open");
    for (let lines = 0; lines < 3 + round * 17; lines++) durable = Number(await baton.line());
    baton.child.kill("SIGKILL");
    for (let line = await baton.line(); line !== undefined; line = await baton.line()) durable = Number(line);
    using store = openStore(folder);
    const events = [...store.load()].length;
    assert.ok(events >= durable, `${events} events, ${durable} were durable`);
    await store.append([events === 0 ? created("r1", 1) : started("r1", "shop.after")], 1);
  }
});

test("a reader sees what was durable when it asked, while the writer goes on", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await store.append([created("r1", 1)], 1);
  using reader = openStoreForReading(folder);
  for (let job = 1; job <= 50; job++) {
    await store.append([started("r1", `shop.job${job}`)], 1);
    assert.equal([...reader.load()].length, 1 + job);
  }
});
