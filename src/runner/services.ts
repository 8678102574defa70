import { spawn } from "node:child_process";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { RunId } from "../engine/events.ts";
import type { JobId } from "../plan/plan.ts";
import { findProcess, type LiveProcess, listProcesses } from "./process-table.ts";
import { endProcesses } from "./terminate.ts";

/**
 * A process that a step was allowed to leave running, by appending a line to the file in `$BATON_SERVICE`:
 * `name=api pid=$! url=http://127.0.0.1:8080 stop=./stop-api` (url and stop may be left out, stop takes the rest of the line).
 */
export interface Service {
  name: string;
  run: RunId;
  job: JobId;
  /** Of the attempt that started it. */
  token: string;
  pid: number;
  /** Tells the process from a later one with the same number. */
  startedAt: string;
  url?: string;
  /** A shell command; without it the process is sent SIGTERM. */
  stop?: string;
  /** Absolute; where `stop` runs. */
  directory: string;
}

/** What a step wrote about a service, before it is known to run. */
export type ServiceLine = Pick<Service, "name" | "pid" | "url" | "stop">;

/** The services of a state folder, kept in one file that survives crashes. */
export interface ServiceRegistry {
  /** Those that still run. */
  list(): Service[];
  keep(services: Service[]): void;
  /** Ends it and everything it started, and forgets it. */
  stop(service: Service): Promise<void>;
  /** Forgets those of attempts that are to be ended as a whole. */
  forget(tokens: ReadonlySet<string>): void;
}

export interface ServiceRegistryOptions {
  /** Absolute path of the JSON file. */
  file: string;
  graceMs: number;
  env: Record<string, string>;
}

export function createServiceRegistry({ file, graceMs, env }: ServiceRegistryOptions): ServiceRegistry {
  function read(): Service[] {
    if (!existsSync(file)) return [];
    try {
      return (JSON.parse(readFileSync(file, "utf8")) as { services: Service[] }).services;
    } catch (error) {
      throw new Error(`${file} cannot be read (${(error as Error).message}); end its processes by hand and delete it`);
    }
  }

  function write(services: Service[]): void {
    mkdirSync(dirname(file), { recursive: true });
    const next = `${file}.new`;
    const fd = openSync(next, "w", 0o600);
    writeSync(fd, `${JSON.stringify({ version: 1, services }, undefined, 2)}\n`);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(next, file);
  }

  const list = () => read().filter((service) => findProcess(service.pid)?.startedAt === service.startedAt);

  return {
    list,
    keep(services) {
      if (services.length > 0) write([...list(), ...services]);
    },
    forget(tokens) {
      const known = read();
      const rest = known.filter((service) => !tokens.has(service.token));
      if (rest.length < known.length) write(rest);
    },
    async stop(service) {
      // Taken before its own command runs: afterwards the descendants of a process that is gone cannot be told.
      const family = familyOf([service.pid]);
      if (service.stop !== undefined) await runStop(service, { graceMs, env });
      await endProcesses({
        find: async () => family.filter(({ pid, startedAt }) => findProcess(pid)?.startedAt === startedAt),
        graceMs,
      });
      write(list().filter((other) => other.pid !== service.pid));
    },
  };
}

/** Reads the file in `$BATON_SERVICE`; the first line that is not understood is returned as the problem. */
export function parseServiceFile(text: string): { services: ServiceLine[]; problem?: string } {
  const services: ServiceLine[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const match = /^\s*name=(\S+)\s+pid=(\d+)(?:\s+url=(\S+))?(?:\s+stop=(.*\S))?\s*$/.exec(line);
    if (match === null) {
      const problem = `line ${index + 1} of the service file is not 'name=NAME pid=PID url=URL stop=COMMAND' (url and stop may be left out)`;
      return { services, problem };
    }
    const [, name, pid, url, stop] = match;
    services.push({ name: name!, pid: Number(pid), ...(url && { url }), ...(stop && { stop }) });
  }
  return { services };
}

/** These processes, their descendants, and the members of sessions and groups they lead. */
export function familyOf(pids: readonly number[]): LiveProcess[] {
  if (pids.length === 0) return [];
  const all = listProcesses();
  const family = new Set(pids);
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const entry of all) {
      if (family.has(entry.parent) || pids.includes(entry.session) || pids.includes(entry.group)) family.add(entry.pid);
    }
  }
  return all.filter((entry) => family.has(entry.pid));
}

function runStop(service: Service, { graceMs, env }: Pick<ServiceRegistryOptions, "graceMs" | "env">): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", service.stop!], {
      cwd: service.directory,
      env,
      stdio: "ignore",
      timeout: Math.max(graceMs, 1),
      killSignal: "SIGKILL",
    });
    child.on("error", () => resolve());
    child.on("exit", () => resolve());
  });
}
