import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** A living process; one that only waits to be collected by its parent does not count as living. */
export interface LiveProcess {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** Tells this process from a later one with the same number. Opaque. */
  startedAt: string;
  /** By SIGSTOP or a debugger: until it goes on it starts no other process. */
  stopped: boolean;
}

const HAS_PROC = existsSync("/proc/self/environ");

/** Undefined when there is no such process, or it has ended. */
export function findProcess(pid: number): LiveProcess | undefined {
  if (!HAS_PROC) return psTable().find((entry) => entry.pid === pid);
  const fields = statOf(pid);
  if (fields === undefined || fields[0] === "Z" || fields[0] === "X") return undefined;
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startedAt: fields[19] ?? "",
    stopped: fields[0] === "T" || fields[0] === "t",
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
export async function findByEnvironment({ name, accepts, above = 0 }: EnvironmentSearch): Promise<LiveProcess[]> {
  if (!HAS_PROC)
    return psTable().filter((entry) => entry.pid !== process.pid && hasEntry(entry.environment, name, accepts));
  const found: LiveProcess[] = [];
  await lookAtEach(above, (pid) => {
    const environment = pid === process.pid ? undefined : readText(`/proc/${pid}/environ`);
    if (environment === "" && changesProgram(pid)) return "look again";
    const live = environment && hasEntry(environment, name, accepts) ? findProcess(pid) : undefined;
    if (live !== undefined) found.push(live);
    return "seen";
  });
  return found;
}

/** The number the system gave to its newest process; undefined where it does not tell. */
export function newestPid(): number | undefined {
  const load = HAS_PROC ? readText("/proc/loadavg") : undefined;
  return load === undefined ? undefined : Number(load.trim().split(" ").at(-1));
}

/** Processes whose standard output or error is a file below `folder`, with its path; empty where the system cannot tell. */
export async function findByOutput(folder: string): Promise<(LiveProcess & { output: string })[]> {
  const found: (LiveProcess & { output: string })[] = [];
  if (!HAS_PROC) return found;
  await lookAtEach(0, (pid) => {
    const outputs = [1, 2].map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
    const output = outputs.find((path) => path?.startsWith(`${folder}/`));
    const live = output === undefined || pid === process.pid ? undefined : findProcess(pid);
    if (live !== undefined && output !== undefined) found.push({ ...live, output });
    return "seen";
  });
  return found;
}

/**
 * The living members of these groups. Groups that are empty cost next to nothing; one whose members wait for a parent that
 * never collects them (a container without an init) can still be signalled, so the members themselves are looked at.
 */
export async function membersOf(groups: readonly number[]): Promise<LiveProcess[]> {
  const signalled = groups.filter(canSignalGroup);
  if (signalled.length === 0) return [];
  if (!HAS_PROC) return psTable().filter((entry) => signalled.includes(entry.group));
  const found: LiveProcess[] = [];
  await lookAtEach(0, (pid) => {
    const live = findProcess(pid);
    if (live !== undefined && signalled.includes(live.group)) found.push(live);
    return "seen";
  });
  return found;
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

/** Where processes come up, or change their program, faster than they are looked at, this must be enough. */
const MOST_PASSES = 100;

/**
 * Shows `look` every process number above `above`, then those that came up meanwhile, until there is no new one: a process
 * whose parent ended before its own turn is not missed.
 */
async function lookAtEach(above: number, look: (pid: number) => "seen" | "look again"): Promise<void> {
  const seen = new Set<number>();
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const fresh = listPids().filter((pid) => pid > above && !seen.has(pid));
    if (fresh.length === 0) return;
    const before = seen.size;
    for (const pid of fresh) if (look(pid) === "seen") seen.add(pid);
    if (seen.size === before) await wait(1);
  }
}

/**
 * Whether a process whose environment reads as empty has one all the same: in the middle of execve it is not there yet, and
 * right behind it the reading was that of the program before. Kernel threads and processes that end have no memory for one.
 */
function changesProgram(pid: number): boolean {
  const fields = statOf(pid);
  if (fields === undefined || fields[20] === "0") return false;
  const [start, end] = [fields[47], fields[48]];
  return end === "0" || start !== end;
}

/** The fields of /proc/PID/stat from the process's state on, which proc(5) numbers from 3. */
function statOf(pid: number): string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The name in parentheses may itself contain spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
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
      stopped: state.startsWith("T"),
      environment: words.slice(10).join("\0"),
    };
  });
}
