import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunId } from "../engine/events.ts";
import type { Left } from "../engine/ports.ts";
import {
  ancestorsOfBaton,
  findByEnvironment,
  findProcess,
  findWriters,
  type LiveProcess,
  membersOf,
} from "./process-table.ts";
import { endProcesses } from "./terminate.ts";

/** The variable that marks every process of an attempt; its value is the attempt's token. */
export const ATTEMPT_MARK = "BATON_ATTEMPT";
/** The variable that says in every process of an attempt which runner started it, for which run: see `attemptOrigin`. */
export const ORIGIN_MARK = "BATON_STARTED_BY";
/** The variable that marks the shells that start commands for a runner; its value is `<state folder's id>.<runner's id>`. */
export const RUNNER_MARK = "BATON_RUNNER";

export interface Origin {
  /** The state folder's id. */
  folderId: string;
  runnerId: string;
  run: RunId;
  token: string;
}

/** The value of `ORIGIN_MARK`. */
export function attemptOrigin({ folderId, runnerId, run, token }: Origin): string {
  return [folderId, runnerId, run, token].map(encodeURIComponent).join("/");
}

function readOrigin(value: string): Origin | undefined {
  const [folderId, runnerId, run, token, ...more] = value.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return undefined;
    }
  });
  if (folderId === undefined || runnerId === undefined || run === undefined || token === undefined || more.length > 0)
    return undefined;
  return { folderId, runnerId, run, token };
}

export interface Reaping {
  left: Left;
  /** The state folder's id. */
  folderId: string;
  /** Tokens of attempts that ended well and left services. */
  served: ReadonlySet<string>;
  /** Whether a runner of this state folder is there no more. */
  isGone(runnerId: string): boolean;
  /** Where the runners of this state folder have their pipes, each in a folder named by its id. */
  pipesFolder: string;
  /** Processes to leave alone: services of attempts that ended well. */
  keep(): readonly LiveProcess[];
  graceMs: number;
}

/** Ends what earlier Batons left of these attempts and runs; resolves when all of it is gone. */
export async function reapAttempts(reaping: Reaping): Promise<void> {
  const { folderId, isGone, pipesFolder, graceMs } = reaping;
  // The shells first: a command that still waits in their input could start a job after it was looked for.
  await endProcesses({
    find: () =>
      findByEnvironment({
        name: RUNNER_MARK,
        accepts: (value) => value.startsWith(`${folderId}.`) && isGone(value.slice(folderId.length + 1)),
      }),
    graceMs: 0,
  });
  await endProcesses({ find: () => leftBehind(reaping), graceMs });
  removeFolders(pipesFolder, isGone);
}

/** What earlier runners had no time to remove. */
function removeFolders(pipesFolder: string, isGone: Reaping["isGone"]): void {
  if (!existsSync(pipesFolder)) return;
  for (const id of readdirSync(pipesFolder)) {
    if (isGone(id)) rmSync(join(pipesFolder, id), { recursive: true, force: true });
  }
}

async function leftBehind({ left, folderId, served, isGone, pipesFolder, keep }: Reaping): Promise<LiveProcess[]> {
  const [tokens, runs] = [new Set(left.tokens), new Set(left.runs)];
  const found = await findByEnvironment({ name: ATTEMPT_MARK, accepts: (value) => tokens.has(value) });
  const isLeft = (value: string) => {
    const origin = readOrigin(value);
    if (origin === undefined || origin.folderId !== folderId || served.has(origin.token)) return false;
    return runs.has(origin.run) && isGone(origin.runnerId);
  };
  if (runs.size > 0) found.push(...(await findByEnvironment({ name: ORIGIN_MARK, accepts: isLeft })));
  // A process that emptied its environment still writes to its attempt's pipe.
  const writers = await findWriters(
    (path) => path.startsWith(`${pipesFolder}/`) && isGone(path.slice(pipesFolder.length + 1).split("/", 1)[0]!),
  );
  const spared = new Set([...ancestorsOfBaton(), ...keep().map((entry) => entry.pid)]);
  const own = findProcess(process.pid)?.group;
  const first = [...found, ...writers].filter((entry) => !spared.has(entry.pid));
  const groups = new Set(first.map((entry) => entry.group).filter((group) => group !== own));
  const members = (await membersOf([...groups])).filter((entry) => !spared.has(entry.pid));
  return [...new Map([...first, ...members].map((entry) => [entry.pid, entry])).values()];
}
