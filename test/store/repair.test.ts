import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { takeCheckpoint } from "../../src/engine/checkpoint.ts";
import { replay } from "../../src/engine/fold.ts";
import { emptyState } from "../../src/engine/state.ts";
import type { Deployed } from "../../src/plan/plan.ts";
import { mendDerivedTables, rebuildJournalRecords, repairJournal } from "../../src/store/repair.ts";
import { openStore, openStoreForReading } from "../../src/store/store.ts";
import { verifyWholeJournal } from "../../src/store/verify-whole.ts";
import { append, created, finished, started } from "./events.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const value = (release: number): Deployed => ({ release, commit: `c${release}`, outputs: {}, artifacts: {} });
const there = (release: number) => ({ deployed: { dev: { web: value(release) } } });

/** Three runs: the first two deployed, the third goes on. Their events are 1 to 3, 4 to 6 and 7 to 8. */
async function history(t: TestContext): Promise<string> {
  const folder = join(temporaryFolder(t), "state");
  using store = openStore(folder);
  for (const release of [1, 2]) {
    const run = `r000${release}`;
    await append(store, [created(run, release), started(run, "a.b"), finished(run, there(release))], 1);
  }
  await append(store, [created("r0003", 3), started("r0003", "a.b")], 1);
  for (const run of ["r0001", "r0002", "r0003"]) mkdirSync(join(folder, "logs", run), { recursive: true });
  return folder;
}

function change(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, "journal.db"));
  database.enableDefensive(false);
  database.exec(sql);
  database.close();
}

const repair = (folder: string) => repairJournal(folder, { now, because: "a test said so", isDamaged: () => true })!;

/** It opens for everybody, its state can be folded, and it can be written to. */
async function assertWhole(folder: string): Promise<void> {
  let run: string;
  {
    using store = openStore(folder);
    const { nextRelease } = replay(store.load());
    run = `r000${nextRelease}`;
    await append(store, [created(run, nextRelease), finished(run)], 2);
  }
  using reader = openStoreForReading(folder);
  assert.deepEqual([...replay(reader.load()).runs.keys()], []);
  assert.equal(reader.run(run)?.conclusion, "succeeded");
}

test("a repair keeps every event that is whole, gives up what went on and counts releases on", async (t) => {
  const folder = await history(t);
  const before = readFileSync(join(folder, "journal.db"));
  change(folder, "update event set body = replace(body, 'a.b', 'a.c') where seq = 2");
  const damaged = readFileSync(join(folder, "journal.db"));
  assert.ok(!damaged.equals(before));
  const repaired = repair(folder);
  assert.deepEqual(repaired, {
    aside: join(folder, "damaged-2026-01-02T03-04-05-000Z"),
    kept: 7,
    lost: "event 2",
    givenUp: ["r0003"],
    attempts: ["r0001/a.b/1", "r0002/a.b/1", "r0003/a.b/1"].slice(1),
    nextRelease: 4,
  });
  assert.ok(readFileSync(join(repaired.aside!, "journal.db")).equals(damaged), "the damaged file is put aside");
  {
    using reader = openStoreForReading(folder);
    assert.deepEqual(reader.deployed(), there(2));
    assert.deepEqual(
      reader.runs().map(({ run, conclusion }) => [run, conclusion]),
      [
        ["r0003", "cancelled"],
        ["r0002", "succeeded"],
        ["r0001", "succeeded"],
      ],
    );
    assert.equal([...reader.loadRun("r0002")].length, 3, "other runs can still be read");
    const state = replay(reader.load());
    assert.equal(state.nextRelease, 4);
    assert.deepEqual(state.deployed, there(2).deployed);
    assert.deepEqual([...state.environments.get("dev")!.newest], [["web", 2]]);
  }
  await assertWhole(folder);
});

test("what a damaged event deployed is not believed: the release before it counts", async (t) => {
  const folder = await history(t);
  change(folder, `update event set body = replace(body, '"c2"', '"c9"') where seq = 6`);
  assert.equal(repair(folder).lost, "event 6");
  using reader = openStoreForReading(folder);
  assert.deepEqual(reader.deployed(), there(1));
  assert.deepEqual(replay(reader.load()).deployed, there(1).deployed);
});

test("a second repair keeps what the first one kept", async (t) => {
  const folder = await history(t);
  change(folder, "delete from event where seq = 2");
  assert.equal(repair(folder).lost, "events 2 to 3");
  await assertWhole(folder);
  change(folder, "update event set at = 7 where seq = 5");
  const again = repairJournal(folder, { now: now + 1000, because: "it happened again", isDamaged: () => true })!;
  assert.equal(again.lost, "events 2 to 3, 5");
  await assertWhole(folder);
});

