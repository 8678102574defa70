import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** How far one target was told. */
export interface TargetRow {
  name: string;
  /** Everything until this event was told, concerns others, or is listed as undelivered. */
  seq: number;
  /** How often the next one was tried. */
  attempts: number;
  /** Not before then, milliseconds since the epoch. Absent: at once. */
  nextAt?: number;
  /** Why it did not go the last time. */
  failure?: string;
}

/** One that was given up. */
export interface Undelivered {
  target: string;
  seq: number;
  /** When it was given up, milliseconds since the epoch. */
  at: number;
  failure: string;
}

const schema = `
create table if not exists target (
  name text primary key,
  seq integer not null,
  attempts integer not null default 0,
  next_at integer,
  failure text
) strict, without rowid;
create table if not exists undelivered (
  target text not null,
  seq integer not null,
  at integer not null,
  failure text not null,
  primary key (target, seq)
) strict, without rowid;
-- The newest run whose targets have their rows.
create table if not exists looked (
  id integer primary key check (id = 1),
  seq integer not null
) strict;
pragma user_version = 1;
`;

const busyMs = 5_000;

/**
 * How far each target was told of what is in the journal. Kept apart from it: the journal is what happened, this is who knows.
 * Without it (deleted, or of an older copy) people are told again, and nothing else goes wrong.
 */
export class Ledger {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: busyMs });
    this.#database.exec(`pragma journal_mode = wal; pragma synchronous = full; ${schema}`);
  }

  /** Made when it is not there. */
  static open(stateFolder: string): Ledger {
    const path = ledgerPath(stateFolder);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return new Ledger(path);
  }

  static exists(stateFolder: string): boolean {
    return existsSync(ledgerPath(stateFolder));
  }

  targets(): TargetRow[] {
    return this.#database.prepare("select * from target order by name").all().map(targetRow);
  }

  target(name: string): TargetRow | undefined {
    const row = this.#database.prepare("select * from target where name = ?").get(name);
    return row && targetRow(row);
  }

  /** The event with which the newest run began whose targets have their rows; undefined before the first. */
  get lookedUntil(): number | undefined {
    return this.#database.prepare("select seq from looked").get()?.seq as number | undefined;
  }

  /** Targets are told of what comes behind these events; which runs were looked at is known from then on. */
  begin(targets: ReadonlyMap<string, number>, lookedUntil: number): void {
    this.#inOneStep(() => {
      const insert = this.#database.prepare("insert or ignore into target (name, seq) values (?, ?)");
      for (const [name, seq] of targets) insert.run(name, seq);
      this.#database.prepare("insert or replace into looked values (1, ?)").run(lookedUntil);
    });
  }

  /** Everything until this event has got there, or is not for it. Never goes back. */
  told(name: string, seq: number): void {
    this.#database
      .prepare("update target set seq = ?2, attempts = 0, next_at = null, failure = null where name = ?1 and seq < ?2")
      .run(name, seq);
  }

  /** The journal is an older copy, which goes on from there with other events. */
  rewind(name: string, seq: number): void {
    this.#database.prepare("update target set seq = ? where name = ?").run(seq, name);
  }

  /** The next one is about to be tried for that many times; not again before then, should nobody note what becomes of it. */
  trying(name: string, { attempts, nextAt }: { attempts: number; nextAt: number | undefined }): void {
    this.#database
      .prepare("update target set attempts = ?, next_at = ? where name = ?")
      .run(attempts, nextAt ?? null, name);
  }

  /** `nextAt` undefined: not by itself, but when something happens or somebody asks for it. */
  failed(name: string, { failure, nextAt }: { failure: string; nextAt: number | undefined }): void {
    const update = this.#database.prepare("update target set next_at = ?, failure = ? where name = ?");
    update.run(nextAt ?? null, failure, name);
  }

  /** In one step, so that it is neither lost nor stands in the way of the next one. */
  giveUp({ target, seq, at, failure }: Undelivered): void {
    this.#inOneStep(() => {
      this.#database.prepare("insert or replace into undelivered values (?, ?, ?, ?)").run(target, seq, at, failure);
      this.told(target, seq);
    });
  }

  /** Oldest first. */
  undelivered(): Undelivered[] {
    return this.#database.prepare("select * from undelivered order by target, seq").all() as unknown as Undelivered[];
  }

  deliveredAfterAll({ target, seq }: Pick<Undelivered, "target" | "seq">): void {
    this.#database.prepare("delete from undelivered where target = ? and seq = ?").run(target, seq);
  }

  /** Nothing of it is waited for any more. */
  tryAtOnce(name: string): void {
    this.#database.prepare("update target set next_at = null where name = ?").run(name);
  }

  forget(name: string): void {
    this.#database.prepare("delete from target where name = ?").run(name);
  }

  /** Or not at all: on a disk that is full, the next step must find no other one begun. */
  #inOneStep(work: () => void): void {
    this.#database.exec("begin immediate");
    try {
      work();
      this.#database.exec("commit");
    } catch (error) {
      // SQLite rolls some failures back by itself.
      if (this.#database.isTransaction) this.#database.exec("rollback");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** In a folder of its own, which a backup takes along. */
const ledgerPath = (stateFolder: string) => join(stateFolder, "notices", "told.db");

function targetRow(row: Record<string, unknown>): TargetRow {
  const { name, seq, attempts, next_at: nextAt, failure } = row;
  return {
    name: String(name),
    seq: Number(seq),
    attempts: Number(attempts),
    ...(nextAt !== null && { nextAt: Number(nextAt) }),
    ...(failure !== null && { failure: String(failure) }),
  };
}
