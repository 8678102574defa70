import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { PlannedJob } from "../../src/plan/plan.ts";
import { rebuildRecords } from "../../src/store/records.ts";
import { openStore } from "../../src/store/store.ts";
import { append, created, digest, finished, succeeded } from "./events.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const reason = { code: "forced", text: "asked", because: [] } as const;

function planned(id: string, parts: Partial<PlannedJob> = {}): PlannedJob {
  const [pipeline, job] = id.split("[")[0]!.split("@")[0]!.split(".") as [string, string];
  return { id, pipeline, job, decision: "run", reason: { ...reason, because: [] }, after: [], requires: [], ...parts };
}

const dist = { dist: { digest: digest("a"), sizeBytes: 1 } };
const inputs = { "parameter size": "small" };

/** A run of the commit: a build, two legs of a test, a deployment. */
function run(name: string, release: number, commit: string) {
  const event = created(name, release, [
    planned("web.build", { inputs }),
    planned("web.test[at=a@b]", { matrix: { at: "a@b" } }),
    planned("web.test[at=c]", { matrix: { at: "c" } }),
    planned("web.deploy@dev", { environment: "dev" }),
  ]);
  event.plan.change.commit = commit;
  event.plan.parameters = { size: "small" };
  return event;
}

const legs = ["web.test[at=a@b]", "web.test[at=c]"];

test("what a run made once is found by its commit, whatever became of the run", async (t) => {
  using store = openStore(temporaryFolder(t));
  const build = succeeded("r1", "web.build", { artifacts: dist, outputs: { version: "1" } });
  const first = run("r1", 1, "c1");
  await append(store, [first, build, succeeded("r1", legs[0]!)], 10);
  const made = { release: 1, outputs: { version: "1" }, artifacts: dist, inputs };
  const { delivery } = first;
  assert.deepEqual(store.made(["c1"]), [
    { release: 1, commit: "c1", delivery, parameters: { size: "small" }, jobs: { "web.build": made } },
  ]);
  await append(store, [succeeded("r1", legs[1]!), finished("r1", { conclusion: "failed" })], 20);
  const tested = { release: 1, outputs: {}, artifacts: {}, inputs: {} };
  assert.deepEqual(store.made(["c1"])[0]!.jobs, { "web.build": made, "web.test": tested });
  assert.deepEqual(store.made(["c2"]), []);
  const named = store.made(["c1"], { runs: 0, releases: [1, 7, 1] });
  assert.deepEqual(
    named.map(({ release }) => release),
    [1],
    "a release that is asked for, however many there were of its commit since",
  );
});

test("what a run took over counts as made by the earlier one; what it left out does not", async (t) => {
  using store = openStore(temporaryFolder(t));
  const reused = { release: 1, commit: "c1", outputs: { version: "1" }, artifacts: dist };
  const event = created("r2", 2, [
    planned("web.build", { decision: "reuse", reused }),
    planned("web.test", { decision: "skip" }),
  ]);
  await append(store, [event], 10);
  const expected = { release: 1, outputs: { version: "1" }, artifacts: dist, inputs: {} };
  assert.deepEqual(store.made(["commit-2"])[0]!.jobs, { "web.build": expected });
});

test("newest first, no more than asked for of each commit; the same after the records are made anew", async (t) => {
  const folder = temporaryFolder(t);
  const store = openStore(folder);
  for (const [number, commit] of ["c1", "c2", "c1", "c1"].entries()) {
    const name = `r${number + 1}`;
    await append(store, [run(name, number + 1, commit), succeeded(name, "web.build", { artifacts: dist })], number);
  }
  const releases = () => store.made(["c1", "c2", "c1"], { runs: 2 }).map(({ release }) => release);
  assert.deepEqual(releases(), [4, 3, 2]);
  const before = store.made(["c1", "c2"]);
  const events = [...store.load()];
  {
    using database = new DatabaseSync(join(folder, "journal.db"));
    rebuildRecords(database, events);
  }
  assert.deepEqual(store.made(["c1", "c2"]), before);
  await store.close();
});

test("a folder of before is read for what its runs made", async (t) => {
  const folder = temporaryFolder(t);
  const store = openStore(folder);
  const all = [run("r1", 1, "c1"), succeeded("r1", "web.build"), ...legs.map((leg) => succeeded("r1", leg))];
  await append(store, [...all, succeeded("r1", "web.deploy@dev")], 1);
  const before = store.made(["c1"]);
  await store.close();
  {
    using database = new DatabaseSync(join(folder, "journal.db"));
    database.exec(
      `drop table made; drop index run_commit; drop table checkpoint; drop index event_freezes;
      drop index run_created; drop index event_moves; drop index event_tells; drop index event_drift;
      pragma user_version = 2`,
    );
  }
  using again = openStore(folder);
  assert.deepEqual(again.made(["c1"]), before);
  assert.equal(Object.keys(before[0]!.jobs).length, 2);
  using database = new DatabaseSync(join(folder, "journal.db"), { readOnly: true });
  assert.equal(database.prepare("select count(*) as rows from made").get()?.rows, 3);
});

test("the question is answered by indexes, however long the journal is", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await append(store, [run("r1", 1, "c1"), succeeded("r1", "web.build")], 1);
  using database = new DatabaseSync(join(folder, "journal.db"), { readOnly: true });
  const plan = (sql: string) =>
    database
      .prepare(`explain query plan ${sql}`)
      .all()
      .map(({ detail }) => detail);
  const asked = [
    `select * from run where "commit" = 'c' order by release desc limit 20`,
    "select seq from made where run = 'r'",
  ];
  for (const sql of asked) assert.match(plan(sql).join("; "), /^SEARCH (run|made) USING (INDEX|PRIMARY KEY)/);
});

test("of runs that made the same, only the newest whose files are kept is read, and what is named", async (t) => {
  using store = openStore(temporaryFolder(t));
  const b = { dist: { digest: digest("b"), sizeBytes: 1 } };
  const made = (name: string, release: number, artifacts = dist) => [
    run(name, release, "c1"),
    succeeded(name, "web.build", { artifacts }),
    ...legs.map((leg) => succeeded(name, leg)),
  ];
  const large = run("r4", 4, "c1");
  large.plan.jobs[0]!.inputs = { "parameter size": "large" };
  const redefined = run("r5", 5, "c1");
  redefined.delivery.name = "other";
  await append(store, [...made("r1", 1), ...made("r2", 2), ...made("r3", 3, b)], 1);
  await append(store, [large, redefined, ...made("r6", 6).slice(0, 2), ...made("r7", 7, b), run("r8", 8, "c2")], 2);
  const found = (isKept: (digest: string) => boolean, releases: number[] = []) =>
    store.made(["c1"], { isKept, releases }).map(({ release }) => release);
  assert.deepEqual(
    found(() => true),
    [7, 5, 4],
    "7 stands for 6, 3, 2 and 1; another definition and other inputs stand for themselves",
  );
  assert.deepEqual(
    found(() => true, [2]),
    [7, 5, 4, 2],
  );
  assert.deepEqual(
    found((one) => one !== digest("b")),
    [7, 6, 5, 4, 3, 2],
    "the files of 7 are gone, 6 is incomplete; 2 stands for 1",
  );
  assert.equal(store.made(["c1"]).length, 7, "without the question all are read");
});
