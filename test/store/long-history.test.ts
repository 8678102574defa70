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
