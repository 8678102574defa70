import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { batonFile, type Sandbox } from "../cli/sandbox.ts";
import type { Serving } from "../server/serving.ts";

/** A real `baton agent` in a process of its own. It has a folder of its own and has ended when the block that uses it is left. */
export interface AgentAtWork extends AsyncDisposable {
  readonly name: string;
  readonly folder: string;
  readonly process: ChildProcess;
  said(): string;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<number | null>;
  /** Ends it at once, waits until nothing of it is left, and starts another in its place. */
  restart(): Promise<AgentAtWork>;
}

export interface WantedAgent {
  name: string;
  labels?: string;
  slots?: number;
  /** Another's, which is kept unless `takesOver`. */
  folder?: string;
  takesOver?: true;
  url: string;
  token?: string;
  env?: Record<string, string>;
}

export async function agentAtWork(wanted: WantedAgent): Promise<AgentAtWork> {
  const { name, labels = "linux", slots = 2, url, token, env = {} } = wanted;
  const folder = wanted.folder ?? mkdtempSync(join(tmpdir(), "baton-agent-"));
  const ownsFolder = wanted.folder === undefined || wanted.takesOver === true;
  const args = [
    "agent",
    "--url",
    url,
    "--name",
    name,
    "--labels",
    labels,
    "--slots",
    String(slots),
    "--folder",
    folder,
  ];
  const { NODE_OPTIONS, NODE_TEST_CONTEXT, ...surroundings } = process.env;
  const child = spawn(batonFile, args, {
    env: { ...surroundings, NO_COLOR: "1", ...(token !== undefined && { BATON_AGENT_TOKEN: token }), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on("data", (text) => {
      said += text;
    });
  }
  // Not "close": what a job left running may hold its output.
  const ended = once(child, "exit").then(() => child.exitCode);
  const agent: AgentAtWork = {
    name,
    folder,
    process: child,
    said: () => said,
    kill: (signal) => void child.kill(signal),
    ended,
    async restart() {
      child.kill("SIGKILL");
      await ended;
      return await agentAtWork({ ...wanted, folder, ...(ownsFolder && { takesOver: true }) });
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGCONT");
      child.kill("SIGINT");
      child.kill("SIGINT");
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(late);
      if (ownsFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
  return agent;
}

interface Started {
  run: string;
}

/** Starts a run of everything through the server. */
export async function startRun(server: Serving, request: object = {}): Promise<string> {
  const ask = async (path: string, body: object) => {
    const answer = await fetch(server.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(text);
    return JSON.parse(text) as Started & { plan: string };
  };
  const { plan } = await ask("/api/plan", request);
  return (await ask("/api/runs", { ...request, plan })).run;
}

export interface RunSeen {
  status: string;
  conclusion?: string;
  jobs: { id: string; status: string; attempts: number; failure?: { kind: string; message: string } }[];
}

export async function runSeen(server: Serving, run: string): Promise<RunSeen> {
  const { view } = await server.json<{ view: RunSeen }>(`/api/runs/${run}`);
  return view;
}

export function logOf(box: Sandbox, run: string, job: string): Promise<string> {
  return box.baton("logs", run, job).then(({ stdout }) => stdout);
}
