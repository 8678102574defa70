/** Servers that share a journal: who leads, whose writes count, and what another one finds. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FolderCopy } from "../../../src/control/local/servers/folder-copy.ts";
import { chainStart } from "../../../src/store/chain.ts";
import { noteChange, noteFollowing } from "../../../src/store/following.ts";
import { writeRowsOfDatabase } from "../../../src/store/postgres/database-rows.ts";
import { type FilePiece, type FolderChange, SharedJournal } from "../../../src/store/postgres/shared-journal.ts";
import { createStateFolder, stateFolder as folderAt } from "../../../src/store/state-folder.ts";
import { fullDepth } from "../../lane/needs.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { ask, type Cluster, startCluster } from "./cluster.ts";
import { journal } from "./rows.ts";

const cluster = fullDepth("postgres").skip === undefined ? await startCluster() : (undefined as unknown as Cluster);

const nothing: FolderChange = { events: [], files: [], gone: [], attempts: [], forgotten: [] };
const piece = (path: string, at: number, text: string, isLast = false): FilePiece => {
  return { path, at, isLast, body: Buffer.from(text) };
};

interface Servers extends AsyncDisposable {
  url: string;
  open(name: string): Promise<SharedJournal>;
}

async function servers(): Promise<Servers> {
  const url = await cluster.database();
  const opened: SharedJournal[] = [];
  return {
    url,
    async open(name) {
      const server = await SharedJournal.open({ url, delivery: "shop", folder: name, reachAt: `http://${name}` });
      opened.push(server);
      return server;
    },
    async [Symbol.asyncDispose]() {
      for (const server of opened) await server.close();
    },
  };
}

/** As if the leader had not been heard of for so long. */
const silent = (url: string, seconds: number) =>
  ask(url, `update baton.delivery set seen_at = clock_timestamp() - interval '${seconds} seconds'`);

const pieces = async (server: SharedJournal, behind: number) => {
  const found: string[] = [];
  for await (const { path, at, body } of server.filesBehind(behind, (await server.standing()).change))
    found.push(`${path} ${at} ${body}`);
  return found;
};

test(
  "one of them leads, however many try at once, and the others know where it answers",
  fullDepth("postgres"),
  async () => {
    await using all = await servers();
    const four = await Promise.all(["a", "b", "c", "d"].map((name) => all.open(name)));
    assert.deepEqual(await four[0]!.standing(), {
      seq: 0,
      chain: chainStart,
      epoch: 0,
      change: 0,
      takeovers: 0,
      leader: undefined,
    });
    const lead = await Promise.all(four.map((server) => server.lead()));
    assert.equal(lead.filter(Boolean).length, 1);
    const { leader, epoch } = await four[3]!.standing();
    assert.equal(leader, `http://${["a", "b", "c", "d"][lead.indexOf(true)]}`);
    assert.equal(epoch, 1);
    await four[lead.indexOf(true)]!.confirm();
  },
);

test(
  "a leader is one for as long as it is heard of; its time over, nothing of it counts",
  fullDepth("postgres"),
  async () => {
    await using all = await servers();
    const [old, next] = [await all.open("a"), await all.open("b")];
    const rows = [...journal(4)];
    assert.ok(await old.lead());
    await old.write({ ...nothing, events: rows.slice(0, 2) });
    assert.ok(!(await next.lead()), "it has just been heard of");
    await silent(all.url, 1);
    assert.ok(!(await next.lead()), "its connection is there, so it may only be slow");
    await silent(all.url, 2);
    assert.ok(await next.lead());
    assert.equal((await next.standing()).takeovers, 1);
    for (const late of [
      () => old.write({ ...nothing, events: rows.slice(2, 3), files: [piece("server/x", 0, "late", true)] }),
      () => old.write(nothing),
      () => old.confirm(),
    ])
      await assert.rejects(late(), {
        code: "fenced",
        message: /Another server leads the journal of "shop" in database/,
      });
    await old.release();
    assert.equal((await next.standing()).leader, "http://b", "who leads no more takes nothing from who does");
    await next.write({ ...nothing, events: rows.slice(2) });
    const found: unknown[] = [];
    for await (const batch of next.rows().rowsBehind(0)) found.push(...batch);
    assert.deepEqual(found, rows);
    assert.deepEqual(await pieces(next, 0), []);
  },
);

test(
  "one whose connection is gone has a successor sooner, and one that goes at once",
  fullDepth("postgres"),
  async () => {
    await using all = await servers();
    const [first, second, third] = [await all.open("a"), await all.open("b"), await all.open("c")];
    assert.ok(await first.lead());
    await first.close();
    await silent(all.url, 0.5);
    // The server of the database sees it in its own time.
    while (!(await second.lead()));
    await second.release();
    assert.ok(await third.lead());
  },
);

