/** Runs that a server makes go on, when it goes. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Host, Underway } from "../../src/control/host.ts";
import { Room } from "../../src/server/room.ts";
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
    room: new Room(),
    report: (error) => reports.push(error),
  });
  await underways.take(run);
  await underways.close();
  assert.deepEqual(reports, []);
  assert.deepEqual(JSON.parse(readFileSync(join(stateFolder, "server/underway.json"), "utf8")).runs, ["r0001"]);
});

test("runs that only wait for a person or a window leave room for others, and a rollback always has some", async (t) => {
  const stateFolder = mkdtempSync(join(tmpdir(), "baton-underways-"));
  t.after(() => rmSync(stateFolder, { recursive: true }));
  const underways = new Underways({
    host: {} as Host,
    stateFolder,
    secretsFile: undefined,
    room: new Room(),
    report: (error) => assert.fail(String(error)),
  });
  let count = 0;
  const run = ({
    isAtRest = false,
    moves,
  }: {
    isAtRest?: boolean;
    moves?: { kind: "rollback" | "promotion" };
  } = {}) => {
    const ended = Promise.withResolvers<void>();
    count += 1;
    return {
      run: `r${count}`,
      isAtRest,
      begin: async () => {},
      ended: () => ended.promise,
      tidyUp: async () => {},
      owed: () => [],
      close: async () => ended.resolve(),
      view: () => ({ moves }),
    } as unknown as Underway;
  };
  for (let n = 0; n < 60; n += 1) await underways.take(run({ isAtRest: true }));
  for (let n = 0; n < 50; n += 1) await underways.take(run());
  const full = { message: "not-ready: too many runs go on" };
  await assert.rejects(underways.take(run()), full);
  await assert.rejects(underways.take(run({ moves: { kind: "promotion" } })), full);
  await underways.take(run(), { urgent: true });
  await underways.take(run({ moves: { kind: "rollback" } }));
  assert.equal(underways.size, 112);
  await underways.close();
});
