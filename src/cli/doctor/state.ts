import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { shortPath } from "../../control/definition/source-frame.ts";
import type { Project } from "../../control/project.ts";
import { ArtifactStore } from "../../store/artifacts/artifact-store.ts";
import { openStoreForReading, storeProcesses } from "../../store/store.ts";
import { verifyWholeJournal } from "../../store/verify-whole.ts";
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

export async function stateCheckUps({ stateFolder }: Project, cwd: string): Promise<CheckUp[]> {
  const folder = existsSync(stateFolder) ? stateFolder : dirname(stateFolder);
  return [
    writable(folder, { stateFolder, cwd }),
    disk(folder),
    ...journal(stateFolder),
    ...(await artifacts(stateFolder)),
  ];
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
  const open = reading.runs().flatMap(({ run, conclusion }) => (conclusion === undefined ? [run] : []));
  const found: CheckUp[] = open
    .filter((run) => !existsSync(join(stateFolder, "checkouts", `${run}.json`)))
    .map((run) => ({
      name: "checkouts",
      verdict: "fail",
      text: `nothing says where run ${run} works, so it cannot go on`,
      remedy: `baton cancel ${run}`,
    }));
  const processes = storeProcesses(stateFolder);
  if (processes.length > 0) {
    const text = `${count(processes.length, "Baton")} at work: process ${processes.join(", ")}`;
    found.push({ name: "sessions", verdict: "ok", text });
  } else if (open.length > 0) {
    const text = `${open.join(", ")} not ended, and nobody runs it`;
    found.push({ name: "runs", verdict: "warn", text, remedy: "baton resume, or baton cancel" });
  }
  return found;
}

async function artifacts(stateFolder: string): Promise<CheckUp[]> {
  const store = new ArtifactStore(stateFolder);
  const { artifacts, incomplete } = await store.inspect({ discard: false });
  if (incomplete.length > 0) {
    const some = incomplete.slice(0, 3).map((digest) => digest.slice(0, 19));
    const text = `${count(incomplete.length, "artifact")} of ${artifacts} cannot be used: ${some.join(", ")} damaged or not whole`;
    const remedy = "baton doctor --repair takes them away, and the next job that makes them stores them anew";
    return [{ name: "artifacts", verdict: "fail", text, remedy }];
  }
  const lost = lostArtifacts(stateFolder, store);
  if (lost.length > 0) {
    const remedy = "baton run --force makes them anew";
    return [{ name: "artifacts", verdict: "fail", text: `not there any more: ${lost.join(", ")}`, remedy }];
  }
  if (artifacts === 0) return [];
  return [{ name: "artifacts", verdict: "ok", text: `${count(artifacts, "artifact")}, every byte as it was stored` }];
}

/** Artifacts of what is deployed now, as `web.dist in dev`. */
function lostArtifacts(stateFolder: string, store: ArtifactStore): string[] {
  try {
    using reading = openStoreForReading(stateFolder);
    return Object.entries(reading.deployed().deployed).flatMap(([environment, pipelines]) =>
      Object.entries(pipelines).flatMap(([pipeline, { artifacts }]) =>
        Object.entries(artifacts).flatMap(([name, { digest }]) =>
          store.has(digest) ? [] : [`${pipeline}.${name} in ${environment}`],
        ),
      ),
    );
  } catch {
    // Of what is deployed the line about the journal speaks.
    return [];
  }
}
