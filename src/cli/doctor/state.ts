import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { openStoreForReading, storeHolder } from "../../store/store.ts";
import { verifyWholeJournal } from "../../store/verify-whole.ts";
import { shortPath } from "../definition/source-frame.ts";
import type { Place } from "../place.ts";
import { count } from "../terminal/duration.ts";
import { type CheckUp, refused } from "./check-up.ts";

const lowDiskBytes = 1 << 30;

/** Network file systems, by the number `statfs` gives: locks and synchronous writes cannot be relied on there. */
const networkFileSystems = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x65735546, "FUSE"],
  [0x01021997, "9P"],
]);

export function stateCheckUps({ stateFolder }: Place, cwd: string): CheckUp[] {
  const folder = existsSync(stateFolder) ? stateFolder : dirname(stateFolder);
  return [writable(folder, { stateFolder, cwd }), disk(folder), ...journal(stateFolder)];
}

function writable(folder: string, { stateFolder, cwd }: { stateFolder: string; cwd: string }): CheckUp {
  const shown = shortPath(stateFolder, cwd);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    const text = folder === stateFolder ? `${shown} can be written` : `${shown} can be made`;
    return { name: "state folder", verdict: "ok", text };
  } catch {
    return {
      name: "state folder",
      verdict: "fail",
      text: `${folder} cannot be written`,
      remedy: `give yourself the right to write ${folder}`,
    };
  }
}

function disk(folder: string): CheckUp {
  const { bavail, bsize, type } = statfsSync(folder);
  const free = bavail * bsize;
  const text = `${(free / 2 ** 30).toFixed(1)} GiB free`;
  const network = networkFileSystems.get(type);
  if (free < lowDiskBytes)
    return { name: "disk", verdict: "warn", text, remedy: "free some space: logs and artifacts are kept there" };
  if (network !== undefined) {
    const remedy = "put the repository on a local disk: a network file system may lose what was written or locked";
    return { name: "disk", verdict: "warn", text: `${text}, on ${network}`, remedy };
  }
  return { name: "disk", verdict: "ok", text };
}

function journal(stateFolder: string): CheckUp[] {
  if (!existsSync(stateFolder)) return [{ name: "journal", verdict: "ok", text: "nothing was run here yet" }];
  try {
    const { runs, staleTables } = verifyWholeJournal(stateFolder);
    if (staleTables.length > 0) {
      const text = `what is derived from the events says something else than they do (${staleTables.join(", ")})`;
      return [{ name: "journal", verdict: "fail", text, remedy: "baton doctor --repair derives it again" }];
    }
    const text = `SQLite with a durable write-ahead log, ${count(runs, "run")}, every event as it was written`;
    return [{ name: "journal", verdict: "ok", text }, ...openRuns(stateFolder)];
  } catch (error) {
    if ((error as { code?: string }).code === "empty")
      return [{ name: "journal", verdict: "ok", text: "nothing was run here yet" }];
    return [refused("journal", error)];
  }
}

function openRuns(stateFolder: string): CheckUp[] {
  using reading = openStoreForReading(stateFolder);
  const open = reading.runs().filter(({ conclusion }) => conclusion === undefined);
  const holder = storeHolder(stateFolder);
  if (holder)
    return [{ name: "lock", verdict: "ok", text: `held by process ${holder.pid ?? "?"}, which runs something` }];
  if (open.length === 0) return [];
  const list = open.map(({ run }) => run).join(", ");
  const text = `${list} not ended, and nobody runs it`;
  return [{ name: "runs", verdict: "warn", text, remedy: "baton resume, or baton cancel" }];
}
