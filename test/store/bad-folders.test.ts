import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { chainOf } from "../../src/store/chain.ts";
import { applicationId, stateVersion } from "../../src/store/migrations.ts";
import { openStore, openStoreForReading } from "../../src/store/store.ts";
import { append, created, finished, started } from "./events.ts";
import { spawnScript } from "./spawned.ts";
import { temporaryFolder } from "./temporary-folder.ts";

async function folderWithJournal(t: TestContext, where?: { parent: string }): Promise<string> {
  const folder = temporaryFolder(t, where);
  using store = openStore(folder);
  await append(store, [created("r1", 1), started("r1", "a.b"), started("r1", "a.c")], 1);
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

test("an event of a newer version, or of a kind that is not known, stops the reading", async (t) => {
  const folder = await folderWithJournal(t);
  appendRow(folder, { version: 9, type: "job.started" });
  bothRefuse(folder, { code: "newer-version", message: /event 4 \(job.started\) has version 9.*knows version 1/ });
  const another = await folderWithJournal(t);
  appendRow(another, { version: 1, type: "job.teleported" });
  bothRefuse(another, { code: "newer-version", message: /event 4 is of a kind .*\(job.teleported\).*newer Baton/ });
});

/** One more event with its right checksum, as another Baton would write it. */
function appendRow(folder: string, { version, type }: { version: number; type: string }): void {
  const database = new DatabaseSync(join(folder, "journal.db"));
  const { seq, chain } = database.prepare("select seq, chain from event order by seq desc limit 1").get() as never;
  const row = { seq: seq + 1, at: 1, version, run: "r1", type, body: "{}" };
  database
    .prepare("insert into event (seq, at, version, run, type, chain, body) values (?, ?, ?, ?, ?, ?, ?)")
    .run(row.seq, row.at, version, row.run, type, chainOf(chain, row), row.body);
  database.close();
}

const damage: [string, string, RegExp][] = [
  ["is gone", "delete from event where seq = 2", /event 2 is missing/],
  ["cannot be read", `update event set body = '{"type":' where seq = 2`, /event 2 \(job.started, run r1\) is not what/],
  ["says another job", "update event set body = replace(body, 'a.b', 'a.c') where seq = 2", /event 2 .* is not what/],
  ["is of another time", "update event set at = 2 where seq = 2", /event 2 .* is not what/],
  ["is of another run", "update event set run = 'r2' where seq = 2", /event 2 .* is not what/],
  ["has another checksum", "update event set chain = 'x' where seq = 2", /event 2 .* is not what/],
  [
    "was put in between",
    "update event set seq = seq + 1 where seq = 3; insert into event select 3, at, version, run, type, chain, body from event where seq = 2",
    /event 3 .* is not what/,
  ],
];

for (const [what, sql, message] of damage) {
  test(`an event that ${what} is damage, and is named`, async (t) => {
    const folder = await folderWithJournal(t);
    change(folder, sql);
    bothRefuse(folder, { code: "damaged", message });
    bothRefuse(folder, { code: "damaged", message: /Nothing was changed.*baton doctor --repair/ });
  });
}

test("an old event is verified where it is read", async (t) => {
  const folder = await folderWithJournal(t);
  {
    using store = openStore(folder);
    await append(store, [finished("r1"), created("r2", 2)], 1);
    await append(
      store,
      Array.from({ length: 1000 }, (_, index) => started("r2", `a.j${index}`)),
      1,
    );
  }
  change(folder, "update event set body = replace(body, 'a.b', 'a.c') where seq = 2");
  using reader = openStoreForReading(folder);
  assert.equal([...reader.loadRun("r2")].length, 1001);
  for (const read of [() => reader.loadRun("r1"), () => reader.load()]) {
    assert.throws(() => [...read()], { code: "damaged", message: /event 2 / });
  }
});

test("the events of a run that goes on are verified however long ago they were", async (t) => {
  const folder = await folderWithJournal(t);
  {
    using store = openStore(folder);
    await append(store, [created("r2", 2)], 1);
    await append(
      store,
      Array.from({ length: 1000 }, (_, index) => started("r2", `a.j${index}`)),
      1,
    );
  }
  change(folder, "update event set body = replace(body, 'a.b', 'a.c') where seq = 2");
  bothRefuse(folder, { code: "damaged", message: /event 2 / });
});

test("what is deployed is read out of its event, so no other table can say otherwise", async (t) => {
  const folder = await folderWithJournal(t);
  const value = { release: 1, commit: "c", outputs: { url: "right" }, artifacts: {} };
  {
    using store = openStore(folder);
    await append(store, [finished("r1", { deployed: { dev: { web: value } } })], 1);
    assert.deepEqual(store.deployed(), { deployed: { dev: { web: value } } });
  }
  change(folder, "update deployment set seq = 3");
  using reader = openStoreForReading(folder);
  assert.throws(() => reader.deployed(), {
    code: "damaged",
    message: /nothing says what event 3 deployed of web to dev/,
  });
});

test("a journal that is older than the logs beside it has lost its end", async (t) => {
  const folder = await folderWithJournal(t);
  mkdirSync(join(folder, "logs", "r0001"), { recursive: true });
  openStoreForReading(folder).close();
  mkdirSync(join(folder, "logs", "r0002"));
  bothRefuse(folder, { code: "damaged", message: /ends before run r0002, whose logs are there.*doctor --repair/ });
});

for (const trace of [
  "logs/r0001",
  "artifacts/listings/3fa9",
  "checkouts/r0001.json",
  "newest-event.json",
  "journal.db-wal",
]) {
  test(`a journal that is gone or empty beside ${trace} is damage and no new state folder`, (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, trace, ".."), { recursive: true });
    writeFileSync(join(folder, trace), "something");
    bothRefuse(folder, { code: "damaged", message: /journal.db is gone, .*still there: .*doctor --repair/ });
    writeFileSync(join(folder, "journal.db"), "");
    bothRefuse(folder, { code: "damaged", message: /journal.db is empty, .*still there: .*doctor --repair/ });
    assert.equal(readFileSync(join(folder, trace), "utf8"), "something");
  });
}

