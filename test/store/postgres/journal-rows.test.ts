/** What holds of a journal's rows wherever they lie, and what a database adds: a writer whose place is taken writes no more. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chainStart } from "../../../src/store/chain.ts";
import { copyRows } from "../../../src/store/copy-rows.ts";
import type { ChainedRow } from "../../../src/store/event-rows.ts";
import { idOfFolder } from "../../../src/store/folder-id.ts";
import { rowsOfFolder, writeRowsOfFolder } from "../../../src/store/folder-rows.ts";
import type { JournalRows, JournalRowsWriter } from "../../../src/store/journal-rows.ts";
import { rowsOfDatabase, writeRowsOfDatabase } from "../../../src/store/postgres/database-rows.ts";
import { openStore, openStoreForReading } from "../../../src/store/store.ts";
import { fullDepth, type WhenToRun } from "../../lane/needs.ts";
import { append, created, finished } from "../events.ts";
import { spawnScript } from "../spawned.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { ask, type Cluster, startCluster } from "./cluster.ts";
import { journal } from "./rows.ts";

const cluster = fullDepth("postgres").skip === undefined ? await startCluster() : (undefined as unknown as Cluster);

async function allOf(rows: JournalRows, behind = 0): Promise<ChainedRow[]> {
  const all: ChainedRow[] = [];
  for await (const batch of rows.rowsBehind(behind)) all.push(...batch.map((row) => ({ ...row })));
  return all;
}

interface Kind {
  name: string;
  when: WhenToRun;
  open(folder: string): Promise<{ write(): Promise<JournalRowsWriter>; read(): Promise<JournalRows> }>;
}

const kinds: Kind[] = [
  {
    name: "a state folder",
    when: {},
    open: async (folder) => ({ write: async () => writeRowsOfFolder(folder), read: async () => rowsOfFolder(folder) }),
  },
  {
    name: "a database",
    when: fullDepth("postgres"),
    open: async () => {
      const at = { url: await cluster.database(), delivery: "shop", owner: "here" };
      return { write: () => writeRowsOfDatabase(at), read: () => rowsOfDatabase(at) };
    },
  },
];

for (const { name, when, open } of kinds) {
  test(`${name}: what is appended is read back byte for byte, by batches and from any place`, when, async (t) => {
    const { write, read } = await open(temporaryFolder(t));
    const rows = [...journal(1203)];
    const writer = await write();
    assert.deepEqual(await writer.head(), { seq: 0, chain: chainStart });
    await writer.append(rows.slice(0, 700));
    await writer.append(rows.slice(700));
    await writer.commit();
    await writer.close();
    const reader = await read();
    assert.deepEqual(await allOf(reader), rows);
    assert.deepEqual(await allOf(reader, 1200), rows.slice(1200));
    assert.deepEqual(await reader.head(), { seq: 1203, chain: rows.at(-1)!.chain });
    assert.equal(await reader.chainAt(7), rows[6]!.chain);
    assert.equal(await reader.chainAt(1204), undefined);
    await reader.close();
  });

  test(`${name}: a batch is bounded by its bytes as well`, { ...fullDepth(), ...when }, async (t) => {
    const { write, read } = await open(temporaryFolder(t));
    const rows = [...journal(5, { seq: 0, chain: chainStart }, 6_000_000)];
    const writer = await write();
    for (const row of rows) await writer.append([row]);
    await writer.commit();
    await writer.close();
    const reader = await read();
    const batches: number[] = [];
    for await (const batch of reader.rowsBehind(0)) batches.push(batch.length);
    assert.deepEqual(batches, [3, 2]);
    await reader.close();
  });

  test(`${name}: what is not committed was never there`, when, async (t) => {
    const { write, read } = await open(temporaryFolder(t));
    const rows = [...journal(3)];
    const first = await write();
    await first.append(rows.slice(0, 1));
    await first.commit();
    await first.append(rows.slice(1));
    const meanwhile = await read();
    assert.equal((await allOf(meanwhile)).length, 1);
    await meanwhile.close();
    await first.close();
    const second = await write();
    assert.equal((await second.head()).seq, 1);
    await second.append(rows.slice(1));
    await second.commit();
    assert.deepEqual(await allOf(second), rows);
    await second.close();
  });

  test(`${name}: has one writer at a time, and nothing is written over`, when, async (t) => {
    const { write } = await open(temporaryFolder(t));
    const rows = [...journal(3)];
    const writer = await write();
    await writer.append(rows.slice(0, 2));
    await writer.commit();
    if (name === "a database") await assert.rejects(write(), { code: "in-use" });
    await assert.rejects(writer.append(rows.slice(1)), { code: "other-history" });
    await writer.close();
    const next = await write();
    assert.deepEqual(await allOf(next), rows.slice(0, 2));
    await next.close();
  });
}

test(
  "a journal goes from a folder to a database and back, equal event for event, and folds to the same",
  fullDepth("postgres"),
  async (t) => {
    const [folder, back] = [temporaryFolder(t), temporaryFolder(t)];
    const at = { url: await cluster.database(), delivery: "shop", owner: "here" };
    {
      using store = openStore(folder);
      await append(store, [created("r0001", 1)], 1);
      await append(store, [finished("r0001")], 2);
      // While it is written to.
      assert.deepEqual(await exported(), { seq: 2, events: 2 });
      await append(store, [created("r0002", 2)], 3);
    }
    assert.deepEqual(await exported(), { seq: 3, events: 1 });
    assert.deepEqual(await exported(), { seq: 3, events: 0 });
    assert.deepEqual(await imported(back), { seq: 3, events: 3 });

    using one = openStoreForReading(folder);
    using other = openStoreForReading(back);
    assert.deepEqual([...other.load()], [...one.load()]);
    assert.deepEqual(other.state(), one.state());
    assert.deepEqual(other.runs(), one.runs());

    // And what the copy goes on to is not lost on the way back.
    {
      using store = openStore(back);
      await append(store, [finished("r0002")], 4);
    }
    await assert.rejects(imported(back), { code: "newer-copy" });

    async function exported() {
      return between(rowsOfFolder(folder), await writeRowsOfDatabase(at));
    }
    async function imported(to: string) {
      return between(await rowsOfDatabase(at), writeRowsOfFolder(to));
    }
  },
);

async function between(from: JournalRows, to: JournalRowsWriter) {
  try {
    return await copyRows(from, to);
  } finally {
    await from.close();
    await to.close();
  }
}

test("two histories are not laid over each other, and damage is not carried on", fullDepth("postgres"), async (t) => {
  const url = await cluster.database();
  const [one, other] = [temporaryFolder(t), temporaryFolder(t)];
  for (const [folder, run] of [
    [one, "r1"],
    [other, "r2"],
  ] as const) {
    using store = openStore(folder);
    await append(store, [created(run, 1)], 1);
  }
  const at = { url, delivery: "shop", owner: "here" };
  await between(rowsOfFolder(one), await writeRowsOfDatabase(at));
  await assert.rejects(async () => between(rowsOfFolder(other), await writeRowsOfDatabase(at)), {
    code: "other-history",
  });
  // Another delivery beside it is nobody's business.
  await between(rowsOfFolder(other), await writeRowsOfDatabase({ url, delivery: "other", owner: "there" }));

  await ask(url, "update baton.event set body = replace(body, 'commit-1', 'commit-2') where delivery = 'shop'");
  await assert.rejects(async () => between(await rowsOfDatabase(at), writeRowsOfFolder(temporaryFolder(t))), {
    code: "damaged",
    message: /event 1 is not what was written/,
  });
});

test(
  "a writer whose place is taken is refused, and of what it wrote last nothing is there",
  fullDepth("postgres"),
  async () => {
    const at = { url: await cluster.database(), delivery: "shop", owner: "here" };
    const rows = [...journal(3)];
    const first = await writeRowsOfDatabase(at);
    await first.append(rows.slice(0, 1));
    await first.commit();
    // Its session is lost to the server before it knows of it itself: what a machine that was frozen is to the others.
    await ask(at.url, "update baton.delivery set epoch = epoch + 1");
    await assert.rejects(first.append(rows.slice(1)), { code: "fenced" });
    await first.close();
    const second = await writeRowsOfDatabase(at);
    assert.deepEqual(await allOf(second), rows.slice(0, 1));
    await second.close();
  },
);

test(
  "a copy has one owner: who imports takes it, and another exports only by taking over",
  fullDepth("postgres"),
  async (t) => {
    const at = { url: await cluster.database(), delivery: "shop" };
    const [one, other] = [temporaryFolder(t), temporaryFolder(t)];
    const mine = { ...at, owner: "one" };
    const rows = [...journal(2)];
    const first = await writeRowsOfDatabase(mine);
    await first.append(rows.slice(0, 1));
    await first.commit();
    // While the machine that is thought dead has it open still.
    const copy = await rowsOfDatabase(at);
    await copy.belongsTo("two");
    await copy.close();
    await assert.rejects(first.append(rows.slice(1)), { code: "fenced" });
    await first.close();
    await assert.rejects(writeRowsOfDatabase(mine), {
      code: "not-the-owner",
      message: /another state folder.*--take-over/,
    });
    await (await writeRowsOfDatabase({ ...at, owner: "two" })).close();
    await (await writeRowsOfDatabase({ ...mine, takesOver: true })).close();
    await (await writeRowsOfDatabase(mine)).close();
    await assert.rejects(writeRowsOfDatabase({ ...at, owner: "two" }), { code: "not-the-owner" });
    assert.match(idOfFolder(one), /^[0-9a-f]{32}$/);
    assert.equal(idOfFolder(one), idOfFolder(one));
    assert.notEqual(idOfFolder(one), idOfFolder(other));
  },
);

test("no question waits for ever", fullDepth("postgres"), async () => {
  const at = { url: await cluster.database(), delivery: "shop", owner: "here" };
  await (await writeRowsOfDatabase(at)).close();
  const holding = await takeover(at.url);
  await assert.rejects(writeRowsOfDatabase({ ...at, url: `${at.url}&statement_timeout=200` }), { code: "busy" });
  await assert.rejects(writeRowsOfDatabase({ ...at, url: `${at.url}&query_timeout=200` }), { code: "unreachable" });
  await holding.commit();
});

test(
  "a write that meets a takeover waits for it and is refused; a takeover waits for a write",
  fullDepth("postgres"),
  async () => {
    const at = { url: await cluster.database(), delivery: "shop", owner: "here" };
    const rows = [...journal(2)];
    const writer = await writeRowsOfDatabase(at);
    const taking = await takeover(at.url);
    const late = writer.append(rows);
    const refused = assert.rejects(late, { code: "fenced" });
    await waiting(at.url);
    await taking.commit();
    await refused;
    await writer.close();

    const next = await writeRowsOfDatabase(at);
    await next.append(rows);
    const later = takeover(at.url);
    await waiting(at.url);
    await next.commit();
    assert.equal((await later).seq, 2, "who takes over sees all that was written before");
    await (await later).commit();
    await next.close();
  },
);

/** Raises the epoch in a transaction that is left open. */
async function takeover(url: string) {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("begin");
  const { rows } = await client.query("update baton.delivery set epoch = epoch + 1 returning seq");
  return {
    seq: Number(rows[0].seq),
    async commit() {
      await client.query("commit");
      await client.end();
    },
  };
}