for (const table of ["run", "deployment", "made"]) {
  for (const [what, sql] of [
    ["gone", `drop table ${table}`],
    ["of another shape", `drop table ${table}; create table ${table} (run, release)`],
  ] as const) {
    test(`the derived table "${table}" that is ${what} is damage, made anew from the events`, async (t) => {
      const folder = await history(t);
      const before = openStoreForReading(folder);
      const [runs, deployed] = [before.runs(), before.deployed()];
      before.close();
      assert.equal(mendDerivedTables(folder), false);
      change(folder, sql);
      const said = { code: "damaged", message: new RegExp(`its table "${table}" is gone or .*doctor --repair`) };
      assert.throws(() => openStore(folder), said);
      assert.throws(() => openStoreForReading(folder), said);
      assert.throws(() => verifyWholeJournal(folder), said);
      assert.equal(mendDerivedTables(folder), true);
      {
        using reader = openStoreForReading(folder);
        assert.deepEqual([reader.runs(), reader.deployed()], [runs, deployed]);
      }
      using store = openStore(folder);
      await append(store, [finished("r0003", there(3))], 2);
      assert.deepEqual(store.deployed(), there(3));
    });
  }
}

test("a journal without its events is damage, and begun anew", async (t) => {
  const folder = await history(t);
  change(folder, "drop table event");
  assert.throws(() => openStoreForReading(folder), { code: "damaged" });
  assert.equal(repair(folder).kept, 0);
  await assertWhole(folder);
});

/** A copy of the journal after the first two runs, whole. */
async function historyWithCopy(t: TestContext): Promise<{ folder: string; putBack(): void }> {
  const folder = await history(t);
  const journal = join(folder, "journal.db");
  const copy = readFileSync(journal);
  {
    using store = openStore(folder);
    await append(store, [finished("r0003", there(3)), created("r0004", 4), finished("r0004", there(4))], 2);
  }
  return { folder, putBack: () => writeFileSync(journal, copy) };
}

test("an older copy in place of the journal is refused, and the repair goes on from it", async (t) => {
  const { folder, putBack } = await historyWithCopy(t);
  assert.equal(existsSync(join(folder, "journal.db-wal")), false);
  putBack();
  const said = {
    code: "damaged",
    message: /ends with event 8 and had gone on to event 11.*older copy.*doctor --repair/,
  };
  assert.throws(() => openStore(folder), said);
  assert.throws(() => openStoreForReading(folder), said);
  const { kept, lost, unknownAfter, nextRelease } = repair(folder);
  assert.deepEqual([kept, unknownAfter, nextRelease], [8, 8, 5]);
  assert.equal(lost, "an unknown number of events after event 8, at least up to event 11 and run r0004");
  {
    using reader = openStoreForReading(folder);
    assert.deepEqual(reader.deployed(), there(2));
  }
  await assertWhole(folder);
});

test("a repair that is killed before the new end is noted leaves a journal that is believed", async (t) => {
  const { folder, putBack } = await historyWithCopy(t);
  putBack();
  const noted = readFileSync(join(folder, "newest-event.json"));
  repair(folder);
  writeFileSync(join(folder, "newest-event.json"), noted);
  await assertWhole(folder);
});

test("an end of the journal that is gone is noticed by what was noted of it", async (t) => {
  const folder = await history(t);
  change(folder, "delete from event where seq = 8");
  assert.throws(() => openStore(folder), { code: "damaged", message: /ends with event 7 .*event 8/ });
  assert.equal(repair(folder).lost, "an unknown number of events after event 7, at least up to event 8");
  await assertWhole(folder);
});

test("a journal of another history in its place is refused", async (t) => {
  const folder = await history(t);
  const other = join(temporaryFolder(t), "state");
  {
    using store = openStore(other);
    await append(store, [created("r0001", 1), created("r0002", 2), created("r0003", 3), created("r0004", 4)], 1);
    await append(
      store,
      ["r0001", "r0002", "r0003", "r0004"].map((run) => finished(run)),
      5,
    );
  }
  writeFileSync(join(folder, "journal.db"), readFileSync(join(other, "journal.db")));
  assert.throws(() => openStore(folder), { code: "damaged", message: /event 8 is another one than was written here/ });
  repair(folder);
  await assertWhole(folder);
});

test("a journal that goes further than was noted, or of which nothing legible was noted, is believed", async (t) => {
  const folder = await history(t);
  const noted = join(folder, "newest-event.json");
  const before = readFileSync(noted, "utf8");
  {
    using store = openStore(folder);
    await append(store, [finished("r0003", there(3))], 2);
  }
  assert.notEqual(readFileSync(noted, "utf8"), before);
  for (const content of [before, "", '{"seq":"9"}', "null"]) {
    // As a kill before the end left it.
    writeFileSync(noted, content);
    openStore(folder).close();
    openStoreForReading(folder).close();
  }
  rmSync(noted);
  openStoreForReading(folder).close();
  assert.equal(existsSync(noted), false, "who only reads writes nothing");
});

