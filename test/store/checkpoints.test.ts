/** A checkpoint is believed only where it fits the journal beside it; else all events are folded, to the same state. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { takeCheckpoint } from "../../src/engine/checkpoint.ts";
import { replay } from "../../src/engine/fold.ts";
import { openStore, openStoreForReading } from "../../src/store/store.ts";
import { verifyWholeJournal } from "../../src/store/verify-whole.ts";
import { snapshot } from "../engine/simulation/snapshot.ts";
import { delivery, environment, job, pipeline, plan, planned } from "../engine/world/build.ts";
import { created, finished } from "./events.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const shop = delivery([pipeline("web", { build: job({ per: "release" }) })], [environment("dev")]);
const open = (run: string, release: number) => ({
  ...created(run, release),
  delivery: shop,
  plan: plan([planned("web.build")]),
});

/** One run has finished, one goes on; the checkpoint is behind the first three events, two more come after it. */
async function withCheckpoint(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  await using store = openStore(folder);
  const first = [created("r1", 1), finished("r1"), open("r2", 2)];
  const state = replay(first.map((event, i) => ({ seq: i + 1, at: 1, version: 1, event })));
  await store.turn(() => ({ events: first, at: 1, checkpoint: takeCheckpoint(state) }));
  const start = { type: "job.started", run: "r2", job: "web.build", attempt: 1, token: "t" } as const;
  await store.turn(() => ({ events: [start, open("r3", 3)], at: 2 }));
  return folder;
}

function change(folder: string, sql: string): void {
  using database = new DatabaseSync(join(folder, "journal.db"));
  database.exec(sql);
}

/** The state as it is read, and whether the checkpoint was used for it. */
function read(folder: string): { state: string; isUsed: boolean } {
  using reader = openStoreForReading(folder);
  const whole = snapshot(replay(reader.load()));
  const state = snapshot(reader.state());
  assert.equal(state, whole);
  return { state, isUsed: reader.checkpoint() !== undefined };
}

test("what is read from a checkpoint on is what the whole journal comes to", async (t) => {
  const folder = await withCheckpoint(t);
  assert.equal(read(folder).isUsed, true);
  assert.deepEqual(verifyWholeJournal(folder).staleTables, []);
});

const harms: [string, string][] = [
  ["is gone", "delete from checkpoint"],
  ["was changed", "update checkpoint set state = replace(hex(state), '00', '01')"],
  ["has another checksum", "update checkpoint set digest = 'x'"],
  ["belongs to another event", "update checkpoint set seq = 2"],
  ["belongs to an event that is not there", "update checkpoint set seq = 99"],
  ["cannot be read", "update checkpoint set state = x'00'"],
];

for (const [what, sql] of harms) {
  test(`a checkpoint that ${what} is none`, async (t) => {
    const folder = await withCheckpoint(t);
    const { state } = read(folder);
    // Columns are strict: the changed bytes are stored as bytes.
    change(folder, sql.replace("replace(hex(state), '00', '01')", "cast(replace(hex(state), '00', '01') as blob)"));
    const again = read(folder);
    assert.deepEqual(again, { state, isUsed: false });
  });
}

for (const [what, sql] of [
  ["is gone", "drop table checkpoint"],
  ["has another shape", "drop table checkpoint; create table checkpoint (id, state)"],
  ["is a view", "drop table checkpoint; create view checkpoint as select 1 as id"],
] as const) {
  test(`where the table of checkpoints ${what} there is none, and whoever writes makes it anew`, async (t) => {
    const folder = await withCheckpoint(t);
    const { state } = read(folder);
    change(folder, sql);
    assert.deepEqual(read(folder), { state, isUsed: false });
    assert.deepEqual(verifyWholeJournal(folder).staleTables, []);
    {
      await using store = openStore(folder);
      await store.turn(() => ({ events: [], at: 3, checkpoint: takeCheckpoint(store.state()) }));
    }
    assert.deepEqual(read(folder), { state, isUsed: true });
  });
}

test("a checkpoint of a journal whose end was put back does not count", async (t) => {
  const folder = await withCheckpoint(t);
  change(folder, "delete from event where seq > 2; delete from run where run in ('r2', 'r3')");
  // Nobody noted how far it went.
  rmSync(join(folder, "newest-event.json"));
  assert.equal(read(folder).isUsed, false);
});

test("a checkpoint that says something else than the events is found by whoever looks at everything", async (t) => {
  const folder = await withCheckpoint(t);
  {
    await using store = openStore(folder);
    const state = store.state();
    state.nextRelease = 9;
    await store.turn(() => ({ events: [], at: 3, checkpoint: takeCheckpoint(state) }));
  }
  assert.deepEqual(verifyWholeJournal(folder).staleTables, ["checkpoint"]);
});