/** Until one session waits for the lock of another. */
async function waiting(url: string): Promise<void> {
  const sql = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while ((await ask(url, sql)).length === 0);
}

test(
  "a writer that is killed leaves its place, and what it was told is durable is there",
  fullDepth("postgres"),
  async (t) => {
    const at = { url: await cluster.database(), delivery: "shop", owner: "here" };
    const writer = spawnScript(t, { script: "postgres/write-rows.ts", args: [at.url] });
    let told = 0;
    while (told < 20) told = Number(await writer.line());
    await writer.kill("SIGKILL");
    await requireWhole(at, told);
  },
);

test(
  "a database that is killed has all that it said is durable, and is told from a mistake",
  fullDepth("postgres"),
  async (t) => {
    const at = { url: await cluster.database(), delivery: "shop", owner: "here" };
    const writer = spawnScript(t, { script: "postgres/write-rows.ts", args: [at.url] });
    let told = 0;
    while (told < 20) told = Number(await writer.line());
    await cluster.kill();
    for (let line = await writer.line(); line !== undefined; line = await writer.line()) told = Number(line);
    assert.match(await writer.complaint(), /StoreError.*unreachable|unreachable/s);
    await assert.rejects(writeRowsOfDatabase(at), { code: "unreachable" });
    await cluster.start();
    await requireWhole(at, told);
  },
);

