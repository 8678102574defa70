import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { count } from "../../../findings/count.ts";
import { StoreError } from "../../../store/store-error.ts";
import { shortPath } from "../../definition/source-frame.ts";
import type { Project } from "../../project.ts";
import type { UntoldView } from "../../views/notices.ts";
import type { CheckUpView } from "../../views/readiness.ts";
import { inspectArtifacts, inspectJournal, type OpenRunHealth, type StateFolderView } from "../state-folder.ts";
import { untoldIn } from "../untold.ts";

const lowDiskBytes = 1 << 30;
/** With less than this not even an event and a line of a log can be kept for certain. */
const fullDiskBytes = 4 << 20;

/** Network file systems, by the number `statfs` gives: locks and synchronous writes cannot be relied on there. */
const networkFileSystems = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x65735546, "FUSE"],
  [0x01021997, "9P"],
]);

export async function stateCheckUps({ stateFolder }: Project, cwd: string): Promise<CheckUpView[]> {
  const folder = existsSync(stateFolder) ? stateFolder : dirname(stateFolder);
  return [
    writable(folder, { stateFolder, cwd }),
    disk(folder),
    ...journal(stateFolder),
    ...(await artifacts(stateFolder)),
    ...untoldIn(stateFolder).map(notTold),
  ];
}

function writable(folder: string, { stateFolder, cwd }: { stateFolder: string; cwd: string }): CheckUpView {
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

function notTold({ target, givenUp, failure }: UntoldView): CheckUpView {
  const what = givenUp === 0 ? "is not told yet" : `was not told of ${count(givenUp, "thing")}`;
  return {
    name: "notices",
    verdict: "warn",
    text: `${target} ${what}: ${failure}`,
    advice: { do: "tell-again", target },
  };
}

function disk(folder: string): CheckUpView {
  const { bavail, bsize, type } = statfsSync(folder);
  const free = bavail * bsize;
  const text = `${(free / 2 ** 30).toFixed(1)} GiB free`;
  const network = networkFileSystems.get(type);
  if (free < fullDiskBytes) {
    const remedy = "free some space: nothing that runs could be recorded";
    return { name: "disk", verdict: "fail", text: `full: ${(free / 2 ** 20).toFixed(1)} MiB free`, remedy };
  }
  if (free < lowDiskBytes)
    return { name: "disk", verdict: "warn", text, remedy: "free some space: logs and artifacts are kept there" };
  if (network !== undefined) {
    const remedy = "put the repository on a local disk: a network file system may lose what was written or locked";
    return { name: "disk", verdict: "warn", text: `${text}, on ${network}`, remedy };
  }
  return { name: "disk", verdict: "ok", text };
}

function journal(stateFolder: string): CheckUpView[] {
  try {
    const view = inspectJournal(stateFolder);
    if (view === undefined) return [{ name: "journal", verdict: "ok", text: "nothing was run here yet" }];
    const { runs, staleTables } = view.journal;
    if (staleTables.length > 0) {
      const text = `what is derived from the events says something else than they do (${staleTables.join(", ")})`;
      return [{ name: "journal", verdict: "fail", text, advice: { do: "derive-again" } }];
    }
    const text = `SQLite with a durable write-ahead log, ${count(runs, "run")}, every event as it was written`;
    return [{ name: "journal", verdict: "ok", text }, ...openRuns(view)];
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [{ name: "journal", verdict: "fail", text: error.message }];
  }
}

function openRuns({ open, unreadable, processes }: StateFolderView): CheckUpView[] {
  const found = open
    .filter(({ hasWorkplace }) => !hasWorkplace)
    .map(
      ({ run }): CheckUpView => ({
        name: "checkouts",
        verdict: "fail",
        text: `nothing says where run ${run} works, so it cannot go on`,
        advice: { do: "cancel", run },
      }),
    );
  if (unreadable.length > 0) {
    const text = `what ${unreadable.join(", ")} worked on cannot be read any more, so a retry is refused`;
    found.push({ name: "checkouts", verdict: "warn", text, remedy: "baton run does what is left as a new run" });
  }
  if (processes.length > 0) {
    const text = `${count(processes.length, "Baton")} at work: process ${processes.join(", ")}`;
    return [...found, { name: "sessions", verdict: "ok", text }];
  }
  return [...found, ...open.map(leftRun)];
}

function leftRun({ run, asksFor }: OpenRunHealth): CheckUpView {
  if (asksFor.length === 0) {
    const text = `${run} has not ended, and nobody runs it`;
    return { name: "runs", verdict: "warn", text, advice: { do: "resume", run } };
  }
  const text = `${run} waits for an approval of ${asksFor.join(", ")}`;
  return { name: "runs", verdict: "ok", text };
}

async function artifacts(stateFolder: string): Promise<CheckUpView[]> {
  const { all, unusable, lost } = await inspectArtifacts(stateFolder);
  if (unusable.length > 0) {
    const some = unusable.slice(0, 3).map((digest) => digest.slice(0, 19));
    const text = `${count(unusable.length, "artifact")} of ${all} cannot be used: ${some.join(", ")} damaged or not whole`;
    return [{ name: "artifacts", verdict: "fail", text, advice: { do: "take-away" } }];
  }
  if (lost.length > 0) {
    const environments = [...new Set(lost.map(({ environment }) => environment))];
    const names = lost.map(({ artifact, environment }) => `${artifact} in ${environment}`);
    const text = `not there any more: ${names.join(", ")}`;
    return [{ name: "artifacts", verdict: "fail", text, advice: { do: "make-again", environments } }];
  }
  if (all === 0) return [];
  return [{ name: "artifacts", verdict: "ok", text: `${count(all, "artifact")}, every byte as it was stored` }];
}
