/** What a server that stands by passes on goes to the leader, to nobody else, and is one request there as it was one here. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import { AccessStore } from "../../src/server/access/access-store.ts";
import { SignIn } from "../../src/server/access/sign-in.ts";
import { forwardedHeader, fromHere, fromOthers } from "../../src/server/forwarded.ts";
import { standInFront } from "../../src/server/stand-in-front.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";

interface Listening {
  url: string;
  port: number;
  asked: string[];
}

/** Answers whatever it is asked, and remembers it. */
async function listening(t: TestContext): Promise<Listening> {
  const asked: string[] = [];
  const server = createServer(async (request, answer) => {
    let body = "";
    for await (const piece of request) body += piece;
    asked.push(`${request.method} ${request.url} ${body}`);
    answer.end("answered");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, asked };
}

async function inFront(t: TestContext) {
  const leader = await listening(t);
  const front = await standInFront({
    listen: { host: "127.0.0.1", port: 0 },
    isOpenToOthers: false,
    leader: () => leader.url,
  });
  t.after(() => front.close());
  return { leader, ask: (text: string) => said(front.port, text) };
}

/** What comes back for these bytes until the other end closes. */
async function said(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(text);
  let answer = "";
  for await (const piece of socket) answer += piece;
  return answer;
}

const lines = (...all: string[]) => all.join("\r\n");

test("whatever address a request names, it goes to the leader or nowhere", async (t) => {
  const { leader, ask } = await inFront(t);
  const elsewhere = await listening(t);
  const there = `127.0.0.1:${elsewhere.port}`;
  for (const target of [
    `//${there}/secret`,
    `http://${there}/secret`,
    `/\\${there}/secret`,
    "//",
    "http://[",
    "/.//x",
  ]) {
    const answer = await ask(lines(`GET ${target} HTTP/1.1`, "Host: a", "Connection: close", "", ""));
    assert.match(answer, /^HTTP\/1\.1 [245]/, target);
  }
  assert.deepEqual(elsewhere.asked, []);
  // As it was asked, whatever a reader of addresses would make of it.
  assert.deepEqual(
    leader.asked.map((one) => one.trim()),
    [`GET //${there}/secret`, `GET /\\${there}/secret`, "GET //", "GET /.//x"],
  );
});

test("a body in pieces is the body of its request at the leader too, whatever the method", async (t) => {
  const { leader, ask } = await inFront(t);
  const inner = lines("GET /smuggled HTTP/1.1", "Host: a", "", "");
  for (const method of ["GET", "DELETE", "POST"]) {
    const head = lines(
      `${method} /asked HTTP/1.1`,
      "Host: a",
      "Transfer-Encoding: chunked",
      "Connection: close",
      "",
      "",
    );
    await ask(head + lines(inner.length.toString(16), inner, "0", "", ""));
  }
  assert.deepEqual(
    leader.asked,
    ["GET", "DELETE", "POST"].map((method) => `${method} /asked ${inner}`),
  );
});

test("the leader is told whether others than its own machine may be asking, whatever they say themselves", async (t) => {
  const said: unknown[] = [];
  const leader = createServer((request, answer) => {
    said.push(request.headers[forwardedHeader]);
    answer.end();
  });
  leader.listen(0, "127.0.0.1");
  await once(leader, "listening");
  t.after(() => leader.close());
  const url = `http://127.0.0.1:${(leader.address() as AddressInfo).port}`;
  for (const isOpenToOthers of [true, false]) {
    const front = await standInFront({ listen: { host: "127.0.0.1", port: 0 }, isOpenToOthers, leader: () => url });
    await fetch(`http://127.0.0.1:${front.port}/api/status`, { headers: { connection: "close" } });
    await front.close();
  }
  assert.deepEqual(said, [fromOthers, fromHere]);
});

test("who comes from elsewhere by way of another server is nobody until he signs in, also where nobody has to here", (t) => {
  const access = new AccessStore(temporaryFolder(t));
  const signIn = new SignIn({ access, owner: "ann", isRequired: false, isSecure: false });
  const through = (from?: string) => {
    const headers = from === undefined ? {} : { [forwardedHeader]: from };
    return signIn.identify(new Request("http://127.0.0.1/api/status", { headers }), "203.0.113.9")?.name;
  };
  assert.deepEqual([through(), through(fromHere), through(fromOthers)], ["ann", "ann", undefined]);
});
