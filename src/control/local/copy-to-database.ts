import { Ledger } from "../../notify/ledger.ts";
import { Outbox } from "../../notify/outbox.ts";
import { type CopiedRows, copyRows } from "../../store/copy-rows.ts";
import { idOfFolder } from "../../store/folder-id.ts";
import { rowsOfFolder, writeRowsOfFolder } from "../../store/folder-rows.ts";
import { dropJournal, endFollowing, followingOf, requireOwnFolder } from "../../store/following.ts";
import type { JournalRows, JournalRowsWriter } from "../../store/journal-rows.ts";
import { rowsOfDatabase, writeRowsOfDatabase } from "../../store/postgres/database-rows.ts";
import { unprotectedHost } from "../../store/postgres/session.ts";
import { openStoreForReading, type ReadingHandle } from "../../store/store.ts";
import { StoreError } from "../../store/store-error.ts";
import { loadDefinition } from "../definition/load.ts";
import type { Place } from "../project.ts";
import { owedIn } from "../views/status.ts";

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
  /** Environments with a deployment that failed and that a server would take back by itself. */
  owed: string[];
  /** How it is told that the journal here had gone on further than what came back, so that its newest events are lost. */
  lost?: string;
  /** The host of the database, where the way there is protected by no TLS. */
  unprotected?: string;
}

export interface JournalCopyRequest {
  /** `postgres://…` */
  url: string;
  /** Default: what the definition is called. */
  delivery?: string | undefined;
  /** Of an export: also where the copy is another state folder's. */
  takeOver?: boolean | undefined;
}

/** Brings a database to where the journal here is; runs may go on meanwhile. @throws {Refused | StoreError} */
export async function exportJournal(place: Place, request: JournalCopyRequest): Promise<JournalCopyView> {
  const delivery = await nameOf(place, request);
  const { stateFolder } = place.project;
  requireOwnFolder(stateFolder);
  const from = rowsOfFolder(stateFolder);
  const { url, takeOver: takesOver = false } = request;
  const open = () => writeRowsOfDatabase({ url, delivery, owner: idOfFolder(stateFolder), takesOver });
  return { ...(await copied(place, delivery, { from, open })), ...wayTo(place, url) };
}

/**
 * Brings the journal here, which nobody else uses, to where a database is. From then on only this state folder exports to it: what ran
 * elsewhere, and is not as dead as it seemed, is told so. @throws {Refused | StoreError}
 */
export async function importJournal(place: Place, request: JournalCopyRequest): Promise<JournalCopyView> {
  const delivery = await nameOf(place, request);
  const { stateFolder } = place.project;
  const { url } = request;
  const from = await rowsOfDatabase({ url, delivery });
  const open = async () => {
    if (followingOf(stateFolder)?.hasLed) {
      await writeRowsOfFolder(stateFolder).close();
      dropJournal(stateFolder);
    }
    const rows = writeRowsOfFolder(stateFolder);
    endFollowing(stateFolder);
    return rows;
  };
  const then = () => from.belongsTo(idOfFolder(stateFolder));
  const view = await copied(place, delivery, { from, open, then });
  if (view.lost === undefined && view.seq > 0) beginTelling(place.project, view.seq);
  return { ...view, ...wayTo(place, url) };
}

function wayTo({ caller }: Place, url: string): Pick<JournalCopyView, "unprotected"> {
  const unprotected = unprotectedHost(url, caller.env);
  return unprotected === undefined ? {} : { unprotected };
}

async function nameOf({ project, caller }: Place, { delivery }: JournalCopyRequest): Promise<string> {
  return delivery ?? (await loadDefinition(project.file, caller)).name;
}

function leftIn(journal: ReadingHandle | undefined): Pick<JournalCopyView, "open" | "owed"> {
  return {
    open: journal?.openRuns().map(({ run }) => run) ?? [],
    owed: journal === undefined ? [] : owedIn(journal.state()).map(({ environment }) => environment),
  };
}

/** What happened before the journal came back is nobody's news: who has not been told by then is told of what follows. */
function beginTelling({ stateFolder }: Place["project"], seq: number): void {
  if (Ledger.exists(stateFolder)) return;
  using journal = openStoreForReading(stateFolder);
  const { targets, until } = new Outbox(journal).namedBehind(undefined);
  using ledger = Ledger.open(stateFolder);
  ledger.begin(new Map([...targets.keys()].map((name) => [name, seq])), until ?? seq);
}

interface Copying {
  from: JournalRows;
  open(): Promise<JournalRowsWriter>;
  /** Done in between; what came until then is copied as well. */
  then?(): Promise<void>;
}

async function copied({ project }: Place, delivery: string, { from, open, then }: Copying): Promise<JournalCopyView> {
  let done: CopiedRows;
  try {
    const to = await open();
    try {
      done = await copyRows(from, to);
      await then?.();
      if (then !== undefined) {
        const { seq, events } = await copyRows(from, to);
        done = { seq, events: done.events + events };
      }
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
    return { ...view, ...leftIn(journal) };
  } catch (error) {
    if (!(error instanceof StoreError) || error.damage === undefined) throw error;
    return { ...view, open: [], owed: [], lost: error.damage };
  }
}
