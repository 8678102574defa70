import { existsSync } from "node:fs";
import { join } from "node:path";
import { replay } from "../../engine/fold.ts";
import { createRunner } from "../../runner/runner.ts";
import { ArtifactStore } from "../../store/artifacts/artifact-store.ts";
import { mendDerivedTables, type Repaired, rebuildJournalRecords, repairJournal } from "../../store/repair.ts";
import { openStoreForReading, storeProcesses } from "../../store/store.ts";
import type { StoreError } from "../../store/store-error.ts";
import { verifyWholeJournal } from "../../store/verify-whole.ts";
import type { RunId } from "../views/events.ts";
import { approvalsIn, isTooLate } from "../views/run.ts";
import { damagedWorkplaces, readWorkplace, workplacePath } from "./workplace.ts";

/** What a state folder is like, every byte of it read. Undefined where nothing was ever run. */
export interface StateFolderView {
  /** How many runs there were, and what is derived from the events and says something else than they do. */
  journal: { runs: number; staleTables: string[] };
  /** Runs that have not ended. */
  open: OpenRunHealth[];
  /** Runs that have ended, and of which can no longer be read what they worked on. */
  unreadable: RunId[];
  /** The processes that write to it now. */
  processes: number[];
}

export interface OpenRunHealth {
  run: RunId;
  /** Whether anything that is not damaged says which files it works on. */
  hasWorkplace: boolean;
  /** Environments that a person has to answer for. */
  asksFor: string[];
}

/** Every event is what was written, and together they can have happened. @throws {StoreError} */
export const wholeJournal = (stateFolder: string): { runs: number } => verifyWholeJournal(stateFolder);

/** @throws {StoreError} when it is damaged. */
export function inspectJournal(stateFolder: string): StateFolderView | undefined {
  if (!existsSync(stateFolder)) return undefined;
  try {
    const journal = verifyWholeJournal(stateFolder);
    using reading = openStoreForReading(stateFolder);
    const state = replay(reading.load());
    const open = [...state.runs.values()].filter(({ finished }) => finished === undefined);
    return {
      journal,
      open: open.map((run) => ({
        run: run.id,
        hasWorkplace: typeof readWorkplace(workplacePath(join(stateFolder, "checkouts"), run.id)) !== "string",
        asksFor: approvalsIn(run)
          .filter((approval) => !isTooLate(approval, Date.now()))
          .map(({ environment }) => environment),
      })),
      unreadable: damagedWorkplaces(join(stateFolder, "checkouts")).filter((run) => !open.some(({ id }) => id === run)),
      processes: storeProcesses(stateFolder),
    };
  } catch (error) {
    if ((error as StoreError).code === "empty") return undefined;
    throw error;
  }
}

/** How many artifacts there are, the digests of those that cannot be used, and what is deployed and gone. */
export interface ArtifactsView {
  all: number;
  unusable: string[];
  lost: LostArtifact[];
}

/** `web.dist`, and where it is deployed. */
export interface LostArtifact {
  artifact: string;
  environment: string;
}

export async function inspectArtifacts(stateFolder: string): Promise<ArtifactsView> {
  const store = new ArtifactStore(stateFolder);
  const { artifacts, incomplete } = await store.inspect({ discard: false });
  return { all: artifacts, unusable: incomplete, lost: lostArtifacts(stateFolder, store) };
}

function lostArtifacts(stateFolder: string, store: ArtifactStore): LostArtifact[] {
  try {
    using reading = openStoreForReading(stateFolder);
    return Object.entries(reading.deployed().deployed).flatMap(([environment, pipelines]) =>
      Object.entries(pipelines).flatMap(([pipeline, { artifacts }]) =>
        Object.entries(artifacts).flatMap(([name, { digest }]) =>
          store.has(digest) ? [] : [{ artifact: `${pipeline}.${name}`, environment }],
        ),
      ),
    );
  } catch {
    // Of what is deployed the journal's own damage speaks.
    return [];
  }
}

/** What making a state folder whole has cost. */
export interface RepairView {
  /** The list of runs and what is deployed were derived from the events again. */
  derivedAgain: boolean;
  /** The journal was damaged. */
  damage?: Repaired & { because: string };
  /** Artifacts that could not be used and were taken away. */
  artifacts: number;
}

/** Makes a damaged state folder whole again; undefined where nothing was ever run. @throws {StoreError} */
export async function repairStateFolder(stateFolder: string): Promise<RepairView | undefined> {
  if (!existsSync(stateFolder)) return undefined;
  const journal = await repairTheJournal(stateFolder);
  const { incomplete } = await new ArtifactStore(stateFolder).inspect({ discard: true });
  return { ...journal, artifacts: incomplete.length };
}

async function repairTheJournal(stateFolder: string): Promise<Omit<RepairView, "artifacts">> {
  try {
    const mended = mendDerivedTables(stateFolder);
    const { staleTables } = verifyWholeJournal(stateFolder);
    if (staleTables.length > 0) rebuildJournalRecords(stateFolder);
    return { derivedAgain: mended || staleTables.length > 0 };
  } catch (error) {
    const { code, message } = error as StoreError;
    if (code === "empty") return { derivedAgain: false };
    if (code !== "damaged") throw error;
    // Without what to do about it: that is being done.
    const because = message.split(". ")[0]!;
    const repaired = repairJournal(stateFolder, { now: Date.now(), because, isDamaged: () => isDamaged(stateFolder) });
    if (repaired === undefined) return { derivedAgain: false };
    await endLeftovers(stateFolder, repaired.attempts);
    return { derivedAgain: false, damage: { ...repaired, because } };
  }
}

function isDamaged(stateFolder: string): boolean {
  try {
    verifyWholeJournal(stateFolder);
    return false;
  } catch (error) {
    return (error as StoreError).code === "damaged";
  }
}

/** Processes of attempts that nothing in the journal ends any more. */
async function endLeftovers(stateFolder: string, attempts: string[]): Promise<void> {
  if (attempts.length === 0) return;
  const artifacts = new ArtifactStore(stateFolder);
  const runner = createRunner({ stateFolder, directoryOf: () => stateFolder, secrets: () => undefined, artifacts });
  await runner.reap({ tokens: attempts, runs: [] });
  runner.close();
}
