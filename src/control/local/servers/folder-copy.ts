import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { fetchBranch } from "../../../git/fetch.ts";
import { resolveCommit } from "../../../git/worktree.ts";
import { layOutAttempts } from "../../../store/attempt-changes.ts";
import { copyRows } from "../../../store/copy-rows.ts";
import { writeRowsOfFolder } from "../../../store/folder-rows.ts";
import { dropJournal, followingOf, noteFollowing } from "../../../store/following.ts";
import type { JournalRowsWriter } from "../../../store/journal-rows.ts";
import type { FilePiece, SharedJournal, Standing } from "../../../store/postgres/shared-journal.ts";
import { openStoreForReading } from "../../../store/store.ts";
import { StoreError } from "../../../store/store-error.ts";
import { readWorkplace, writeWorkplace } from "../workplace.ts";

export interface FolderCopyOptions {
  stateFolder: string;
  delivery: string;
  /** The clone of this server. */
  repository: string | undefined;
  report(error: unknown): void;
}

/** What a folder has that has led: all of it may be more than what counted, and all of it comes back from the database. */
const ofTheLeader = ["logs", "checkouts", "server", "notices", "sessions"];

/** The state folder of a server that stands by: a copy of the leader's, as far as the leader's word has come. */
export class FolderCopy {
  readonly #options: FolderCopyOptions;
  #rows: JournalRowsWriter | undefined;
  #change = 0;
  #isOurs = false;
  readonly #fetching = new Set<Promise<void>>();

  constructor(options: FolderCopyOptions) {
    this.#options = options;
  }

  /**
   * Before anything is copied; `change` is how far the database is.
   * @throws {StoreError} where the folder has a history of its own, or another server, or where the database was brought back from a copy
   * that is older than this folder
   */
  begin(place: string, change: number): void {
    const { stateFolder, delivery } = this.#options;
    const before = followingOf(stateFolder);
    if (before !== undefined && (before.delivery !== delivery || before.place !== place)) {
      throw new StoreError(
        "other-history",
        `${stateFolder} is a copy of ${before.place}, and not of ${place}. Nothing was changed. Serve from another clone, or remove that folder.`,
      );
    }
    if (before !== undefined && change < before.change) {
      throw new StoreError(
        "newer-copy",
        `${stateFolder} knows more than ${place} (change ${before.change}, and ${change} there), as after a database was restored from an ` +
          "older copy. Nothing was changed. Restore a newer one; or keep this folder aside, and serve from a clone without a state folder.",
      );
    }
    if (before?.hasLed) {
      for (const name of ofTheLeader) rmSync(join(stateFolder, name), { recursive: true, force: true });
      dropJournal(stateFolder);
    }
    this.#isOurs = before !== undefined;
    this.#change = before?.hasLed ? 0 : (before?.change ?? 0);
    this.#rows = writeRowsOfFolder(stateFolder);
  }

