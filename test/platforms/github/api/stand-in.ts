/**
 * GitHub on this machine: its REST API over what a test says is there, asked by the real `gh`.
 *
 *     const github = githubStandIn(t, { folder });                  // a folder of the test, for a socket and `gh`
 *     github.control.addRepository("team/shop");
 *     const run = github.control.addRun("team/shop", { path: ".github/workflows/shop.yml", head_branch: "evil" });
 *     github.control.addToken("t1", "plan", { actions: "read" });   // as under `permissions:` of the job
 *     spawnSync("bash", [script], { env: { PATH: `${github.tools}:${process.env.PATH}`, ...github.env, GH_TOKEN: "t1" } });
 *
 * `github.control` is `control.ts`, whose every call is carried out before it returns: the servers of all tests have a thread
 * of their own, so that a test may wait for a script. A test that uses it takes `needs(...githubPrograms)`.
 *
 * Every request and every answer is held against GitHub's published description. A request that does not fit is answered
 * 501 and fails the test at its end, unless it took the problem (`control.takeProblems()`). What was asked, by which job, is
 * `control.log()`. What goes wrong is said with `control.addFault({ match: /artifacts/, is: { kind: "status", … } })`.
 *
 * `gh` is Debian's, which is older than GitHub's own machines have: what it lacks (`gh attestation`) stands in `gh.sh`.
 */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { programAt } from "../../../lane/programs.ts";
import type { Control } from "./control.ts";
import type { Call, ServerData } from "./server.ts";

/** What a test needs to use it. */
export const githubPrograms = ["gh", "jq"] as const;

/** `Control`, from another thread: without its world, whose contents are copied out. */
export type RemoteControl = Omit<Control, "world">;

export interface GithubStandIn {
  readonly control: RemoteControl;
  /** First on the path: `gh`. */
  readonly tools: string;
  /** For programs that call it; `GH_TOKEN` is a person's until another one is given. */
  readonly env: Readonly<Record<string, string>>;
}

/** As a test is: what begins in it ends with it. */
export interface Lasting {
  after(end: () => unknown): void;
}

const patienceMs = 60_000;
const never = new Int32Array(new SharedArrayBuffer(4));

let thread: ((call: Call) => unknown) | undefined;

/** To load it with GitHub's description takes longer than most tests, so that one serves all of a process. */
function ask(...call: Call): unknown {
  thread ??= startThread();
  return thread(call);
}

function startThread(): (call: Call) => unknown {
  const { port1: here, port2: port } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const data: ServerData = { port, signal };
  const worker = new Worker(new URL("server.ts", import.meta.url), { workerData: data, transferList: [port] });
  // What a test forgets must not keep it from ending.
  worker.unref();
  here.unref();
  let told = 0;
  return (call) => {
    here.postMessage(call);
    if (Atomics.wait(signal, 0, told, patienceMs) === "timed-out") {
      thread = undefined;
      assert.fail("the stand-in for GitHub does not answer");
    }
    told += 1;
    const { value, error } = nextMessage(here) as { value?: unknown; error?: string };
    if (error !== undefined) throw new Error(error);
    return value;
  };
}

/** What the other thread has said; its signal may be seen a moment before its message. */
function nextMessage(port: MessagePort): unknown {
  for (const end = performance.now() + patienceMs; performance.now() < end; Atomics.wait(never, 0, 0, 1)) {
    const received = receiveMessageOnPort(port) as { message: unknown } | undefined;
    if (received !== undefined) return received.message;
  }
  return assert.fail("the stand-in for GitHub gave a signal and no message");
}

export function githubStandIn(test: Lasting, { folder }: { readonly folder: string }): GithubStandIn {
  const socket = join(folder, "github.sock");
  assert.ok(Buffer.byteLength(socket) < 108, `no socket can have so long a path: ${socket}`);
  ask(socket, "open");
  const control = new Proxy({} as RemoteControl, {
    get:
      (_, name) =>
      (...given: unknown[]) =>
        ask(socket, String(name), ...given),
  });
  const tools = join(folder, "github-tools");
  const configuration = join(folder, "gh");
  for (const one of [tools, configuration]) mkdirSync(one, { recursive: true });
  writeFileSync(join(configuration, "config.yml"), `http_unix_socket: ${socket}\n`);
  const program = fileURLToPath(new URL("gh.sh", import.meta.url));
  writeFileSync(join(tools, "gh"), `#!/bin/sh\nREAL_GH="${programAt("gh")}" exec bash "${program}" "$@"\n`, {
    mode: 0o755,
  });
  test.after(() => {
    const problems = control.takeProblems();
    ask(socket, "close");
    assert.deepEqual(
      problems,
      [],
      "what was asked of GitHub, or answered by its stand-in, is not in GitHub's description",
    );
  });
  const env = {
    GH_CONFIG_DIR: configuration,
    GH_TOKEN: "person",
    GH_NO_UPDATE_NOTIFIER: "1",
    GH_PROMPT_DISABLED: "1",
    // It ends before there is much to collect.
    GOGC: "off",
  };
  return { control, tools, env };
}
