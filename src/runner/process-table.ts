import { spawnSync } from "node:child_process";
import { constants, existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
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

/** This process and those above it: Baton may itself be a step of an attempt of another Baton. */
export function ancestorsOfBaton(): number[] {
  const pids: number[] = [];
  for (let at = findProcess(process.pid); at !== undefined && at.pid > 1; at = findProcess(at.parent))
    pids.push(at.pid);
  return pids;
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

/**
 * Processes that can write to a file of such a path, by whatever descriptor; never this one. Empty where the system cannot
 * tell; those of other users are not seen.
 */
export async function findWriters(accepts: (path: string) => boolean): Promise<LiveProcess[]> {
  const found: LiveProcess[] = [];
  if (!HAS_PROC) return found;
  await lookAtEach(0, (pid) => {
    const live = pid !== process.pid && canWriteTo(pid, accepts) ? findProcess(pid) : undefined;
    if (live !== undefined) found.push(live);
    return "seen";
  });
  return found;
}

function canWriteTo(pid: number, accepts: (path: string) => boolean): boolean {
  for (const fd of listNames(`/proc/${pid}/fd`)) {
    const path = readLink(`/proc/${pid}/fd/${fd}`);
    if (path === undefined || !accepts(path)) continue;
    const flags = /^flags:\s*([0-7]+)/m.exec(readText(`/proc/${pid}/fdinfo/${fd}`) ?? "")?.[1];
    if (flags !== undefined && (Number.parseInt(flags, 8) & ACCESS_MODE) !== constants.O_RDONLY) return true;
  }
  return false;
}

const ACCESS_MODE = constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR;

/** Of what /proc shows to programs, on every machine. */
const TICKS_PER_SECOND = 100;

/** Whether a process was there already this many milliseconds ago (to 20 ms); also when the system does not tell. */
export function isOlderThan({ startedAt }: LiveProcess, ageMs: number): boolean {
  const uptime = HAS_PROC ? Number.parseFloat(readText("/proc/uptime") ?? "") : Number.NaN;
  return !(Number(startedAt) / TICKS_PER_SECOND >= uptime - ageMs / 1000 - 2 / TICKS_PER_SECOND);
}

/** The name of the program that a process runs; a program can change it to anything of up to 15 bytes. */
export function programOf(pid: number): string {
  return readText(`/proc/${pid}/comm`)?.trim() ?? "";
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
  // Until its code is in place, the new program's environment counts as empty, with bounds that are no longer zero.
  const [startOfCode, start, end] = [fields[23], fields[47], fields[48]];
  return startOfCode === "0" || end === "0" || start !== end;
}

/** The fields of /proc/PID/stat from the process's state on, which proc(5) numbers from 3. */
function statOf(pid: number): string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The name in parentheses may itself contain spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
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
      stopped: state.startsWith("T"),
      environment: words.slice(10).join("\0"),
    };
  });
}