test("a journal of the first version is brought up to date by whoever opens it, with everything it says", async (t) => {
  const folder = temporaryFolder(t);
  const old = new DatabaseSync(join(folder, "journal.db"));
  old.exec(readFileSync(new URL("../../src/store/migrations/0001-journal.sql", import.meta.url), "utf8"));
  old.exec(`pragma application_id = ${applicationId}; pragma user_version = 1`);
  const value = { release: 1, commit: "c", outputs: {}, artifacts: {} };
  const events = [created("r1", 1), started("r1", "a.b"), finished("r1", { deployed: { dev: { web: value } } })];
  for (const [index, event] of events.entries()) {
    old
      .prepare("insert into event (seq, at, version, run, type, body) values (?, 1, 1, ?, ?, ?)")
      .run(index + 1, event.run, event.type, JSON.stringify(event));
  }
  old.exec(`insert into run values ('r1', 1, 'c', 1, 1, 3, 1, 'succeeded');
    insert into deployment values ('dev', 'web', 1, 3, 'r1', '{}')`);
  old.close();
  using reader = openStoreForReading(folder);
  assert.deepEqual(
    [...reader.load()].map(({ event }) => event),
    events,
  );
  assert.deepEqual(reader.deployed(), { deployed: { dev: { web: value } } });
  change(folder, "update event set at = 2 where seq = 1");
  bothRefuse(folder, { code: "damaged", message: /event 1 / });
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
  bothRefuse(folder, { code: "damaged", message: /journal\.db.*damaged.*Restore it from a copy/ });
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
  // The superuser reads as somebody else, who may not be let into a temporary folder of the superuser's own.
  const folder = await folderWithJournal(t, { parent: isOpenToAll(tmpdir()) ? tmpdir() : "/tmp" });
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

/** Whether every user can go through all folders that lead there. */
function isOpenToAll(path: string): boolean {
  const isOpen = (statSync(path).mode & 0o001) !== 0;
  return isOpen && (dirname(path) === path || isOpenToAll(dirname(path)));
}
