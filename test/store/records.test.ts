import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { Deployed } from "../../src/plan/plan.ts";
import { rebuildRecords } from "../../src/store/records.ts";
import { openStore, openStoreForReading } from "../../src/store/store.ts";
import { append, created, digest, finished, started, succeeded } from "./events.ts";
import { temporaryFolder } from "./temporary-folder.ts";

function deployed(release: number, letter = "a"): Deployed {
  const artifacts = { dist: { digest: digest(letter), sizeBytes: 1 } };
  return { release, commit: `commit-${release}`, outputs: { url: `http://localhost:${release}` }, artifacts };
}

test("runs are listed newest first, with how they ended", async (t) => {
  using store = openStore(temporaryFolder(t));
  assert.equal(store.lastRelease(), 0);
  await append(store, [created("r1", 1)], 10);
  await append(store, [finished("r1", { conclusion: "failed" }), created("r2", 2)], 20);
  const second = { run: "r2", release: 2, commit: "commit-2", createdAt: 20 };
  const first = { run: "r1", release: 1, commit: "commit-1", createdAt: 10, finishedAt: 20, conclusion: "failed" };
  assert.deepEqual(store.runs(), [second, first]);
  assert.deepEqual(store.run("r1"), first);
  assert.equal(store.run("r3"), undefined);
  assert.equal(store.lastRelease(), 2);

  await append(store, [{ type: "run.retry-requested", run: "r1", jobs: [] }], 30);
  assert.deepEqual(store.run("r1"), { run: "r1", release: 1, commit: "commit-1", createdAt: 10 });
});

test("how runs began is read newest first, and of those that tell nobody only the number", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  const some = (run: string, more: object = {}) => ({ ...created(run, Number(run.slice(1))), ...more });
  const telling = some("r2", { moves: { from: "dev", release: 1 } });
  await append(store, [some("r1"), telling, finished("r1", {}), some("r3")] as never, 10);
  const all = [...store.beginningsUntil(4)].map(({ seq, event }) => [seq, event.run]);
  assert.deepEqual(all, [
    [4, "r3"],
    [2, "r2"],
    [1, "r1"],
  ]);
  assert.deepEqual([...store.beginningsUntil(3)].length, 2);
  const moves = ["r1", "r2", "r4"].map((run) => store.moveOf(run)?.run);
  assert.deepEqual(moves, [undefined, "r2", undefined]);
  const read = () => [...store.tellingUntil(4)].map(({ seq, event }) => [seq, event?.run]);
  assert.deepEqual(read(), [
    [4, undefined],
    [2, "r2"],
    [1, undefined],
  ]);
  const database = new DatabaseSync(join(folder, "journal.db"));
  database.exec("update event set body = replace(body, '\"r2\"', '\"rX\"') where seq = 2");
  database.close();
  assert.throws(read, /event 2 \(run.created, run r2\) is not what was written/);
});

test("what was verified a moment ago is verified again when anything was written since", async (t) => {
  const folder = temporaryFolder(t);
  {
    using store = openStore(folder);
    await append(store, [created("r1", 1), finished("r1", {})], 1);
  }
  openStoreForReading(folder).close();
  openStoreForReading(folder).close();
  const database = new DatabaseSync(join(folder, "journal.db"));
  database.exec(
    "pragma wal_autocheckpoint = 0; update event set body = replace(body, '\"r1\"', '\"rX\"') where seq = 2",
  );
  assert.throws(() => openStoreForReading(folder), /event 2 \(run.finished, run r1\) is not what was written/);
  database.close();
  assert.throws(() => openStore(folder), /event 2 \(run.finished, run r1\) is not what was written/);
});

test("what every run asks of a long journal is answered by indexes", async (t) => {
  const folder = temporaryFolder(t);
  openStore(folder).close();
  using database = new DatabaseSync(join(folder, "journal.db"), { readOnly: true });
  const details = (sql: string) => database.prepare(`explain query plan ${sql}`).all();
  const plan = (sql: string) => details(sql).map(({ detail }) => detail);
  assert.match(plan("select * from run order by created_seq desc limit 50").join("; "), /USING INDEX run_created$/);
  assert.match(plan("select max(created_seq) from run where created_seq < 9").join("; "), /INDEX run_created/);
});

