/** PostgreSQL on this machine: a cluster of the test file's own, which nobody reaches but through a socket in its folder. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import pg from "pg";
import { postgresPrograms } from "../../lane/programs.ts";

/** It refuses to be run by root. */
const nobody = 65534;
const as = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

export interface Cluster {
  /** Makes an empty database and returns its address. */
  database(options?: { encoding?: string }): Promise<string>;
  /** Its main process ends as by a power cut, and all others with it. */
  kill(): Promise<void>;
  /** Again, after `kill`. */
  start(): Promise<void>;
}

/** Started now, ended and removed when the test file ends. */
export async function startCluster(): Promise<Cluster> {
  const programs = postgresPrograms();
  assert.ok(programs);
  const folder = mkdtempSync(join(tmpdir(), "baton-pg-"));
  if (as.uid !== undefined) chownSync(folder, nobody, nobody);
  const data = join(folder, "data");
  const initdb = [
    "-D",
    data,
    "-U",
    "baton",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
  ];
  execFileSync(join(programs, "initdb"), initdb, { ...as, cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  let server: ChildProcess | undefined;
  let made = 0;

  async function start(): Promise<void> {
    const options = {
      listen_addresses: "",
      unix_socket_directories: folder,
      // Its files go with the folder, also when it is killed; and a kill of a process needs nothing on the disk.
      dynamic_shared_memory_type: "mmap",
      fsync: "off",
      shared_buffers: "8MB",
      max_connections: "30",
    };
    const set = Object.entries(options).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    server = spawn(join(programs!, "postgres"), ["-D", data, ...set], {
      ...as,
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const lines = createInterface({ input: server.stderr! });
    const ready = Promise.withResolvers<void>();
    const said: string[] = [];
    lines.on("line", (line) => {
      said.push(line);
      if (/ready to accept connections/.test(line)) ready.resolve();
    });
    server.once("exit", () => ready.reject(new Error(`PostgreSQL has ended:\n${said.join("\n")}`)));
    await ready.promise;
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    // Closed when its last process has gone.
    const gone = once(server, "close");
    server.kill(signal);
    await gone;
  }

  after(async () => {
    await end("SIGQUIT");
    rmSync(folder, { recursive: true, force: true });
  });
  await start();
  return {
    start,
    kill: () => end("SIGKILL"),
    async database({ encoding = "UTF8" } = {}) {
      made += 1;
      await ask(addressOf(folder, "postgres"), `create database d${made} encoding '${encoding}' template template0`);
      return addressOf(folder, `d${made}`);
    },
  };
}

const addressOf = (folder: string, database: string) => `postgres://baton@localhost/${database}?host=${folder}`;

/** One question on a connection of its own. */
export async function ask(url: string, sql: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}
