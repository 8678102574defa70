import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { takeFileLock } from "../store/file-lock.ts";
import { Agent, newAgentId } from "./agent.ts";
import { Connection, Unreachable } from "./connection.ts";

export { FolderUnwritable } from "./agent.ts";
export { TurnedAway } from "./connection.ts";

export interface StartAgent {
  url: string;
  /** Of the machine, where nothing else names it: a registered agent is called as its token was. */
  name: string;
  labels: readonly string[];
  slots: number;
  folder: string;
  /** Lets it register, once. */
  token(): string | undefined;
  env: Record<string, string | undefined>;
  say(line: string): void;
}

/** Another agent works in this folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

interface Credential {
  url: string;
  name: string;
  credential: string;
}

/** Registers where that is needed. @throws {FolderInUse | TurnedAway} */
export async function startAgent(options: StartAgent): Promise<{ agent: Agent; name: string; release(): void }> {
  const { folder, url, token, say } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeFileLock(join(folder, "lock.db"), 0);
  if (lock === undefined) throw new FolderInUse(folder);
  try {
    const id = newAgentId();
    const known = readCredential(folder);
    const own = known?.url === url ? known : undefined;
    const connection = new Connection({ url, agent: id, credential: own?.credential });
    let { name } = own ?? options;
    const once = own === undefined ? token() : undefined;
    if (once !== undefined) {
      const registered = await registerPatiently(connection, once, say);
      ({ name } = registered);
      writeCredential(folder, { url, name, credential: registered.credential });
      say(`registered as ${name}`);
    }
    return { agent: new Agent({ ...options, connection, id, name }), name, release: () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Whoever starts both at once does not care which of them is first. */
async function registerPatiently(connection: Connection, token: string, say: StartAgent["say"]) {
  for (let tries = 0; ; tries++) {
    try {
      return await connection.register(token);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (tries === 0) say(`the server cannot be reached: ${error.message}; trying again`);
      await setTimeout(againMs);
    }
  }
}

const againMs = 500;
const pathIn = (folder: string) => join(folder, "credential.json");

function readCredential(folder: string): Credential | undefined {
  try {
    return JSON.parse(readFileSync(pathIn(folder), "utf8")) as Credential;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function writeCredential(folder: string, credential: Credential): void {
  const path = pathIn(folder);
  writeFileSync(`${path}.new`, `${JSON.stringify(credential)}\n`, { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}
