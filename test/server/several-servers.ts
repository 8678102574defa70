/** Servers that share a journal, each a real process in a clone of its own, started again when it ends as systemd does. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { batonFile, type Sandbox, sandbox } from "../cli/sandbox.ts";

export interface SharedServer extends AsyncDisposable {
  readonly name: string;
  readonly box: Sandbox;
  /** The same for as long as it is started again. */
  readonly url: string;
  said(): string;
  readonly process: ChildProcess;
  kill(signal?: NodeJS.Signals): void;
  /** Ends it for good. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** As the unit of the documentation has it. */
const restartMs = 300;

/** Another clone of the same commit. */
export function cloneOf(t: TestContext, box: Sandbox): Sandbox {
  const other = sandbox(t, { files: {}, commit: false });
  other.git("fetch", "--quiet", box.root, "main");
  other.git("reset", "--quiet", "--hard", "FETCH_HEAD");
  return other;
}

export async function sharedServer(
  name: string,
  box: Sandbox,
  database: string,
  ...more: string[]
): Promise<SharedServer> {
  let said = "";
  let port = "0";
  let isStopped = false;
  let child: ChildProcess;
  const first = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<void>();
  const start = () => {
    child = spawn(batonFile, ["serve", "--database", database, "--agents", "all", "--port", port, ...more], {
      cwd: box.root,
      env: { ...process.env, ...box.env, NODE_OPTIONS: "", NODE_TEST_CONTEXT: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stderr!.on("data", (text) => {
      said += text;
    });
    createInterface({ input: child.stdout! }).once("line", (line) => {
      port = new URL(line).port;
      first.resolve(line);
    });
    void once(child, "close").then(async () => {
      if (port === "0") first.reject(new Error(`it did not start:\n${said}`));
      if (!isStopped) await pause(restartMs);
      if (isStopped || port === "0") ended.resolve();
      else start();
    });
  };
  start();
  const url = await first.promise;
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    isStopped = true;
    child.kill(signal);
    await ended.promise;
  };
  return {
    name,
    box,
    url,
    said: () => said,
    get process() {
      return child;
    },
    kill: (signal = "SIGKILL") => void child.kill(signal),
    stop,
    [Symbol.asyncDispose]: () => stop("SIGKILL"),
  };
}

/** Through any of the servers that answers; asked again while none leads. */
export async function askedText(url: string, path: string, body?: object): Promise<string> {
  for (let left = 600; ; left--) {
    const given = await answerOf(url, path, body).catch((error: Error) => ({ status: 503, text: error.message }));
    if (given.status === 200) return given.text;
    if (given.status !== 503 || left === 0) throw new Error(`${path}: ${given.status} ${given.text}`);
    await pause(50);
  }
}

export const asked = async <Answer>(url: string, path: string, body?: object): Promise<Answer> =>
  JSON.parse(await askedText(url, path, body)) as Answer;

async function answerOf(url: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const given = await fetch(url + path, {
    ...(body !== undefined && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  return { status: given.status, text: await given.text() };
}
