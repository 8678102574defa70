/** The thread of the stand-in: HTTP on a socket of each test for `gh`, and calls of the test, which waits for each of them. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type MessagePort, workerData } from "node:worker_threads";
import { Control } from "./control.ts";
import { type Reply, respond } from "./respond.ts";

export interface ServerData {
  readonly port: MessagePort;
  /** Changed and notified whenever there is a message to read. */
  readonly signal: Int32Array;
}

/** Of the world that answers at a socket: it begins, it ends, or a method of `Control` with what it is given. */
export type Call = readonly [socket: string, name: string, ...given: unknown[]];

const { port, signal } = workerData as ServerData;
const worlds = new Map<string, { readonly control: Control; readonly server: Server }>();

function tell(message: unknown): void {
  port.postMessage(message);
  Atomics.add(signal, 0, 1);
  Atomics.notify(signal, 0);
}

port.on("message", async (call: Call) => {
  try {
    tell({ value: await carryOut(call) });
  } catch (error) {
    tell({ error: (error as Error).message });
  }
});

async function carryOut([socket, name, ...given]: Call): Promise<unknown> {
  if (name === "open") return open(socket);
  const { control, server } = worlds.get(socket)!;
  if (name !== "close") {
    return (control as unknown as Record<string, (...given: unknown[]) => unknown>)[name]!(...given);
  }
  worlds.delete(socket);
  server.close();
  server.closeAllConnections();
  return undefined;
}

async function open(socket: string): Promise<void> {
  const control = new Control();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(control, request, response, Buffer.concat(chunks).toString("utf8")));
  });
  await once(server.listen(socket), "listening");
  worlds.set(socket, { control, server });
}

function answer(control: Control, request: IncomingMessage, response: ServerResponse, body: string): void {
  let reply: Reply;
  try {
    reply = respond(control.world, {
      method: request.method!,
      url: request.url!,
      host: request.headers.host ?? "",
      authorization: request.headers.authorization ?? "",
      body,
    });
  } catch (error) {
    control.world.problems.push(`${request.method} ${request.url}: ${(error as Error).stack}`);
    reply = { status: 500, headers: {}, body: "" };
  }
  const { fault } = reply;
  if (fault === "reset") request.socket.destroy();
  else if (fault === "cut") cut(reply, response);
  else if (fault !== undefined) setTimeout(() => send(reply, response), fault.delayMs);
  else send(reply, response);
}

function send({ status, headers, body }: Reply, response: ServerResponse): void {
  response.writeHead(status, headers);
  response.end(body);
}

function cut({ status, headers, body }: Reply, response: ServerResponse): void {
  const whole = Buffer.from(body);
  // Of an answer without a body nothing can be missing but all of it.
  if (whole.length < 2) response.socket?.destroy();
  else {
    response.writeHead(status, { ...headers, "content-length": whole.length });
    response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => response.socket?.destroy());
  }
}