test("a write is there as a whole or not at all, and its place is checked", fullDepth("postgres"), async () => {
  await using all = await servers();
  const [leader, other] = [await all.open("a"), await all.open("b")];
  const rows = [...journal(3)];
  assert.ok(await leader.lead());
  await leader.write({
    ...nothing,
    events: rows.slice(0, 1),
    files: [piece("logs/r1/shared.log", 0, "one "), piece("server/x", 0, "1", true)],
    attempts: [
      { token: "t1", attempt: "queued" },
      { token: "t2", attempt: "queued" },
    ],
  });
  const { change } = await other.standing();
  await leader.write({
    ...nothing,
    files: [piece("logs/r1/shared.log", 4, "two"), piece("server/x", 0, "2", true)],
    attempts: [{ token: "t2", attempt: "running" }],
    forgotten: ["t1"],
  });
  assert.deepEqual(await pieces(other, change), ["logs/r1/shared.log 4 two", "server/x 0 2"]);
  assert.deepEqual(await pieces(other, 0), ["logs/r1/shared.log 0 one ", "logs/r1/shared.log 4 two", "server/x 0 2"]);
  assert.deepEqual(await other.attempts(), ["running"]);
  assert.deepEqual(await other.sizes("logs/"), new Map([["logs/r1/shared.log", 7]]));
  // An event that is not right behind the last: nothing of the same write is there.
  await assert.rejects(leader.write({ ...nothing, events: rows.slice(2), attempts: [{ token: "t9", attempt: "" }] }));
  assert.equal((await other.attempts()).length, 1);
  await leader.write({ ...nothing, gone: ["logs/r1/shared.log"] });
  assert.deepEqual(await pieces(other, 0), ["server/x 0 2"]);
});

test("an artifact is told of when its last piece is there", fullDepth("postgres"), async () => {
  await using all = await servers();
  const [leader, other] = [await all.open("a"), await all.open("b")];
  assert.ok(await leader.lead());
  const path = "artifacts/packs/ab";
  await leader.write({ ...nothing, files: [piece(path, 0, "one ")] });
  assert.deepEqual(await pieces(other, 0), []);
  assert.deepEqual(await other.whole([path]), new Set());
  await leader.write({ ...nothing, files: [piece(path, 4, "two", true)] });
  assert.deepEqual(await pieces(other, 0), [`${path} 4 `]);
  assert.deepEqual(await other.whole([path]), new Set([path]));
  const bodies: Buffer[] = [];
  for await (const body of other.fileAt(path)) bodies.push(body);
  assert.equal(Buffer.concat(bodies).toString(), "one two");
});

test(
  "a leader whose connection is cut goes on over another, and knows what was written",
  fullDepth("postgres"),
  async () => {
    await using all = await servers();
    const leader = await all.open("a");
    const rows = [...journal(2)];
    assert.ok(await leader.lead());
    await ask(all.url, "select pg_terminate_backend(backend) from baton.delivery");
    await assert.rejects(leader.write({ ...nothing, events: rows.slice(0, 1) }), { code: "unreachable" });
    const again = await all.open("a");
    assert.deepEqual(await again.goOnFrom(leader), { hasWritten: false });
    await again.write({ ...nothing, events: rows.slice(0, 1) });
    // The answer to this one is lost: `leader` does not know that it was written.
    assert.deepEqual(await (await all.open("a")).goOnFrom(leader), { hasWritten: true });
    await silent(all.url, 2);
    const next = await all.open("b");
    assert.ok(await next.lead());
    await assert.rejects((await all.open("a")).goOnFrom(again), { code: "fenced" });
  },
);

test("a journal is shared by servers or is a state folder's, and it is told whose", fullDepth("postgres"), async () => {
  await using all = await servers();
  const at = { url: all.url, delivery: "shop" };
  const exporting = await writeRowsOfDatabase({ ...at, owner: "one" });
  await exporting.append([...journal(1)]);
  await exporting.commit();
  await exporting.close();
  const stranger = await all.open("two");
  await assert.rejects(stranger.lead(), { code: "not-the-owner", message: /copy of a state folder/ });
  const own = await all.open("one");
  assert.ok(await own.lead(), "whoever exported it may share it");
  await assert.rejects(writeRowsOfDatabase({ ...at, owner: "one" }), { code: "not-the-owner" });
  await (await writeRowsOfDatabase({ ...at, owner: "one", takesOver: true })).close();
  await assert.rejects(own.confirm(), { code: "fenced" });
  await assert.rejects(stranger.lead(), { code: "not-the-owner" });
});

test(
  "a database that was brought back from an older copy ends who leads, and is followed by nobody who knows more",
  fullDepth("postgres"),
  async (t) => {
    await using all = await servers();
    const leader = await all.open("a");
    assert.equal(await leader.lead(), true);
    for (let i = 0; i < 3; i++) await leader.write(nothing);
    await ask(all.url, "update baton.delivery set change = 1");
    await assert.rejects((await all.open("a")).goOnFrom(leader), { code: "fenced" });

    const stateFolder = join(temporaryFolder(t), "state");
    createStateFolder(folderAt(stateFolder));
    noteFollowing(stateFolder, {
      process: process.pid,
      place: leader.place,
      delivery: "shop",
      change: 0,
      hasLed: true,
    });
    noteChange(stateFolder, 3);
    writeFileSync(join(stateFolder, "journal.db"), "what it knows");
    const copy = new FolderCopy({ stateFolder, delivery: "shop", repository: undefined, report: assert.ifError });
    assert.throws(() => copy.begin(leader.place, 2), { code: "newer-copy" });
    assert.equal(readFileSync(join(stateFolder, "journal.db"), "utf8"), "what it knows");
    copy.begin(leader.place, 3);
    await copy.close();
  },
);
