import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A living process; one that only waits to be collected by its parent does not count as living. */
export interface LiveProcess {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** Tells this process from a later one with the same number. Opaque. */
  startedAt: string;
}

const HAS_PROC = existsSync("/proc/self/environ");

/** Undefined when there is no such process, or it has ended. */
export function findProcess(pid: number): LiveProcess | undefined {
  if (!HAS_PROC) return psTable().find((entry) => entry.pid === pid);
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name in parentheses may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startedAt: fields[19] ?? "",
  };
}

export function listProcesses(): LiveProcess[] {
  if (!HAS_PROC) return psTable();
  return listPids().flatMap((pid) => findProcess(pid) ?? []);
}

/** Which processes to look for by their environment. */
export interface EnvironmentSearch {
  name: string;
  accepts(value: string): boolean;
  /** Leaves out process numbers up to it. */
  above?: number;
}

/** Processes that have such a variable in the environment their program began with; never this one. */
export function findByEnvironment({ name, accepts, above = 0 }: EnvironmentSearch): LiveProcess[] {
  if (!HAS_PROC)
    return psTable().filter((entry) => entry.pid !== process.pid && hasEntry(entry.environment, name, accepts));
  const found: LiveProcess[] = [];
  for (const pid of listPids()) {
    if (pid <= above || pid === process.pid) continue;
    const environment = readText(`/proc/${pid}/environ`);
    if (environment === undefined || !hasEntry(environment, name, accepts)) continue;
    const live = findProcess(pid);
    if (live !== undefined) found.push(live);
  }
  return found;
}

/** The number the system gave to its newest process; undefined where it does not tell. */
export function newestPid(): number | undefined {
  const load = HAS_PROC ? readText("/proc/loadavg") : undefined;
  return load === undefined ? undefined : Number(load.trim().split(" ").at(-1));
}

/** Processes whose standard output or error is a file below `folder`, with its path; empty where the system cannot tell. */
export function findByOutput(folder: string): (LiveProcess & { output: string })[] {
  if (!HAS_PROC) return [];
  return listPids().flatMap((pid) => {
    const outputs = [1, 2].map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
    const output = outputs.find((path) => path?.startsWith(`${folder}/`));
    const live = output === undefined || pid === process.pid ? undefined : findProcess(pid);
    return live === undefined || output === undefined ? [] : [{ ...live, output }];
  });
}

/**
 * The living members of these groups. Groups that are empty cost next to nothing; one whose members wait for a parent that
 * never collects them (a container without an init) can still be signalled, so the members themselves are looked at.
 */
export function membersOf(groups: readonly number[]): LiveProcess[] {
  const signalled = groups.filter(canSignalGroup);
  return signalled.length === 0 ? [] : listProcesses().filter((entry) => signalled.includes(entry.group));
}

function canSignalGroup(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A process that is gone needs no signal; one of another user cannot be sent one. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first >= 48 && first <= 57) pids.push(Number(name));
  }
  return pids;
}

/** `environment` is `NAME=value` entries, each ended by a zero character. */
function hasEntry(environment: string, name: string, accepts: (value: string) => boolean): boolean {
  const key = `${name}=`;
  for (let at = environment.indexOf(key); at !== -1; at = environment.indexOf(key, at + 1)) {
    if (at > 0 && environment[at - 1] !== "\0") continue;
    const end = environment.indexOf("\0", at);
    if (accepts(environment.slice(at + key.length, end === -1 ? undefined : end))) return true;
  }
  return false;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Where there is no /proc: `ps` prints the environment behind the command line, in words. */
export function psTable(): (LiveProcess & { environment: string })[] {
  const columns = ["pid", "ppid", "pgid", "sess", "stat", "lstart", "command"].map((name) => `${name}=`).join(",");
  const listed = spawnSync("ps", ["axeww", "-o", columns], { encoding: "latin1", maxBuffer: 256 * 1024 * 1024 });
  return listed.stdout.split("\n").flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const [pid, parent, group, session, state] = words;
    if (pid === undefined || state === undefined || state.startsWith("Z")) return [];
    const startedAt = words.slice(5, 10).join(" ");
    return {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      startedAt,
      environment: words.slice(10).join("\0"),
    };
  });
}
