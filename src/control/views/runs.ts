import type { JournalReader, RunRecord } from "../../store/journal-reader.ts";
import type { RunId } from "./events.ts";
import { type ApprovalView, type MovedRelease, movedBy, type RunView } from "./run.ts";
import type { Waiting } from "./waits.ts";

/** Runs at a glance, newest first. */
export interface RunsView {
  version: 1;
  runs: ListedRun[];
}

/** `moves`: of a promotion or rollback, which release it moves. */
export type ListedRun = RunRecord & { moves?: MovedRelease };

/** What waits in all runs that have not ended. */
export interface WaitsView {
  version: 1;
  waiting: (Waiting & { run: RunId; release: number })[];
}

/** What people are asked. */
export interface ApprovalsView {
  version: 1;
  approvals: (ApprovalView & { run: RunId })[];
}

/** The newest `most`, newest first. */
export function listedRuns(journal: JournalReader | undefined, most: number): ListedRun[] {
  if (journal === undefined) return [];
  return journal.runs({ newest: most }).map((record) => ({ ...record, ...movesOf(journal, record.run) }));
}

function movesOf(journal: JournalReader, run: RunId): { moves?: MovedRelease } {
  const created = journal.moveOf(run);
  return created?.moves === undefined ? {} : { moves: movedBy({ moves: created.moves, plan: created.plan }) };
}

export function waitsView(open: readonly Pick<RunView, "run" | "release" | "moves" | "waiting">[]): WaitsView {
  const waiting = open.flatMap(({ run, release, moves, waiting }) =>
    waiting.map((one) => ({ ...one, run, release: moves?.release ?? release })),
  );
  return { version: 1, waiting };
}

export function approvalsView(open: readonly Pick<RunView, "run" | "approvals">[]): ApprovalsView {
  return { version: 1, approvals: open.flatMap(({ run, approvals }) => approvals.map((one) => ({ ...one, run }))) };
}