  /** Brings it to where the database is. @throws {StoreError} */
  async follow(journal: SharedJournal, standing: Standing): Promise<void> {
    const rows = this.#rows!;
    const { seq, chain } = await rows.head();
    const isAhead = seq > standing.seq;
    const isOther = seq === standing.seq && chain !== standing.chain;
    // No server has shared anything yet: what is here is what they will share.
    if (isOther || (isAhead && (standing.change > 0 || this.#isOurs || !(await isSameUntil(standing, rows))))) {
      throw new StoreError(
        "newer-copy",
        `${rows.place} goes on behind ${journal.place}, or is another history. Nothing was changed. ` +
          "Serve from a clone without a state folder, or bring the journal there first with `baton admin export`.",
      );
    }
    if (seq < standing.seq) await copyRows(journal.rows(), rows);
    if (standing.change > this.#change) {
      for await (const piece of journal.filesBehind(this.#change, standing.change)) await this.#lay(journal, piece);
      this.#change = standing.change;
      this.#note({ hasLed: false, place: journal.place });
    }
  }

  /** Makes it the folder of the leader, which goes on where the one before it was. @throws {StoreError} */
  async take(journal: SharedJournal, standing: Standing): Promise<void> {
    const { stateFolder } = this.#options;
    await this.follow(journal, standing);
    await this.close();
    this.#note({ hasLed: true, place: journal.place });
    // What is handed out there is of no server before the first.
    if (standing.change > 0) {
      layOutAttempts(stateFolder, await journal.attempts());
      this.#takeUpOpen();
    }
    // A job whose commit is not here yet is told so; nobody waits for it.
    await Promise.race([Promise.all(this.#fetching), new Promise((resolve) => setTimeout(resolve, fetchMs).unref())]);
  }

  /** Lets go of the folder. */
  async close(): Promise<void> {
    await this.#rows?.close();
    this.#rows = undefined;
  }

  #note({ hasLed, place }: { hasLed: boolean; place: string }): void {
    const { stateFolder, delivery } = this.#options;
    this.#isOurs = true;
    noteFollowing(stateFolder, { process: process.pid, place, delivery, change: this.#change, hasLed });
  }

  /** Whatever the leader made go on, it was killed before it could say what. */
  #takeUpOpen(): void {
    const { stateFolder } = this.#options;
    using journal = openStoreForReading(stateFolder);
    const runs = journal.openRuns().map(({ run }) => run);
    this.#write("server/underway.json", Buffer.from(`${JSON.stringify({ version: 1, runs })}\n`));
  }

  async #lay(journal: SharedJournal, { path, at, isLast, body }: FilePiece): Promise<void> {
    if (normalize(path) !== path || /^(\.\.)?\//.test(path) || !isShared.test(path)) {
      throw new StoreError("damaged", `${journal.place} has a file "${path}", which no server writes.`);
    }
    const place = join(this.#options.stateFolder, path);
    if (path.startsWith("artifacts/")) {
      if (!existsSync(place)) await this.#layArtifact(journal, path);
    } else if (isLast) {
      this.#write(path, body);
      if (path.startsWith("checkouts/")) this.#moveWorkplace(place);
      if (path.endsWith(".db")) for (const left of ["-wal", "-shm"]) rmSync(place + left, { force: true });
    } else {
      mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
      if (existsSync(place)) truncateSync(place, at);
      appendFileSync(place, body, { mode: 0o600 });
    }
  }

  #write(path: string, body: Buffer): void {
    const place = join(this.#options.stateFolder, path);
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    writeFileSync(`${place}.copied`, body, { mode: 0o600 });
    renameSync(`${place}.copied`, place);
  }

  /** It has its name when all of it is here. */
  async #layArtifact(journal: SharedJournal, path: string): Promise<void> {
    const { stateFolder } = this.#options;
    const place = join(stateFolder, path);
    const staged = join(stateFolder, "artifacts", "staging", `copied-${basename(path)}`);
    mkdirSync(dirname(staged), { recursive: true });
    const file = openSync(staged, "w");
    try {
      for await (const piece of journal.fileAt(path)) writeSync(file, piece);
    } finally {
      closeSync(file);
    }
    chmodSync(staged, 0o444);
    mkdirSync(dirname(place), { recursive: true });
    renameSync(staged, place);
  }

  /** The run works on the same commit, in the clone of this server. */
  #moveWorkplace(path: string): void {
    const { repository: root } = this.#options;
    const place = readWorkplace(path);
    if (root === undefined || typeof place === "string" || place.kind !== "checkout") return;
    writeWorkplace(path, { ...place, root });
    const fetching = this.#bringCommit(root, place)
      .catch(this.#options.report)
      .finally(() => this.#fetching.delete(fetching));
    this.#fetching.add(fetching);
  }

  async #bringCommit(root: string, { commit, branch }: { commit: string; branch?: string }): Promise<void> {
    if ((await resolveCommit(root, commit)) !== undefined) return;
    if (branch !== undefined) await fetchBranch(root, branch);
  }
}

/** Folders of which something is shared. */
const isShared = /^(logs|artifacts|checkouts|server|notices)\//;
const fetchMs = 500;

async function isSameUntil({ seq, chain }: Standing, rows: JournalRowsWriter): Promise<boolean> {
  return seq === 0 || (await rows.chainAt(seq)) === chain;
}
