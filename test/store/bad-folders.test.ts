import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { stateVersion } from "../../src/store/migrations.ts";
import { openStore, openStoreForReading } from "../../src/store/store.ts";
import { created, started } from "./events.ts";
import { spawnScript } from "./spawned.ts";
import { temporaryFolder } from "./temporary-folder.ts";

async function folderWithJournal(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await store.append([created("r1", 1), started("r1", "a.b"), started("r1", "a.c")], 1);
  return folder;
}

function change(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, "journal.db"));
  database.exec(sql);
  database.close();
}

function bothRefuse(folder: string, expected: { code: string; message: RegExp }): void {
  assert.throws(() => openStore(folder), expected);
  assert.throws(() => openStoreForReading(folder), expected);
}

test("a folder of a newer version is refused with both versions and left as it was", async (t) => {
  const folder = await folderWithJournal(t);
  change(folder, "pragma user_version = 99; create table of_the_future (x)");
  const before = readFileSync(join(folder, "journal.db"));
  bothRefuse(folder, {
    code: "newer-version",
    message: new RegExp(`newer Baton.*version 99.*version ${stateVersion}.*Use the newer Baton`),
  });
  assert.ok(readFileSync(join(folder, "journal.db")).equals(before));
});

test("an event of a newer version stops the reading", async (t) => {
  const folder = await folderWithJournal(t);
  change(folder, "update event set version = 2 where seq = 2");
  using store = openStore(folder);
  assert.throws(() => [...store.load()], {
    code: "newer-version",
    message: /Event 2 \(job.started\).*version 2.*version 1/,
  });
});

test("a journal with a hole or an unreadable event is called damaged, with the number of the event", async (t) => {
  const folder = await folderWithJournal(t);
  change(folder, "delete from event where seq = 2");
  {
    using store = openStore(folder);
    assert.throws(() => [...store.load()], { code: "damaged", message: /event 2 is missing/ });
  }
  change(folder, `update event set body = '{"type":' where seq = 3`);
  using store = openStore(folder);
  assert.throws(() => [...store.loadRun("r1")], { code: "damaged", message: /event 3 cannot be read/ });
});

test("a journal that is no database, or another program's, is refused and not overwritten", async (t) => {
  const folder = temporaryFolder(t);
  const journal = join(folder, "journal.db");
  writeFileSync(journal, "my diary ".repeat(1000));
  bothRefuse(folder, { code: "damaged", message: /not a journal of Baton, or it is damaged/ });
  assert.equal(readFileSync(journal, "utf8"), "my diary ".repeat(1000));

  rmSync(journal);
  change(folder, "create table accounts (name)");
  const before = readFileSync(journal);
  bothRefuse(folder, { code: "not-a-state-folder", message: /database of another program/ });
  assert.ok(readFileSync(journal).equals(before));
});

test("pages torn out of the journal are noticed", async (t) => {
  const folder = await folderWithJournal(t);
  const journal = join(folder, "journal.db");
  const bytes = readFileSync(journal);
  writeFileSync(journal, bytes.fill(0xaa, 4096));
  const expected = { code: "damaged", message: /journal\.db.*damaged.*Restore it from a copy/ };
  assert.throws(() => openStore(folder), expected);
  using reader = openStoreForReading(folder);
  assert.throws(() => [...reader.load()], expected);
});

test("a journal that was taken away from its log is not replaced by an empty one", async (t) => {
  const folder = await folderWithJournal(t);
  rmSync(join(folder, "journal.db"));
  writeFileSync(join(folder, "journal.db-wal"), "events");
  assert.throws(() => openStore(folder), { code: "damaged", message: /is gone and only its log.*Restore the journal/ });
  assert.equal(readFileSync(join(folder, "journal.db-wal"), "utf8"), "events");
});

test("a path that is a file, or a folder of other files, is no state folder", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "notes.txt"), "mine");
  assert.throws(() => openStore(join(folder, "notes.txt")), { code: "not-a-state-folder" });
  assert.throws(() => openStoreForReading(join(folder, "notes.txt")), { code: "not-a-state-folder" });
  assert.throws(() => openStore(folder), { code: "not-a-state-folder", message: /holds other files \(notes.txt\)/ });
  assert.deepEqual(readdirSync(folder), ["notes.txt"]);
});

test("a folder without a journal can be read by nobody yet", (t) => {
  const folder = temporaryFolder(t);
  assert.throws(() => openStoreForReading(folder), { code: "empty", message: /Start with `baton run`/ });
  assert.throws(() => openStoreForReading(join(folder, "nowhere")), { code: "empty" });
  // Killed between making the file and its tables.
  writeFileSync(join(folder, "journal.db"), "");
  assert.throws(() => openStoreForReading(folder), { code: "empty" });
  openStore(folder).close();
  openStoreForReading(folder).close();
});

test("a folder in place of the journal is named", (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "journal.db"));
  assert.throws(() => openStore(folder), { code: "unreadable", message: /journal\.db cannot be opened/ });
  assert.throws(() => openStoreForReading(folder), { name: "StoreError", message: /journal\.db cannot be/ });
});

test("a folder that nobody may write to can still be read, and is not written to", async (t) => {
  const folder = await folderWithJournal(t);
  chmodSync(join(folder, "journal.db"), 0o444);
  chmodSync(folder, 0o555);
  const reader = spawnScript(t, { script: "read-folder.ts", args: [folder] });
  assert.equal(await reader.line(), "3 events");
  assert.match(
    (await reader.line()) ?? "",
    /^unreadable: .* cannot be opened .*Check that this user may read and write it/,
  );
  chmodSync(folder, 0o755);
});
