import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { driftIn } from "../../src/control/views/drift.ts";
import { statusView } from "../../src/control/views/status.ts";
import { Outbox } from "../../src/notify/outbox.ts";
import { openStore, openStoreForReading, type ReadingHandle } from "../../src/store/store.ts";
import { append, created, finished, started, succeeded } from "./events.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const linux = process.platform === "linux" ? {} : { skip: "/proc/self/io is Linux's" };

/** A journal of so many large runs: how each began is 200 KB, and 400 events follow. */
async function journalOf(t: TestContext, runs: number): Promise<string> {
  const folder = temporaryFolder(t);
  await using store = openStore(folder);
  for (let number = 1; number <= runs; number++) {
    const run = `r${number}`;
    const comment = "x".repeat(200_000);
    const jobs = Array.from({ length: 200 }, (_, at) => `web.job${at}`);
    const value = { release: number, commit: `commit-${number}`, outputs: {}, artifacts: {} };
    await append(
      store,
      [{ ...created(run, number), comment } as never, ...jobs.map((job) => started(run, job))],
      number,
    );
    const ended = finished(run, { deployed: { dev: { web: value } } });
    await append(store, [...jobs.map((job) => succeeded(run, job)), ended], number);
  }
  return folder;
}

/** What is read of files while this is done, in bytes: the same on a busy machine. */
function bytesRead(folder: string, ask: (journal: ReadingHandle) => void): number {
  const now = () => Number(/^rchar: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))![1]);
  const before = now();
  using journal = openStoreForReading(folder);
  ask(journal);
  return now() - before;
}

/** What the start of a run asks. */
function start(journal: ReadingHandle): void {
  journal.openRuns();
  journal.freezes();
  journal.deployed();
  journal.durations();
  journal.made(["of nobody"], { releases: [] });
  journal.newestDeployments(20);
  journal.runs({ newest: 50 });
  assert.deepEqual([...new Outbox(journal).addresses([])], []);
}

function status(journal: ReadingHandle): void {
  assert.equal(statusView(journal, { most: 10, now: 0, ownerOf: () => undefined }).open.length, 0);
}

/** What a board asks again whenever something happened. */
function drift(journal: ReadingHandle): void {
  assert.equal(driftIn(journal, undefined).size, 0);
}

for (const [what, ask] of Object.entries({ "the start of a run": start, status, "a look for drift": drift })) {
  test(`${what} reads as much after twenty large runs as after five`, linux, async (t) => {
    const [few, many] = [await journalOf(t, 5), await journalOf(t, 20)];
    const [least, most] = [bytesRead(few, ask), bytesRead(many, ask)];
    // Some pages of indexes more.
    assert.ok(most < least * 1.1 + 100_000, `${most} bytes, and ${least} after five`);
  });
}

test("of a year of looks for drift the newest of each job are read", async (t) => {
  const folder = temporaryFolder(t);
  const places = ["dev", "prod"].flatMap((environment) =>
    ["infra.apply", "web.deploy"].map((job) => ({ environment, deployedBy: `${job}@${environment}` })),
  );
  const looks = 4 * 365;
  {
    await using store = openStore(folder);
    await append(store, [created("r1", 1), finished("r1")], 1);
    for (let at = 0; at < looks; at++) {
      const found = at === looks - 1 ? ("unknown" as const) : at % 2 === 0 ? ("same" as const) : ("differs" as const);
      const looked = places.map((place) => ({
        type: "drift.looked" as const,
        run: "" as const,
        ...place,
        release: 1,
        found,
        said: [],
        by: "kim",
      }));
      await append(store, looked, at);
    }
  }
  const read: string[] = [];
  using journal = openStoreForReading(folder);
  const counted = {
    *newestDriftLooks(which?: { before?: number; known?: boolean }) {
      for (const look of journal.newestDriftLooks(which)) {
        read.push(look.event.deployedBy);
        yield look;
      }
    },
  };
  const last = driftIn(counted, undefined);
  assert.deepEqual(
    read,
    places.map(({ deployedBy }) => deployedBy),
  );
  assert.deepEqual([...last.keys()], ["dev", "prod"]);
  for (const look of last.get("prod")!) assert.deepEqual([look.found, look.at], ["unknown", looks - 1]);
  const known = Array.from(journal.newestDriftLooks({ known: true }), ({ event, at }) => [event.found, at]);
  assert.deepEqual(
    known,
    places.map(() => ["same", looks - 2]),
  );
  const first = driftIn(journal, journal.newestSeq() - places.length);
  assert.equal(first.get("dev")![0]!.at, looks - 2, "as it was at an earlier moment");
  const began = performance.now();
  driftIn(journal, undefined);
  t.diagnostic(`${Math.round(performance.now() - began)} ms of ${looks * places.length} looks`);
});