test("how far the journal goes is noted with each checkpoint, while somebody still writes", async (t) => {
  const folder = await history(t);
  using store = openStore(folder);
  const state = emptyState();
  await append(store, [finished("r0003", there(3))], 2);
  const noted = () => JSON.parse(readFileSync(join(folder, "newest-event.json"), "utf8"));
  assert.equal(noted().seq, 8);
  await store.turn(() => ({ events: [created("r0004", 4)], at: 3, checkpoint: takeCheckpoint(state) }));
  assert.deepEqual([noted().seq, noted().release], [10, 4]);
});

test("where logs tell of a later run than any event, nobody knows how much is lost", async (t) => {
  const folder = await history(t);
  rmSync(join(folder, "newest-event.json"));
  mkdirSync(join(folder, "logs", "r0007"));
  assert.throws(() => openStore(folder), { code: "damaged", message: /ends before run r0007/ });
  const { kept, lost, nextRelease } = repair(folder);
  assert.deepEqual([kept, nextRelease], [8, 8]);
  assert.equal(lost, "an unknown number of events after event 8, at least run r0007");
});

const ruins: [string, (journal: string) => void][] = [
  ["is gone", (journal) => rmSync(journal)],
  ["is empty", (journal) => writeFileSync(journal, "")],
  ["is anything but a journal", (journal) => writeFileSync(journal, Buffer.alloc(50_000, "random bytes"))],
  ["was cut to its first page", (journal) => truncateSync(journal, 4096)],
];

for (const [what, ruin] of ruins) {
  test(`a journal that ${what} is begun anew, with releases after those whose logs are there`, async (t) => {
    const folder = await history(t);
    const journal = join(folder, "journal.db");
    ruin(journal);
    const was = existsSync(journal) ? readFileSync(journal) : undefined;
    assert.throws(() => openStore(folder), { code: "damaged" });
    assert.throws(() => openStoreForReading(folder), { code: "damaged" });
    const { kept, lost, unknownAfter, nextRelease, aside } = repair(folder);
    assert.deepEqual([kept, unknownAfter, nextRelease], [0, 0, 4]);
    assert.equal(lost, "an unknown number of events, at least up to event 8 and run r0003");
    assert.deepEqual(aside && readFileSync(join(aside, "journal.db")), was);
    assert.deepEqual(readdirSync(join(folder, "logs")), ["r0001", "r0002", "r0003"]);
    {
      using reader = openStoreForReading(folder);
      assert.deepEqual(reader.deployed(), { deployed: {} });
    }
    await assertWhole(folder);
  });
}

test("pages that are torn out cost their own events and no others", async (t) => {
  const folder = join(temporaryFolder(t), "state");
  {
    using store = openStore(folder);
    await append(store, [created("r0001", 1)], 1);
    for (let n = 0; n < 200; n++) await append(store, [started("r0001", `a.job${n}`)], 1);
  }
  const journal = join(folder, "journal.db");
  const bytes = readFileSync(journal);
  const page = bytes.indexOf('"job":"a.job100"') & ~4095;
  writeFileSync(journal, bytes.fill(0xaa, page, page + 4096));
  assert.throws(() => openStoreForReading(folder), { code: "damaged" });
  const { kept, lost } = repair(folder);
  assert.ok(kept > 150 && kept < 201, `${kept} were kept`);
  assert.match(lost, /^events \d+ to \d+$/);
  await assertWhole(folder);
});

const emptied = (index: string, where: string) =>
  `create temp table was as select sql from sqlite_schema where name = '${index}';
   drop index ${index}; create index ${index} on event (seq) where ${where};
   pragma writable_schema = on;
   update sqlite_schema set sql = (select sql from was) where name = '${index}'`;

for (const [what, sql, name] of [
  ["is gone", "drop index event_tells", "event_tells"],
  ["knows nothing of what is frozen", emptied("event_freezes", "type = 'nothing'"), "event_freezes"],
] as const) {
  test(`an index of events that ${what} is seen and made anew`, async (t) => {
    const folder = join(temporaryFolder(t), "state");
    {
      using store = openStore(folder);
      const frozen = { type: "environment.frozen", run: "", environment: "dev", until: 9 } as const;
      await append(store, [{ ...frozen, by: "ada", reason: "a sale" }], 2);
    }
    assert.deepEqual(verifyWholeJournal(folder).staleTables, []);
    change(folder, sql);
    assert.deepEqual(verifyWholeJournal(folder).staleTables, [name]);
    if (name === "event_tells") {
      using reader = openStoreForReading(folder);
      assert.throws(() => [...reader.tellingUntil(9)], { code: "damaged", message: /event_tells.*doctor --repair/ });
    }
    rebuildJournalRecords(folder);
    assert.deepEqual(verifyWholeJournal(folder).staleTables, []);
  });
}

test("what a newer Baton wrote is no damage: it is left to the newer Baton", async (t) => {
  const folder = await history(t);
  change(folder, "pragma user_version = 99");
  const before = readFileSync(join(folder, "journal.db"));
  assert.throws(() => repair(folder), { code: "newer-version" });
  assert.ok(readFileSync(join(folder, "journal.db")).equals(before));
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("damaged")),
    [],
  );
});
