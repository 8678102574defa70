/** Runs that a server makes go on, when it goes. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Host, Underway } from "../../src/control/host.ts";
import { Underways } from "../../src/server/underways.ts";

test("a server that stops leaves a run to the next one, and asks no journal that is closed", async (t) => {
  const stateFolder = mkdtempSync(join(tmpdir(), "baton-underways-"));
  t.after(() => rmSync(stateFolder, { recursive: true }));
  const ended = Promise.withResolvers<void>();
  let isClosed = false;
  const run = {
    run: "r0001",
    begin: async () => {},
    ended: () => ended.promise,
    tidyUp: async () => {},
    owed: () => [],
    async close() {
      isClosed = true;
      ended.resolve();
    },
    view() {
      if (isClosed) throw new Error("database is not open");
      return { finishedAt: undefined };
    },
  } as unknown as Underway;
  const reports: unknown[] = [];
  const underways = new Underways({
    host: {} as Host,
    stateFolder,
    secretsFile: undefined,
    report: (error) => reports.push(error),
  });
  await underways.take(run);
  await underways.close();
  assert.deepEqual(reports, []);
  assert.deepEqual(JSON.parse(readFileSync(join(stateFolder, "server/underway.json"), "utf8")).runs, ["r0001"]);
});
