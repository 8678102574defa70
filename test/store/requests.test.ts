import assert from "node:assert/strict";
import { on } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type PostedRequest, postRequest, type Request } from "../../src/store/requests.ts";
import { openStore, type StoreHandle } from "../../src/store/store.ts";
import { created } from "./events.ts";
import { spawnScript } from "./spawned.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const cancel = (run: string): Request => ({ kind: "cancel", run, mode: "graceful", by: "ada" });

/** The requests of a store one after another, as they are delivered. Keeps the test alive while it waits. */
function requestsOf(t: TestContext, store: StoreHandle): () => Promise<PostedRequest> {
  const waiting: PostedRequest[] = [];
  const arrivals = new EventTarget();
  store.onRequest((posted) => {
    waiting.push(posted);
    arrivals.dispatchEvent(new Event("request"));
  });
  const awake = setInterval(() => {}, 1000);
  t.after(() => clearInterval(awake));
  const arrived = on(arrivals as never, "request");
  return async () => {
    await arrived.next();
    return waiting.shift()!;
  };
}

function journalled(run: string) {
  return { type: "run.cancel-requested", run, mode: "graceful", by: "ada" } as const;
}

test("a request of another process reaches the Baton that holds the folder, in order and once", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  await store.append([created("r1", 1)], 1);
  const next = requestsOf(t, store);
  spawnScript(t, { script: "post-requests.ts", args: [folder, "r1", "r2"] });
  for (const run of ["r1", "r2"]) {
    const { request, postedAt, settle } = await next();
    assert.deepEqual(request, cancel(run));
    assert.ok(Math.abs(Date.now() - postedAt) < 60_000);
    const durable = store.append([journalled(run)], 1);
    await Promise.all([settle(), durable]);
  }
  store.close();
  using again = openStore(folder);
  const nextAgain = requestsOf(t, again);
  postRequest(folder, cancel("r3"));
  assert.deepEqual((await nextAgain()).request, cancel("r3"), "r1 and r2 do not come again");
});

test("a request waits for the next Baton, and comes again when that one dies before it was journalled", async (t) => {
  const folder = temporaryFolder(t);
  openStore(folder).close();
  postRequest(folder, { kind: "answer", run: "r1", environment: "prod", answer: "approved", by: "ada", comment: "go" });
  for (let round = 0; round < 2; round++) {
    using store = openStore(folder);
    const { request } = await requestsOf(t, store)();
    assert.equal(request.kind, "answer");
  }
});

test("a request is forgotten in the transaction of its event: when that is lost, it comes again", async (t) => {
  const folder = temporaryFolder(t);
  {
    using store = openStore(folder);
    await store.append([created("r1", 1)], 1);
    const next = requestsOf(t, store);
    postRequest(folder, cancel("r1"));
    const { settle } = await next();
    // The second run takes the release number of the first: the whole transaction is refused.
    const lost = [store.append([journalled("r1"), created("r2", 1)], 1), settle()];
    for (const promise of lost) await assert.rejects(promise, /UNIQUE/);
  }
  using store = openStore(folder);
  assert.deepEqual((await requestsOf(t, store)()).request, cancel("r1"));
});

test("without a doorbell requests are found all the same", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  rmSync(join(folder, "doorbell"));
  const next = requestsOf(t, store);
  // After the first look, which finds what was waiting.
  await new Promise(setImmediate);
  postRequest(folder, cancel("r1"));
  assert.deepEqual((await next()).request, cancel("r1"));
});

test("nothing can be asked of a folder in which nothing was run", (t) => {
  assert.throws(() => postRequest(temporaryFolder(t), cancel("r1")), { code: "empty" });
});