test("what is deployed is the highest release, known as soon as the lock is released", async (t) => {
  using store = openStore(temporaryFolder(t));
  const release = (run: string, number: number) =>
    ({ type: "lock.released", run, environment: "dev", deployed: { web: deployed(number) } }) as const;
  await append(store, [created("r1", 1), created("r2", 2), release("r1", 1)], 10);
  assert.deepEqual(store.deployed(), { deployed: { dev: { web: deployed(1) } } });
  await append(store, [release("r2", 2)], 20);
  // The older run goes on in another environment and ends last: it does not take dev back.
  await append(store, [finished("r1", { deployed: { dev: { web: deployed(1) }, test: { api: deployed(1) } } })], 30);
  assert.deepEqual(store.deployed(), { deployed: { dev: { web: deployed(2) }, test: { api: deployed(1) } } });
  assert.deepEqual(store.deployments(), [
    { environment: "test", pipeline: "api", run: "r1", release: 1, commit: "commit-1", at: 30 },
    { environment: "dev", pipeline: "web", run: "r2", release: 2, commit: "commit-2", at: 20 },
    { environment: "dev", pipeline: "web", run: "r1", release: 1, commit: "commit-1", at: 10 },
  ]);
});

test("an older release that is deployed late does not take the place of a newer one", async (t) => {
  using store = openStore(temporaryFolder(t));
  const there = (number: number) => ({ deployed: { dev: { web: deployed(number) } } });
  await append(store, [created("r1", 1), created("r2", 2), finished("r2", there(2)), finished("r1", there(1))], 10);
  assert.deepEqual(store.deployed(), there(2));
  assert.deepEqual(
    store.deployments().map(({ release }) => release),
    [1, 2],
  );
  assert.deepEqual(
    store.currentDeployments().map(({ release }) => release),
    [2],
  );
});

test("a run is found by its id or the number of its release, open ones without the others", async (t) => {
  using store = openStore(temporaryFolder(t));
  await append(store, [created("r1", 1), finished("r1"), created("r2", 2), created("r3", 3)], 1);
  const found = ["r2", "2", "r9", "0", "02x"].map((named) => store.findRun(named)?.run);
  assert.deepEqual(found, ["r2", "r2", undefined, undefined, undefined]);
  assert.deepEqual(
    store.openRuns().map(({ run }) => run),
    ["r3", "r2"],
  );
  assert.deepEqual(
    store.runs({ newest: 2 }).map(({ run }) => run),
    ["r3", "r2"],
  );
});

test("a job's usual duration is the median of its last five successes", async (t) => {
  using store = openStore(temporaryFolder(t));
  assert.deepEqual(store.durations(), new Map());
  const times = [9000, 100, 500, 200, 400, 300];
  for (const [index, durationMs] of times.entries()) {
    const run = `r${index + 1}`;
    await append(store, [created(run, index + 1), started(run, "web.build@dev")], 1);
    await append(store, [succeeded(run, "web.build@dev", { durationMs }), finished(run)], 1);
  }
  await append(store, [created("r9", 9), succeeded("r9", "web.test", { durationMs: 10 })], 1);
  await append(store, [succeeded("r9", "web.test", { durationMs: 20 })], 1);
  assert.deepEqual(
    store.durations(),
    new Map([
      ["web.test", 15],
      ["web.build@dev", 300],
    ]),
  );
});

test("artifacts in use are those of what is deployed, of runs that go on, and of the newest runs", async (t) => {
  using store = openStore(temporaryFolder(t));
  const job = (run: string, letter: string) =>
    succeeded(run, "web.build", { artifacts: { dist: { digest: digest(letter), sizeBytes: 1 } } });
  const web = (release: number, letter: string) => ({ deployed: { dev: { web: deployed(release, letter) } } });
  await append(store, [created("r1", 1), job("r1", "1"), finished("r1", web(1, "a"))], 1);
  await append(store, [created("r2", 2), job("r2", "2"), finished("r2", web(2, "b"))], 1);
  await append(store, [created("r3", 3), job("r3", "3"), created("r4", 4), job("r4", "4"), finished("r4")], 1);
  // Made by the run that deployed it: what is there may be brought elsewhere.
  const now = ["b", "2", "3", "4"].map(digest);
  assert.deepEqual(store.artifactsInUse({ runs: 1 }), new Set(now));
  assert.deepEqual(store.artifactsInUse({ runs: 1, deployments: 2 }), new Set([...now, digest("a"), digest("1")]));
});

test("the records can be derived again from the journal alone", async (t) => {
  const folder = temporaryFolder(t);
  {
    using store = openStore(folder);
    await append(store, [created("r1", 1), finished("r1", { deployed: { dev: { web: deployed(1) } } })], 10);
    await append(store, [created("r2", 2)], 20);
  }
  const answers = () => {
    using reader = openStoreForReading(folder);
    return [reader.runs(), reader.deployed(), reader.deployments()];
  };
  const before = answers();
  const database = new DatabaseSync(join(folder, "journal.db"));
  database.exec("delete from run; delete from deployment");
  assert.notDeepEqual(answers(), before);
  {
    using reader = openStoreForReading(folder);
    rebuildRecords(database, reader.load());
  }
  database.close();
  assert.deepEqual(answers(), before);
});
