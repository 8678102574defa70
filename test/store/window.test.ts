import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { windowAfter } from "../../src/store/journal-writer.ts";
import { openStore, openStoreForReading, type StoreHandle } from "../../src/store/store.ts";
import { append, created, started, succeeded } from "./events.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The numbers of the events that somebody else sees, who is what a crash would leave. */
function durable(folder: string): number[] {
  using reader = openStoreForReading(folder);
  return [...reader.load()].map(({ seq }) => seq);
}

/** A turn that may wait; what is durable when it is taken. */
async function ahead(store: StoreHandle, job: string): Promise<{ whenTaken: number[] }> {
  let whenTaken: number[] | undefined;
  const look = () => {
    assert.equal(whenTaken, undefined, "it is called once");
    whenTaken = durable(store.folder.path);
  };
  await store.turn(() => ({ events: [started("r1", job)], at: 2, ahead: look }));
  return { whenTaken: whenTaken! };
}

test("a turn that may wait is acted on before it is durable, and resolves when it is", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await append(store, [created("r1", 1)], 1);
  assert.deepEqual(await ahead(store, "a.b"), { whenTaken: [1] });
  assert.deepEqual(durable(folder), [1, 2]);
});

test("a turn that may not wait makes those before it durable, in their order", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await append(store, [created("r1", 1)], 1);
  const done: string[] = [];
  let last: Promise<void> | undefined;
  const first = store.turn(() => {
    const next = () => {
      last = append(store, [succeeded("r1", "a.b")], 3).then(() => void done.push("second"));
    };
    return { events: [started("r1", "a.b")], at: 2, ahead: next };
  });
  await first;
  done.push("first");
  await last;
  assert.deepEqual(done, ["first", "second"]);
  assert.deepEqual(durable(folder), [1, 2, 3]);
});

test("a slow disk is written to more rarely, and a quick one within milliseconds", () => {
  assert.deepEqual([0, 0.2, 2, 5, 1000].map(windowAfter), [4, 4, 40, 50, 50]);
});

test("whoever is about to show something has all of it made durable", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await append(store, [created("r1", 1)], 1);
  const taken = store.turn(() => ({ events: [started("r1", "a.b")], at: 2, ahead() {} }));
  store.flush();
  assert.deepEqual(durable(folder), [1, 2]);
  await taken;
});

test("while another session is there nothing waits, so that it does not either", async (t) => {
  const folder = temporaryFolder(t);
  using one = openStore(folder);
  using other = openStore(folder);
  await append(one, [created("r1", 1)], 1);
  // In one process: a transaction that is left open could not be closed while the other one waits for it.
  for (let turn = 0; turn < 20; turn++) {
    await Promise.all([ahead(one, `a.b${turn}`), ahead(other, `a.c${turn}`)]);
  }
  assert.equal(durable(folder).length, 41);
});

test("a crash loses what may wait, as a whole, and nothing before it", (t) => {
  const folder = temporaryFolder(t);
  const { signal, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "ahead-and-die.ts"), folder]);
  assert.equal(signal, "SIGKILL", String(stderr));
  assert.deepEqual(durable(folder), [1]);
  openStore(folder).close();
  assert.deepEqual(durable(folder), [1]);
});

test("when a write fails, all that waited for it are told, and nothing is written any more", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await append(store, [created("r1", 1)], 1);
  let broken: Promise<void> | undefined;
  const waits = store.turn(() => {
    const next = () => {
      broken = store.turn(() => {
        throw new Error("no space left on device");
      });
      broken.catch(() => {});
      store.flush();
    };
    return { events: [started("r1", "a.b")], at: 2, ahead: next };
  });
  await assert.rejects(waits, /no space left/);
  await assert.rejects(broken!, /no space left/);
  await assert.rejects(append(store, [started("r1", "a.c")], 3), /no space left/);
  assert.deepEqual(durable(folder), [1]);
});
