/** What a connection may cost, with a server in this process whose limits are short. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hostThat } from "../../src/control/host.ts";
import type { EngineEvent, Recorded } from "../../src/control/views/events.ts";
import { Feed } from "../../src/server/feed.ts";
import { type Serving, serve } from "../../src/server/serve.ts";
import { Viewers } from "../../src/server/viewers.ts";
import type { Notice } from "../../src/server/wire/envelope.ts";
import { fullDepth } from "../lane/needs.ts";
import { raw } from "./serving.ts";

/** A journal that this test writes. */
class Journal {
  readonly events: Recorded[] = [];
  #told = Promise.withResolvers<void>();

  add(event: EngineEvent): void {
    this.events.push({ seq: this.events.length + 1, at: Date.now(), version: 1, event });
    this.#told.resolve();
    this.#told = Promise.withResolvers();
  }

  readonly host = hostThat("here", {
    position: async () => ({ ok: true, value: this.events.length }),
    status: async () => ({ ok: true, value: { version: 1, deployed: {}, runs: [], open: [], freezes: [], owed: [] } }),
    waits: async () => ({ ok: true, value: { version: 1, waiting: [] } }),
    watch: async (ask) => ({ ok: true, value: this.#behind(ask) }),
  });

  async *#behind({ after, signal }: { after: number; signal: AbortSignal }): AsyncGenerator<Recorded> {
    const stopped = once(signal, "abort");
    for (let at = after; !signal.aborted; ) {
      while (at < this.events.length) yield this.events[at++]!;
      await Promise.race([this.#told.promise, stopped]);
    }
  }
}

async function started(t: TestContext, journal = new Journal(), limits = {}): Promise<Serving> {
  const stateFolder = mkdtempSync(join(tmpdir(), "baton-server-"));
  const serving = await serve({
    host: journal.host,
    listen: { host: "127.0.0.1", port: 0 },
    stateFolder,
    owner: "kim",
    version: "0",
    report: (error) => assert.fail(error as Error),
    limits,
  });
  t.after(async () => {
    await serving.close();
    rmSync(stateFolder, { recursive: true, force: true });
  });
  return serving;
}

/** Sends this and nothing more, and waits until the server has had enough of it. */
async function halfSent(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (piece) => {
    answer += piece;
  });
  socket.write(text);
  await once(socket, "close");
  return answer;
}

test("who sends headers or a body slowly is cut off, and others are answered meanwhile", fullDepth(), async (t) => {
  // Room for the others, also where the machine is busy.
  const limits = { headersTimeout: 3_000, requestTimeout: 4_000, connectionsCheckingInterval: 50 };
  const { url } = await started(t, undefined, limits);
  const host = new URL(url).host;
  const slow = [
    halfSent(url, `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `),
    halfSent(
      url,
      `POST /api/plan HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"env":`,
    ),
  ];
  assert.equal((await raw(url, { path: "/healthz" })).status, 200);
  for (const answer of await Promise.all(slow)) assert.match(answer, /^(HTTP\/1\.1 408|$)/);
});

test("headers that are too large, requests that are none, and two lengths at once are refused", async (t) => {
  const { url } = await started(t);
  const { host } = new URL(url);
  const large = await raw(url, { path: "/healthz", headers: { "x-large": "x".repeat(20_000) } });
  assert.equal(large.status, 431);
  const smuggled = `POST /api/plan HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  assert.match(await halfSent(url, smuggled), /^HTTP\/1\.1 400/);
  assert.match(await halfSent(url, "GET /healthz HTTP/1.1\r\n\r\n"), /^HTTP\/1\.1 400/, "no host");
  assert.match(await halfSent(url, "\x16\x03\x01 hello\r\n\r\n"), /^(HTTP\/1\.1 400|$)/);
});

test("a reader who was away for too long asks for everything again; what is kept for readers is bounded", async () => {
  const journal = new Journal();
  const told: Notice[] = [];
  const feed = await Feed.open(journal.host, (notice) => told.push(notice));
  const stop = new AbortController();
  for (let i = 0; i < 30_000; i++) journal.add({ type: "run.suspended", run: "r1", by: "kim", because: "a test" });
  while (feed.seq < 30_000) await feed.behind(feed.seq, { withinMs: 60_000, signal: stop.signal });
  assert.equal(told.length, 30_000);
  assert.equal(feed.since(10), undefined);
  assert.equal(feed.since(30_001), undefined, "of another journal");
  assert.deepEqual(
    feed.since(29_998)!.map(({ seq }) => seq),
    [29_999, 30_000],
  );
  assert.ok(feed.since(29_000)!.length === 1000);
  const waiting = feed.behind(30_000, { withinMs: 60_000, signal: stop.signal });
  stop.abort();
  await waiting;
  await feed.close();

  const later = await Feed.open(journal.host);
  while (later.seq < 30_000) await later.behind(later.seq, { withinMs: 60_000, signal: new AbortController().signal });
  assert.ok(later.since(26_000)!.length === 4000, "a server that was just started knows what came last");
  assert.equal(later.since(1000), undefined);
  await later.close();
});

test("streams are counted while they are open, and no more than so many are", async (t) => {
  const viewers = new Viewers(2);
  const gone = new AbortController();
  const one = viewers.enter(gone.signal);
  const two = viewers.enter();
  assert.throws(() => viewers.enter(), /Too many look on/);
  one.leave();
  one.leave();
  assert.ok(one.signal.aborted && !two.signal.aborted);
  assert.equal(viewers.count, 1);

  const journal = new Journal();
  const { url } = await started(t, journal);
  const stop = new AbortController();
  const watching = await fetch(`${url}/api/events`, { signal: stop.signal });
  const reader = watching.body!.getReader();
  await reader.read();
  const metrics = async () => (await raw(url, { path: "/metrics" })).text;
  assert.match(await metrics(), /^baton_viewers 1$/m);
  stop.abort();
  while (!/^baton_viewers 0$/m.test(await metrics()))
    journal.add({ type: "run.suspended", run: "r1", by: "a", because: "" });
});
