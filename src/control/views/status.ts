import type { RunState, State } from "../../engine/state.ts";
import type { AutomaticPromotion, HeldPromotion } from "../../release/automatic.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { type DeployedView, deployedView, newestDelivery } from "./deployed.ts";
import type { JobId, RunId } from "./events.ts";
import { type FreezeView, freezesAt } from "./freezes.ts";
import { type HalfDeployed, halfDeployedIn } from "./half-deployed.ts";
import { type LockView, locksIn } from "./locks.ts";
import type { UntoldView } from "./notices.ts";
import { type RunView, runView } from "./run.ts";
import { type ListedRun, listedRuns } from "./runs.ts";

/** What is deployed, the latest runs, and the ones that have not ended. Plain data. */
export interface StatusView {
  version: 1;
  deployed: DeployedView;
  /** Newest first. */
  runs: ListedRun[];
  /** Oldest first, also those that `runs` leaves out. */
  open: OpenRun[];
  /** Where somebody deploys, and who stands in line. Absent: nobody does. */
  locks?: LockView[];
  /** Where nothing begins to be deployed now. */
  freezes: FreezeView[];
  /** Where something newer than `deployed` says began, and did not pass. Absent: nowhere. */
  halfDeployed?: (HalfDeployed & { run?: RunId })[];
  /** What failed where it is to be taken back, and has not been. */
  owed: OwedView[];
  /** What is promoted by itself, unless something else happens before. Absent: nothing. */
  promotions?: AutomaticPromotion[];
  /** What could be promoted by itself and is not, and why. Absent: nothing. */
  held?: HeldPromotion[];
  /** Who was not told of something that was to be told. Absent: nobody. */
  untold?: UntoldView[];
  /** Of the commits above that stand for uncommitted files: the commit that was checked out. Absent: none does. */
  snapshots?: Record<string, string>;
}

/** What failed and is still to be taken back. Milliseconds since the epoch. */
export interface OwedView {
  environment: string;
  failed: RunId;
  /** The first of its jobs that failed there. */
  job: JobId;
  at: number;
}

export interface OpenRun extends Omit<RunView, "environments"> {
  /** Who asked for it. */
  by?: string;
  /** The process that runs it; absent when nobody does. */
  runBy?: { pid?: number };
}

/** The latest `most` runs. `ownerOf` says which process makes a run go on. */
export function statusView(
  journal: JournalReader | undefined,
  { most, now, ownerOf }: { most: number; now: number; ownerOf(run: RunState): { pid?: number } | undefined },
): StatusView {
  const isOpen = (journal?.openRuns().length ?? 0) > 0;
  const mayOwe = isOpen || journal?.runs({ newest: 20 }).some(({ conclusion }) => conclusion === "failed") === true;
  const state = journal !== undefined && mayOwe ? journal.state() : undefined;
  const locks = state === undefined || !isOpen ? [] : locksIn({ state, expected: journal!.durations(), journal, now });
  const deployed = journal === undefined ? {} : deployedView(journal);
  const left = journal === undefined ? [] : halfDeployed(journal, deployed);
  return {
    version: 1,
    deployed,
    runs: listedRuns(journal, most),
    open: state === undefined ? [] : openRuns(state, { now, ownerOf }),
    ...(locks.length > 0 && { locks }),
    freezes: freezesAt(journal?.freezes() ?? {}, now),
    ...(left.length > 0 && { halfDeployed: left }),
    owed: state === undefined ? [] : owedIn(state),
  };
}

/** Only looked for where a run may have left something. What the delivery has no more is nobody's to mend. */
function halfDeployed(journal: JournalReader, deployed: DeployedView): NonNullable<StatusView["halfDeployed"]> {
  const proven = Object.values(deployed).flatMap((there) => Object.values(there).map(({ release }) => release));
  if (!journal.hasUnpassedBehind(proven.length === 0 ? 0 : Math.min(...proven))) return [];
  const delivery = newestDelivery(journal);
  return halfDeployedIn(journal.state()).flatMap((one) => {
    const isThere =
      delivery?.environments.some(({ name }) => name === one.environment) &&
      delivery.pipelines.some(({ name }) => name === one.pipeline);
    const run = journal.findRun(String(one.release))?.run;
    return isThere ? [{ ...one, ...(run !== undefined && { run }) }] : [];
  });
}

export function owedIn({ environments }: State): OwedView[] {
  return [...environments.values()].flatMap(({ name: environment, owed }) =>
    owed === undefined ? [] : [{ environment, failed: owed.run, job: owed.job, at: owed.at }],
  );
}

function openRuns(
  state: State,
  { now, ownerOf }: { now: number; ownerOf(run: RunState): { pid?: number } | undefined },
): OpenRun[] {
  return [...state.runs.values()].map((run) => {
    const runBy = ownerOf(run);
    const { environments: _, ...view } = runView(state, run, now);
    return { ...view, ...(run.by !== undefined && { by: run.by }), ...(runBy !== undefined && { runBy }) };
  });
}
