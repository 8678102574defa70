/** The thread of the stand-in: HTTP on a socket for `gh`, and calls of the test that waits for each of them. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type MessagePort, workerData } from "node:worker_threads";
import { Control } from "./control.ts";
import { type Reply, respond } from "./respond.ts";

export interface ServerData {
  readonly socket: string;
  readonly port: MessagePort;
  /** Changed and notified whenever there is a message to read. */
  readonly signal: Int32Array;
}

const { socket, port, signal } = workerData as ServerData;
const control = new Control();

function tell(message: unknown): void {
  port.postMessage(message);
  Atomics.add(signal, 0, 1);
  Atomics.notify(signal, 0);
}

port.on("message", ([name, ...given]: [string, ...unknown[]]) => {
  try {
    const method = (control as unknown as Record<string, (...given: unknown[]) => unknown>)[name]!;
    tell({ value: method.apply(control, given) });
  } catch (error) {
    tell({ error: (error as Error).message });
  }
});

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => answer(request, response, Buffer.concat(chunks).toString("utf8")));
});
server.on("error", (error) => tell({ error: error.message }));
server.listen(socket, () => tell({ value: undefined }));

function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
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
