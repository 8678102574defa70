import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { RunId } from "../../../engine/events.ts";
import { runLogsFolder } from "../../../runner/log-path.ts";
import { AttemptChanges } from "../../../store/attempt-changes.ts";
import type { ChainedRow } from "../../../store/event-rows.ts";
import { openJournalForReading } from "../../../store/journal-database.ts";
import { atATime } from "../../../store/journal-rows.ts";
import type { FilePiece, FolderChange } from "../../../store/postgres/shared-journal.ts";
import { stateFolder } from "../../../store/state-folder.ts";
import { workplacePath } from "../workplace.ts";
import { DatabaseCopies } from "./database-copies.ts";

/** Of a piece of a file. */
export const pieceBytes = 1 << 20;

/** Small files that are kept whole, but for those that have a way of their own. */
const smallFiles = ["server/underway.json"];
const appended = ["server/access.jsonl"];
const schedules = "server/schedules";

/** As it was shared last. */
interface Shared {
  sizeBytes: number;
  changedAt: number;
  inode: number;
}

/**
 * What a state folder has come to since it was looked at last, taken in one moment: events, attempts and files as they are together, so
 * that whoever goes on from it finds what a server that is killed leaves on its own machine.
 */
export class FolderChanges {
  readonly #path: string;
  readonly #attempts: AttemptChanges;
  readonly #copies: DatabaseCopies;
  readonly #shared = new Map<string, Shared>();
  /** Runs to whose logs something was written. */
  readonly #touched = new Set<RunId>();
  readonly #others = new Set<string>();
  #journal: DatabaseSync | undefined;
  #seen: unknown;
  #seq: number;

  /** `seq`: the newest event that is shared already; `sizes` of its logs, by path. */
  constructor(path: string, { seq, sizes }: { seq: number; sizes: ReadonlyMap<string, number> }) {
    this.#path = path;
    this.#seq = seq;
    this.#attempts = new AttemptChanges(path);
    this.#copies = new DatabaseCopies(path);
    for (const [name, sizeBytes] of sizes) {
      const there = statSync(join(path, name), { throwIfNoEntry: false });
      if (there !== undefined) this.#shared.set(name, { sizeBytes, changedAt: 0, inode: there.ino });
    }
  }

  /** Something was written to the logs of this run. */
  touch(run: RunId): void {
    this.#touched.add(run);
  }

  /** This file is to be shared as well. */
  touchFile(name: string): void {
    this.#others.add(name);
  }

  /** Undefined where nothing has changed. `isPart`: there is more. */
  take(): (FolderChange & { isPart: boolean }) | undefined {
    const events = this.#events();
    if (events.length >= atATime) return { ...nothing, events, isPart: true };
    const files: FilePiece[] = [];
    const gone: string[] = [];
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const run of touched) {
      const names = this.#logsOf(run);
      // What is written anew goes away first.
      if (names.some((name) => this.#takeAppended(name, files, gone))) this.#touched.add(run);
    }
    for (const name of appended) this.#takeAppended(name, files, gone);
    for (const { run } of events.filter(({ type }) => type === "run.created"))
      this.#takeSmall(relative(this.#path, workplacePath(join(this.#path, "checkouts"), run)), files);
    for (const name of [...smallFiles, ...this.#others, ...this.#schedules(gone)]) this.#takeSmall(name, files);
    this.#others.clear();
    for (const { path, body } of this.#copies.take()) files.push({ path, at: 0, isLast: true, body });
    const attempts = this.#attempts.take();
    if (events.length + files.length + gone.length + attempts.length === 0) return undefined;
    return {
      events,
      files,
      gone,
      attempts: attempts.flatMap(({ token, attempt }) => (attempt === undefined ? [] : [{ token, attempt }])),
      forgotten: attempts.flatMap(({ token, attempt }) => (attempt === undefined ? [token] : [])),
      isPart: gone.length > 0 && touched.length > 0,
    };
  }

  close(): void {
    this.#attempts.close();
    this.#copies.close();
    this.#journal?.close();
  }

  #events(): ChainedRow[] {
    const folder = stateFolder(this.#path);
    if (this.#journal === undefined && !existsSync(folder.journal)) return [];
    this.#journal ??= openJournalForReading(folder);
    const seen = this.#journal.prepare("pragma data_version").get()?.data_version;
    if (seen === this.#seen) return [];
    const rows = this.#journal
      .prepare(`select seq, at, version, run, type, chain, body from event where seq > ? order by seq limit ${atATime}`)
      .all(this.#seq) as unknown as ChainedRow[];
    if (rows.length < atATime) this.#seen = seen;
    this.#seq = rows.at(-1)?.seq ?? this.#seq;
    return rows;
  }

  #logsOf(run: RunId): string[] {
    const folder = runLogsFolder(this.#path, run);
    if (!existsSync(folder)) return [];
    return readdirSync(folder).flatMap((name) =>
      name.endsWith(".log") ? [relative(this.#path, join(folder, name))] : [],
    );
  }

  /** What was appended to it. True where it is another file than before: then it is gone first. */
  #takeAppended(name: string, files: FilePiece[], gone: string[]): boolean {
    const path = join(this.#path, name);
    const there = statSync(path, { throwIfNoEntry: false });
    if (there === undefined) return false;
    const before = this.#shared.get(name);
    if (before !== undefined && (before.inode !== there.ino || there.size < before.sizeBytes)) {
      this.#shared.delete(name);
      gone.push(name);
      return true;
    }
    let at = before?.sizeBytes ?? 0;
    if (at === there.size && before !== undefined) return false;
    const file = openSync(path, "r");
    try {
      while (at < there.size) {
        const body = Buffer.alloc(Math.min(pieceBytes, there.size - at));
        const size = readSync(file, body, 0, body.length, at);
        if (size === 0) break;
        files.push({ path: name, at, isLast: false, body: body.subarray(0, size) });
        at += size;
      }
    } finally {
      closeSync(file);
    }
    this.#shared.set(name, { sizeBytes: at, changedAt: 0, inode: there.ino });
    return false;
  }

  #takeSmall(name: string, files: FilePiece[]): void {
    const path = join(this.#path, name);
    const there = statSync(path, { throwIfNoEntry: false });
    if (there === undefined) return;
    const before = this.#shared.get(name);
    const now = { sizeBytes: there.size, changedAt: there.mtimeMs, inode: there.ino };
    if (before?.sizeBytes === now.sizeBytes && before.changedAt === now.changedAt && before.inode === now.inode) return;
    this.#shared.set(name, now);
    files.push({ path: name, at: 0, isLast: true, body: readFileSync(path) });
  }

  #schedules(gone: string[]): string[] {
    const folder = join(this.#path, schedules);
    const names = existsSync(folder) ? readdirSync(folder).map((name) => `${schedules}/${name}`) : [];
    const there = new Set(names);
    for (const name of this.#shared.keys()) {
      if (!name.startsWith(`${schedules}/`) || there.has(name)) continue;
      this.#shared.delete(name);
      gone.push(name);
    }
    return names.filter((name) => !/\.\d+$/.test(name));
  }
}

export const nothing: FolderChange = { events: [], files: [], gone: [], attempts: [], forgotten: [] };