async function requireWhole(at: { url: string; delivery: string; owner: string }, told: number): Promise<void> {
  let writer: JournalRowsWriter | undefined;
  // The server finds out that the other one is gone in its own time.
  while (writer === undefined) {
    writer = await writeRowsOfDatabase(at).catch((error) => {
      assert.equal(error.code, "in-use");
      return undefined;
    });
  }
  const rows = await allOf(writer);
  assert.ok(rows.length >= told, `${rows.length} events, and ${told} were durable`);
  assert.deepEqual(rows, [...journal(rows.length)]);
  await writer.append([...journal(1, rows.at(-1)!)]);
  await writer.commit();
  await writer.close();
}

test("a wrong, newer or foreign database is refused in words, and is not changed", fullDepth("postgres"), async () => {
  const url = await cluster.database();
  const at = { url, delivery: "shop", owner: "here" };
  const gone = url.replace(/\/d\d+\?/, "/nothing?");
  await assert.rejects(writeRowsOfDatabase({ ...at, url: gone }), {
    code: "unreadable",
    message: /no database nothing on .*createdb/,
  });
  await assert.rejects(writeRowsOfDatabase({ ...at, url: "mysql://db" }), /begins with postgres:\/\//);
  await assert.rejects(rowsOfDatabase(at), { code: "empty", message: /there is none at all/ });
  await (await writeRowsOfDatabase(at)).close();
  await ask(url, "update baton.version set version = 99");
  await assert.rejects(writeRowsOfDatabase(at), { code: "newer-version", message: /version 99/ });

  const foreign = await cluster.database();
  await ask(foreign, "create schema baton; create table baton.song (title text)");
  await assert.rejects(writeRowsOfDatabase({ ...at, url: foreign }), { code: "not-a-state-folder" });
  assert.deepEqual(
    await ask(foreign, "select * from pg_tables where schemaname = 'baton' and tablename <> 'song'"),
    [],
  );

  const narrow = await cluster.database({ encoding: "LATIN1" });
  await assert.rejects(writeRowsOfDatabase({ ...at, url: narrow }), { code: "not-a-state-folder", message: /LATIN1/ });

  const reader = await cluster.database();
  await ask(reader, "create role looker login");
  const asLooker = reader.replace("baton@", "looker@");
  await assert.rejects(writeRowsOfDatabase({ ...at, url: asLooker }), { code: "unreadable", message: /may not/ });
});
