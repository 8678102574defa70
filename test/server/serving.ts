import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { createInterface } from "node:readline";
import { type Route, type RouteName, routes } from "../../src/server/wire/routes.ts";
import { batonFile, type Sandbox } from "../cli/sandbox.ts";

/** A real `baton serve` in a process of its own, which has ended when the block that uses it is left. */
export interface Serving extends AsyncDisposable {
  url: string;
  process: ChildProcess;
  /** Everything that it said so far. */
  said(): string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  json<T = unknown>(path: string): Promise<T>;
  /** Ends it as systemd would. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function serving(box: Sandbox, ...options: string[]): Promise<Serving> {
  const child = spawn(batonFile, ["serve", "--port", "0", ...options], {
    cwd: box.root,
    env: { ...process.env, ...box.env, NODE_OPTIONS: "", NODE_TEST_CONTEXT: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  let said = "";
  child.stderr!.on("data", (text) => {
    said += text;
  });
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    child.kill(signal);
    await ended;
    return child.exitCode;
  };
  const lines = createInterface({ input: child.stdout! });
  const first = await Promise.race([once(lines, "line"), ended.then(() => undefined)]);
  if (first === undefined) throw new Error(`it did not start:\n${said}`);
  const url = String(first[0]);
  const get = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers });
  return {
    url,
    process: child,
    said: () => said,
    get,
    json: async <T>(path: string) => (await (await get(path)).json()) as T,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

export interface Raw {
  method?: string;
  path: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
  /** Of an answer that goes on, only how it begins. */
  until?: "headers";
}

/** A request as no browser and no `fetch` would send it: any path, any header. */
export async function raw(url: string, { method = "GET", path, headers = {}, body, until }: Raw) {
  const { hostname, port } = new URL(url);
  const sent = request({ host: hostname, port, method, path, headers, agent: false });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  if (until === undefined) for await (const piece of answer) text += piece;
  else answer.destroy();
  return { status: answer.statusCode!, headers: answer.headers, text };
}

export interface ServerEvent {
  id?: string;
  event?: string;
  data: unknown;
}

/** Server-sent events as they come, until the reader stops. */
export async function* eventsOf(response: Response): AsyncGenerator<ServerEvent> {
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const blocks = text.split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      const [id, event, data] = [fields.get("id"), fields.get("event"), fields.get("data")];
      if (data === undefined) continue;
      yield { ...(id !== undefined && { id }), ...(event !== undefined && { event }), data: JSON.parse(data) };
    }
  }
}

/** Asks for something by the name of its route; an answer that is good has the shape that the route says. */
export async function post(server: Serving, name: RouteName, body: object, { environment = "", token = "" } = {}) {
  const { path, answer } = routes[name] as Route;
  const given = await fetch(server.url + path.replace("{environment}", environment), {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== "" && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  const answered = (await given.json()) as Record<string, unknown>;
  if (given.status === 200) assert.ok(answer!.safeParse(answered).success, JSON.stringify(answered));
  return { status: given.status, body: answered };
}
