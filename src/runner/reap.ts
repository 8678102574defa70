import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
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
/** The variable that marks the shells that start commands for a runner; its value is `<state folder's id>.<runner's id>`. */
export const RUNNER_MARK = "BATON_RUNNER";

export interface Reaping {
  tokens: readonly string[];
  /** The state folder's id. */
  folderId: string;
  /** Whether a runner of this state folder is there no more. */
  isGone(runnerId: string): boolean;
  /** Where the runners of this state folder have their pipes, each in a folder named by its id. */
  pipesFolder: string;
  /** Processes to leave alone: services of attempts that ended well. */
  keep(): readonly LiveProcess[];
  graceMs: number;
}

/** Ends what an earlier Baton left of these attempts; resolves when all of it is gone. */
export async function reapAttempts({ tokens, folderId, isGone, pipesFolder, keep, graceMs }: Reaping): Promise<void> {
  // The shells first: a command that still waits in their input could start a job after it was looked for.
  await endProcesses({
    find: () =>
      findByEnvironment({
        name: RUNNER_MARK,
        accepts: (value) => value.startsWith(`${folderId}.`) && isGone(value.slice(folderId.length + 1)),
      }),
    graceMs: 0,
  });
  const wanted = new Set(tokens);
  await endProcesses({ find: () => leftBehind({ wanted, isGone, pipesFolder, keep }), graceMs });
  removeFolders(pipesFolder, isGone);
}

/** What earlier runners had no time to remove. */
function removeFolders(pipesFolder: string, isGone: Reaping["isGone"]): void {
  if (!existsSync(pipesFolder)) return;
  for (const id of readdirSync(pipesFolder)) {
    if (isGone(id)) rmSync(join(pipesFolder, id), { recursive: true, force: true });
  }
}

async function leftBehind(
  options: { wanted: ReadonlySet<string> } & Pick<Reaping, "isGone" | "pipesFolder" | "keep">,
): Promise<LiveProcess[]> {
  const { wanted, isGone, pipesFolder, keep } = options;
  const found = await findByEnvironment({ name: ATTEMPT_MARK, accepts: (value) => wanted.has(value) });
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
