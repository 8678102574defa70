/** What is copied into a state folder that remembers more than the copy holds. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { copyRows } from "../../src/store/copy-rows.ts";
import { rowsOfFolder, writeRowsOfFolder } from "../../src/store/folder-rows.ts";
import { repairJournal } from "../../src/store/repair.ts";
import { openStore, openStoreForReading } from "../../src/store/store.ts";
import { append, created, finished } from "./events.ts";
import { temporaryFolder } from "./temporary-folder.ts";

async function copied(from: string, to: string) {
  const [source, copy] = [rowsOfFolder(from), writeRowsOfFolder(to)];
  try {
    return await copyRows(source, copy);
  } finally {
    await source.close();
    await copy.close();
  }
}

async function run(folder: string, release: number): Promise<void> {
  using store = openStore(folder);
  await append(store, [created(`r000${release}`, release)], release);
  await append(store, [finished(`r000${release}`)], release);
}

function looseJournal(folder: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(join(folder, `journal.db${end}`), { force: true });
}

test("a copy that is older than what was here is told, and repaired no number is given twice", async (t) => {
  const [here, copy] = [temporaryFolder(t), temporaryFolder(t)];
  await run(here, 1);
  await copied(here, copy);
  await run(here, 2);
  looseJournal(here);

  assert.deepEqual(await copied(copy, here), { seq: 2, events: 2 });
  assert.throws(() => openStoreForReading(here), {
    code: "damaged",
    damage: /it ends with event 2 and had gone on to event 4/,
  });
  // Again, as somebody does who thinks that it went wrong: the witness is still there.
  assert.deepEqual(await copied(copy, here), { seq: 2, events: 0 });
  assert.throws(() => openStoreForReading(here), { code: "damaged" });
  const repaired = repairJournal(here, { now: 9, because: "it is older", isDamaged: () => true });
  assert.deepEqual([repaired?.kept, repaired?.unknownAfter, repaired?.nextRelease], [2, 2, 3]);
  using store = openStoreForReading(here);
  assert.equal(store.newestSeq(), 5);
});

test("a copy that went on another way than what was here is told; one that holds it is believed", async (t) => {
  const [here, copy] = [temporaryFolder(t), temporaryFolder(t)];
  await run(here, 1);
  await copied(here, copy);
  await run(here, 2);
  for (const release of [3, 4]) await run(copy, release);
  const note = readFileSync(join(here, "newest-event.json"), "utf8");
  looseJournal(here);
  await copied(copy, here);
  assert.throws(() => openStoreForReading(here), { damage: /event 4 is another one than was written here/ });

  for (const noted of [undefined, "{", note.replace(/"seq":4/, '"seq":9')]) {
    const other = temporaryFolder(t);
    await run(other, 1);
    looseJournal(other);
    if (noted === undefined) rmSync(join(other, "newest-event.json"));
    else writeFileSync(join(other, "newest-event.json"), noted);
    await copied(copy, other);
    const isAhead = noted?.includes('"seq":9') === true;
    if (isAhead) assert.throws(() => openStoreForReading(other), { code: "damaged" });
    else {
      using store = openStoreForReading(other);
      assert.equal(store.newestSeq(), 6);
    }
  }
  const whole = temporaryFolder(t);
  await copied(copy, whole);
  looseJournal(whole);
  await run(copy, 5);
  await copied(copy, whole);
  using store = openStoreForReading(whole);
  assert.equal(store.newestSeq(), 8);
  assert.match(readFileSync(join(whole, "newest-event.json"), "utf8"), /"seq":8/);
});
