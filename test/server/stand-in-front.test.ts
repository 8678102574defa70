/** What a server that stands by passes on goes to the leader, to nobody else, and is one request there as it was one here. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import { standInFront } from "../../src/server/stand-in-front.ts";

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
  const front = await standInFront({ listen: { host: "127.0.0.1", port: 0 }, leader: () => leader.url });
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
