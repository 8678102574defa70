import { type CopiedRows, copyRows } from "../../store/copy-rows.ts";
import { rowsOfFolder, writeRowsOfFolder } from "../../store/folder-rows.ts";
import type { JournalRows, JournalRowsWriter } from "../../store/journal-rows.ts";
import { rowsOfDatabase, writeRowsOfDatabase } from "../../store/postgres/database-rows.ts";
import { StoreError } from "../../store/store-error.ts";
import { loadDefinition } from "../definition/load.ts";
import type { Place } from "../project.ts";

export interface JournalCopyView {
  version: 1;
  /** Under which name the journal is in the database. */
  delivery: string;
  /** The newest event that is in both now, 0 before the first. */
  seq: number;
  /** How many the copy lacked. */
  events: number;
  /** Runs that have not ended by then. */
  open: string[];
  /** How it is told that the journal here had gone on further than what came back, so that its newest events are lost. */
  lost?: string;
}

export interface JournalCopyRequest {
  /** `postgres://…` */
  url: string;
  /** Default: what the definition is called. */
  delivery?: string | undefined;
}

/** Brings a database to where the journal here is; runs may go on meanwhile. @throws {Refused | StoreError} */
export async function exportJournal(place: Place, request: JournalCopyRequest): Promise<JournalCopyView> {
  const delivery = await nameOf(place, request);
  const here = rowsOfFolder(place.project.stateFolder);
  return copied(place, delivery, [here, () => writeRowsOfDatabase({ url: request.url, delivery })]);
}

/** Brings the journal here, which nobody else uses, to where a database is. @throws {Refused | StoreError} */
export async function importJournal(place: Place, request: JournalCopyRequest): Promise<JournalCopyView> {
  const delivery = await nameOf(place, request);
  const there = await rowsOfDatabase({ url: request.url, delivery });
  return copied(place, delivery, [there, async () => writeRowsOfFolder(place.project.stateFolder)]);
}

async function nameOf({ project, caller }: Place, { delivery }: JournalCopyRequest): Promise<string> {
  return delivery ?? (await loadDefinition(project.file, caller)).name;
}

async function copied(
  { project }: Place,
  delivery: string,
  [from, open]: [JournalRows, () => Promise<JournalRowsWriter>],
): Promise<JournalCopyView> {
  let done: CopiedRows;
  try {
    const to = await open();
    try {
      done = await copyRows(from, to);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  const { openJournal } = await import("./journal.ts");
  const view = { version: 1, delivery, ...done } as const;
  try {
    using journal = openJournal(project);
    return { ...view, open: journal?.openRuns().map(({ run }) => run) ?? [] };
  } catch (error) {
    if (!(error instanceof StoreError) || error.damage === undefined) throw error;
    return { ...view, open: [], lost: error.damage };
  }
}
