import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { request as secureRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { forwardedHeader, fromHere, fromOthers } from "./forwarded.ts";
import { securityHeaders } from "./security-headers.ts";

export interface StandInFrontOptions {
  listen: { host: string; port: number };
  /** Others than this machine reach it, so everybody signs in. */
  isOpenToOthers: boolean;
  /** Where the server answers that leads; undefined where there is none just now. */
  leader(): string | undefined;
}

export interface InFront {
  port: number;
  close(): Promise<void>;
}

/** Of one connection, and not of what is said over it. */
const ofTheConnection = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const connectMs = 5_000;

/**
 * Answers for a server that stands by: whatever is asked of it is asked of the one that leads, which alone judges who asks and whether
 * they may.
 */
export async function standInFront({ listen, isOpenToOthers, leader }: StandInFrontOptions): Promise<InFront> {
  const server = createServer({ maxHeaderSize: 16_384, headersTimeout: 10_000 }, (asked, answer) => {
    const path = asked.url ?? "/";
    if (path === "/healthz") return answerJson(answer, 200, { status: "ok" });
    const to = leader();
    if (path === "/readyz" && to !== undefined) return answerJson(answer, 200, { status: "standing-by", leader: to });
    if (path === "/metrics") {
      answer.writeHead(200, { ...securityHeaders, "content-type": "text/plain; version=0.0.4" });
      return answer.end("# HELP baton_leader Whether this server leads\n# TYPE baton_leader gauge\nbaton_leader 0\n");
    }
    // Anything else names a server by itself.
    if (!path.startsWith("/")) return badTarget(answer);
    if (to === undefined || asked.headers[forwardedHeader] !== undefined) return nobodyLeads(answer);
    forward(asked, answer, { to, from: isOpenToOthers ? fromOthers : fromHere });
  });
  server.maxConnections = 1024;
  server.listen(listen.port, listen.host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function forward(asked: IncomingMessage, answer: ServerResponse, { to, from }: { to: string; from: string }): void {
  const leader = new URL(to);
  const ask = leader.protocol === "https:" ? secureRequest : request;
  const peer = asked.socket.remoteAddress ?? "";
  const before = asked.headers["x-forwarded-for"];
  const headers = {
    ...throughHeaders(asked.headers),
    // Without it what follows a GET or a DELETE would be read as the next request.
    ...(asked.headers["transfer-encoding"] !== undefined && { "transfer-encoding": "chunked" }),
    [forwardedHeader]: from,
    "x-forwarded-for": before === undefined ? peer : `${String(before)}, ${peer}`,
  };
  const sent = ask(leader, { method: asked.method, path: asked.url, headers }, (given) => {
    clearTimeout(limit);
    answer.writeHead(given.statusCode ?? 502, throughHeaders(given.headers));
    given.pipe(answer);
    given.on("error", () => answer.destroy());
  });
  const limit = setTimeout(() => {
    if (sent.socket?.connecting !== false) sent.destroy();
  }, connectMs);
  sent.on("error", () => {
    clearTimeout(limit);
    if (answer.headersSent) answer.destroy();
    else nobodyLeads(answer);
  });
  answer.on("close", () => {
    clearTimeout(limit);
    sent.destroy();
  });
  asked.pipe(sent);
}

function throughHeaders(headers: IncomingMessage["headers"]): Record<string, string | string[]> {
  const through: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !ofTheConnection.has(name)) through[name] = value;
  }
  return through;
}

function nobodyLeads(answer: ServerResponse): void {
  answer.setHeader("retry-after", "1");
  answerJson(answer, 503, {
    type: "urn:baton:no-leader",
    status: 503,
    title: "No server leads just now",
    next: "Another one takes its place within seconds; ask again",
    code: "no-leader",
  });
}

function badTarget(answer: ServerResponse): void {
  answerJson(answer, 400, {
    type: "urn:baton:wrong-request",
    status: 400,
    title: "The target of the request is not a path",
    next: "Ask for a path, as in GET /api/runs",
    code: "wrong-request",
  });
}

function answerJson(answer: ServerResponse, status: number, body: Record<string, unknown>): void {
  if (answer.headersSent) return;
  const type = body.title === undefined ? "application/json" : "application/problem+json";
  answer.writeHead(status, { ...securityHeaders, "content-type": type });
  answer.end(JSON.stringify(body));
}
