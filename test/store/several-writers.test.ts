import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openStore, openStoreForReading, storeProcesses } from "../../src/store/store.ts";
import { fullDepth } from "../lane/needs.ts";
import { append, created, started } from "./events.ts";
import { spawnScript } from "./spawned.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("each turn is given what others have appended since the one before, once and in order", async (t) => {
  const folder = temporaryFolder(t);
  using one = openStore(folder);
  using other = openStore(folder);
  await append(one, [created("r1", 1)], 1);
  await append(other, [started("r1", "a.b")], 2);
  await append(one, [started("r1", "a.c")], 3);
  const given: number[][] = [];
  for (let turn = 0; turn < 2; turn++) {
    await other.turn((others) => {
      given.push(others.map(({ seq }) => seq));
      return { events: [], at: 4 };
    });
  }
  assert.deepEqual(given, [[3], []]);
  assert.deepEqual(
    [...one.load()].map(({ seq, at }) => [seq, at]),
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  );
});

test("what is read at the start and what the first turn is given meet without a gap", async (t) => {
  const folder = temporaryFolder(t);
  using one = openStore(folder);
  await append(one, [created("r1", 1)], 1);
  using other = openStore(folder);
  const read: number[] = [];
  for await (const batch of other.events(0)) {
    await append(one, [started("r1", "a.b")], 2);
    read.push(...batch.map(({ seq }) => seq));
  }
  await other.turn((others) => {
    read.push(...others.map(({ seq }) => seq));
    return { events: [], at: 3 };
  });
  assert.deepEqual(read, [1, 2]);
});

test("who watches is told when others have written, and not of what it wrote itself", async (t) => {
  const folder = temporaryFolder(t);
  using one = openStore(folder);
  using other = openStore(folder);
  await append(one, [created("r1", 1)], 1);
  await append(other, [], 1);
  let own = 0;
  const stop = one.watch(() => own++);
  const told = Promise.withResolvers<void>();
  const stopOther = other.watch(told.resolve);
  await append(one, [started("r1", "a.b")], 2);
  await told.promise;
  stop();
  stopOther();
  assert.equal(own, 0);
});

test("a turn that a newer Baton's migration came before is refused, and nothing is written", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await append(store, [created("r1", 1)], 1);
  const newer = new DatabaseSync(join(folder, "journal.db"));
  newer.exec("begin; pragma user_version = 99; commit");
  let taken = false;
  const turn = store.turn(() => {
    taken = true;
    return { events: [started("r1", "a.b")], at: 2 };
  });
  await assert.rejects(turn, { name: "StoreError", code: "newer-version", message: /written by a newer Baton/ });
  assert.equal(taken, false);
  assert.equal(newer.prepare("select count(*) as events from event").get()?.events, 1);
  newer.close();
});

test("a session is alive until its process has gone, however it goes, and its lease is cleared away", async (t) => {
  const folder = temporaryFolder(t);
  const other = spawnScript(t, { script: "hold-folder.ts", args: [folder] });
  assert.equal(await other.line(), "open");
  const session = (await other.line())!;
  using store = openStore(folder);
  assert.equal(store.isAlive(session), true);
  assert.equal(store.lease.isAlive(store.lease.mine), true);
  assert.deepEqual(storeProcesses(folder).sort(), [other.child.pid, process.pid].sort());
  await other.kill("SIGKILL");
  assert.equal(store.isAlive(session), false);
  assert.equal(store.isAlive("1-nobody-0"), false);
  assert.deepEqual(storeProcesses(folder), [process.pid]);
  openStore(folder).close();
  assert.deepEqual(storeProcesses(folder), [process.pid]);
});

test("a session whose lease was taken away knows that the others take it for gone", (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  const { mine } = store.lease;
  rmSync(join(folder, "sessions"), { recursive: true });
  assert.equal(store.lease.isAlive(mine), false);
  assert.equal(store.isAlive(mine), false);
});

test("a store that nobody refers to any more keeps its lease until it is closed or the process ends", async (t) => {
  const folder = temporaryFolder(t);
  const session = (() => openStore(folder).lease.mine)();
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  for (let turn = 0; turn < 5; turn++) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  using reader = openStore(folder);
  assert.equal(reader.isAlive(session), true);
});

test("many that open a new folder at the same moment share one journal", async (t) => {
  const folder = temporaryFolder(t);
  const all = Array.from({ length: 4 }, () => spawnScript(t, { script: "hold-folder.ts", args: [folder, "5"] }));
  await Promise.all(
    all.map(async (one) => {
      assert.equal(await one.line(), "open");
      for (let line = 0; line < 7; line++) if ((await one.line()) === undefined) assert.fail(await one.complaint());
    }),
  );
  using reader = openStoreForReading(folder);
  const events = [...reader.load()];
  assert.equal(events.filter(({ event }) => event.type === "job.started").length, 20);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
});

test(
  "killed at any moment, a Baton leaves every event that it called durable, and a folder that opens at once",
  fullDepth(),
  async (t) => {
    const folder = temporaryFolder(t);
    let durable = 0;
    for (let round = 0; round < 8; round++) {
      const baton = spawnScript(t, { script: "hold-folder.ts", args: [folder, "100000"] });
      assert.equal(await baton.line(), "open");
      await baton.line();
      for (let lines = 0; lines < 3 + round * 17; lines++) durable = Number(await baton.line());
      baton.child.kill("SIGKILL");
      for (let line = await baton.line(); line !== undefined; line = await baton.line()) durable = Number(line);
      using store = openStore(folder);
      const events = [...store.load()].length;
      assert.ok(events >= durable, `${events} events, ${durable} were durable`);
      await append(store, [events === 0 ? created("r1", 1) : started("r1", "shop.after")], 1);
    }
  },
);

test("a reader sees what was durable when it asked, while the writer goes on", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await append(store, [created("r1", 1)], 1);
  using reader = openStoreForReading(folder);
  for (let job = 1; job <= 50; job++) {
    await append(store, [started("r1", `shop.job${job}`)], 1);
    assert.equal([...reader.load()].length, 1 + job);
  }
});
