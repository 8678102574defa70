import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { EngineEvent } from "../../src/engine/events.ts";
import { eventVersions } from "../../src/engine/upcast.ts";
import { openStore, openStoreForReading } from "../../src/store/store.ts";
import { append, created, finished, started, succeeded } from "./events.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("events come back in order, numbered from 1, with the time they were appended at", async (t) => {
  const folder = join(temporaryFolder(t), "state");
  const events: EngineEvent[] = [
    created("r1", 1),
    started("r1", "a.b@dev"),
    succeeded("r1", "a.b@dev"),
    finished("r1"),
  ];
  {
    using store = openStore(folder);
    await append(store, events.slice(0, 1), 100);
    await append(store, events.slice(1), 200);
  }
  using store = openStore(folder);
  assert.deepEqual(
    [...store.load()],
    events.map((event, index) => {
      const version = eventVersions[event.type];
      return { seq: index + 1, at: index === 0 ? 100 : 200, version, event };
    }),
  );
});

test("appends of one turn share one commit and keep the order of the calls", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  using reader = openStoreForReading(folder);
  const first = append(store, [created("r1", 1)], 1);
  const second = append(store, [started("r1", "a.b"), started("r1", "a.c")], 2);
  assert.equal([...reader.load()].length, 0, "nothing is written before the turn ends");
  await first;
  assert.equal([...reader.load()].length, 3, "both are durable when the first one is");
  await second;
  assert.deepEqual(
    [...reader.load()].map(({ seq, at, event }) => [seq, at, event.type]),
    [
      [1, 1, "run.created"],
      [2, 2, "job.started"],
      [3, 2, "job.started"],
    ],
  );
});

test("closing stores what was appended before", async (t) => {
  const folder = temporaryFolder(t);
  const store = openStore(folder);
  const durable = append(store, [created("r1", 1)], 1);
  store.close();
  await durable;
  using reader = openStoreForReading(folder);
  assert.equal([...reader.load()].length, 1);
});

test("one run is read without the others", async (t) => {
  using store = openStore(temporaryFolder(t));
  await append(store, [created("r1", 1), created("r2", 2), started("r1", "a.b"), started("r2", "a.b")], 1);
  assert.deepEqual(
    [...store.loadRun("r2")].map(({ seq }) => seq),
    [2, 4],
  );
  assert.deepEqual([...store.loadRun("r9")], []);
});

test("batches of reading meet without a gap, also when a reader stops half-way", async (t) => {
  using store = openStore(temporaryFolder(t));
  const many = Array.from({ length: 1203 }, (_, index) => started("r1", `a.j${index}`));
  await append(store, [created("r1", 1), ...many], 1);
  for (const { seq } of store.load()) if (seq === 700) break;
  const read = [...store.load()].map(({ event }) => ("job" in event ? event.job : ""));
  assert.deepEqual(
    read.slice(1),
    many.map((event) => "job" in event && event.job),
  );
});

test("a plan of 20,000 jobs is stored and read back", async (t) => {
  const folder = temporaryFolder(t);
  const jobs = Array.from({ length: 20_000 }, (_, index) => ({
    id: `shop.job${index}@dev`,
    pipeline: "shop",
    job: `job${index}`,
    environment: "dev",
    decision: "run" as const,
    reason: { code: "never-deployed" as const, text: "shop was never deployed to dev", because: [] },
    after: index === 0 ? [] : [`shop.job${index - 1}@dev`],
    requires: [],
  }));
  {
    using store = openStore(folder);
    await append(store, [created("r1", 1, jobs)], 1);
  }
  using reader = openStoreForReading(folder);
  const [recorded] = reader.load();
  assert.deepEqual(recorded!.event, created("r1", 1, jobs));
});

test("a release number is never given to two runs: the second is refused and the journal stays as it was", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await append(store, [created("r1", 1)], 1);
  await assert.rejects(append(store, [created("r2", 1)], 2), /UNIQUE/);
  await assert.rejects(append(store, [started("r1", "a.b")], 3), /UNIQUE/, "nothing is stored after a lost write");
  using reader = openStoreForReading(folder);
  assert.equal([...reader.load()].length, 1);
});
