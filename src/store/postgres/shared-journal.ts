import type { ChainedRow } from "../event-rows.ts";
import type { Head, JournalRows } from "../journal-rows.ts";
import { StoreError } from "../store-error.ts";
import { type DatabaseJournal, rowsIn } from "./database-rows.ts";
import { prepareDatabase } from "./schema.ts";
import { connect, type DatabaseSession } from "./session.ts";

/** Who leads, and how far it has come. */
export interface Standing extends Head {
  epoch: number;
  change: number;
  takeovers: number;
  /** Where the leader answers; undefined where nobody leads just now, as far as the database knows. */
  leader: string | undefined;
}

/** One piece of a file of the leader's state folder. */
export interface FilePiece {
  /** Relative to the state folder. */
  path: string;
  /** The byte that it begins with. Nothing behind it was there before. */
  at: number;
  /** The file is whole with it. */
  isLast: boolean;
  body: Buffer;
}

/** What the leader's state folder has come to since the last one: all of it is durable, or nothing. */
export interface FolderChange {
  events: readonly ChainedRow[];
  files: readonly FilePiece[];
  /** Files that are gone. None of them is among `files`. */
  gone: readonly string[];
  /** By token, as text. */
  attempts: readonly { token: string; attempt: string }[];
  forgotten: readonly string[];
}

/** Somebody else leads: what this one has not written is nobody's. */
export class NoLeader extends StoreError {
  constructor(place: string) {
    super(
      "fenced",
      `Another server leads ${place} now, or its journal was imported elsewhere: nothing of this one counts any more. ` +
        "Started again, it stands by.",
    );
  }
}

/** Whose a journal is that servers share, where else the id of a state folder stands. */
const servers = "servers";

/** Unheard of for so long, a leader is none; one whose connection is gone, already after the shorter time. Milliseconds. */
const silentMs = 1_500;
const cutOffMs = 400;

export interface SharedJournalOptions extends DatabaseJournal {
  /** Of the state folder, which may have exported its journal before: see `idOfFolder`. */
  folder: string;
  /** Where this server answers the others: `http://10.0.0.7:8787`. */
  reachAt: string;
}

/**
 * The journal of a delivery in a database that several servers share, through one connection. A server stands by until `lead` succeeds,
 * and then is the only one whose writes count, until somebody else leads: no clock of a server decides that.
 */
export class SharedJournal {
  readonly #session: DatabaseSession;
  readonly #options: SharedJournalOptions;
  #epoch: number | undefined;
  #change = 0;

  private constructor(session: DatabaseSession, options: SharedJournalOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** @throws {StoreError} */
  static async open(options: SharedJournalOptions): Promise<SharedJournal> {
    const session = await connect(options.url);
    try {
      await prepareDatabase(session);
      await session.query("insert into baton.delivery (name, owner) values ($1, $2) on conflict do nothing", [
        options.delivery,
        servers,
      ]);
      return new SharedJournal(session, options);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get place(): string {
    return `the journal of "${this.#options.delivery}" in ${this.#session.place}`;
  }

  /** Undefined while it stands by. */
  get epoch(): number | undefined {
    return this.#epoch;
  }

  /** How far it has come, as far as it leads. */
  get change(): number {
    return this.#change;
  }

  /** @throws {StoreError} */
  async standing(): Promise<Standing> {
    const { rows } = await this.#session.query(
      `select seq, chain, epoch, change, takeovers,
         case when ${isSilent} then null else leader end as leader from baton.delivery where name = $1`,
      [this.#options.delivery],
    );
    const { seq, chain, epoch, change, takeovers, leader } = rows[0] ?? {};
    return {
      seq: Number(seq ?? 0),
      chain: String(chain ?? ""),
      epoch: Number(epoch ?? 0),
      change: Number(change ?? 0),
      takeovers: Number(takeovers ?? 0),
      leader: leader === null || leader === undefined ? undefined : String(leader),
    };
  }

  /** Whether this server leads from now on. @throws {StoreError} also where a state folder has taken the journal for itself */
  async lead(): Promise<boolean> {
    const { delivery, folder, reachAt } = this.#options;
    const { rows } = await this.#session.query(
      `update baton.delivery set epoch = epoch + 1, owner = $2, leader = $4, backend = pg_backend_pid(),
           seen_at = clock_timestamp(), takeovers = takeovers + (leader is not null)::integer
         where name = $1 and (owner is null or owner in ($2, $3)) and (${isSilent})
         returning epoch, change`,
      [delivery, servers, folder, reachAt],
    );
    if (rows[0] === undefined) {
      await this.#requireShared();
      return false;
    }
    this.#epoch = Number(rows[0].epoch);
    this.#change = Number(rows[0].change);
    return true;
  }

  /** Durable when it resolves. One at a time. @throws {NoLeader | StoreError} */
  async write({ events, files, gone, attempts, forgotten }: FolderChange): Promise<void> {
    const [first, last] = [events[0], events.at(-1)];
    const columns = (["seq", "at", "version", "run", "type", "chain", "body"] as const).map((name) =>
      events.map((row) => row[name]),
    );
    const { rows } = await this.#session.query(writeChange, [
      ...[this.#options.delivery, this.#epoch, this.#change],
      ...[last?.seq ?? 0, last?.chain ?? "", first?.seq ?? 0],
      ...columns,
      ...[files.map(({ path }) => path), files.map(({ at }) => at)],
      ...[files.map(({ isLast }) => isLast), files.map(({ body }) => body)],
      ...[attempts.map(({ token }) => token), attempts.map(({ attempt }) => attempt)],
      ...[forgotten, gone],
    ]);
    if (rows.length === 0) throw new NoLeader(this.place);
    this.#change = Number(rows[0]!.change);
  }

  /** It leads at some moment between the call and the answer. @throws {NoLeader | StoreError} */
  async confirm(): Promise<void> {
    const { rows } = await this.#session.query("select 1 from baton.delivery where name = $1 and epoch = $2", [
      this.#options.delivery,
      this.#epoch,
    ]);
    if (rows.length === 0) throw new NoLeader(this.place);
  }

  /**
   * Over a new connection, after the one of `other` was cut: it leads still, and the write that was under way has happened or has not.
   * A database that knows less was brought back from a copy: there it never led as far.
   * @throws {NoLeader | StoreError}
   */
  async goOnFrom(other: SharedJournal): Promise<{ hasWritten: boolean }> {
    const { rows } = await this.#session.query(
      `update baton.delivery set backend = pg_backend_pid(), seen_at = clock_timestamp()
         where name = $1 and epoch = $2 and change in ($3::bigint, $3::bigint + 1) returning change`,
      [this.#options.delivery, other.#epoch, other.#change],
    );
    if (rows[0] === undefined) throw new NoLeader(this.place);
    this.#epoch = other.#epoch;
    this.#change = Number(rows[0].change);
    return { hasWritten: this.#change > other.#change };
  }

  /** Another server may lead at once. */
  async release(): Promise<void> {
    await this.#session.query(
      "update baton.delivery set seen_at = null, backend = null where name = $1 and epoch = $2",
      [this.#options.delivery, this.#epoch],
    );
  }

  rows(): JournalRows {
    return rowsIn(this.#session, this.#options.delivery);
  }

  /**
   * Pieces of files behind this change and up to another, in order; of artifacts only the last one of each, without its body: see
   * `fileAt`.
   */
  async *filesBehind(change: number, upTo: number): AsyncGenerator<FilePiece & { change: number }> {
    let last = { change: change + 1, path: "", at: -1 };
    for (;;) {
      const { rows } = await this.#session.query(
        `select path, at, change, is_last, case when path like 'artifacts/%' then '' else body end as body from baton.file
           where delivery = $1 and change <= $2 and (change, path, at) > ($3, $4, $5)
             and change >= $3 and (is_last or path not like 'artifacts/%')
           order by change, path, at limit 50`,
        [this.#options.delivery, upTo, last.change, last.path, last.at],
      );
      for (const row of rows) {
        last = { change: Number(row.change), path: String(row.path), at: Number(row.at) };
        yield { ...last, isLast: row.is_last === true, body: row.body as Buffer };
      }
      if (rows.length < 50) return;
    }
  }

  /** All pieces of a file in order. */
  async *fileAt(path: string): AsyncGenerator<Buffer> {
    for (let at = -1; ; ) {
      const { rows } = await this.#session.query(
        "select at, body from baton.file where delivery = $1 and path = $2 and at > $3 order by at limit 8",
        [this.#options.delivery, path, at],
      );
      for (const row of rows) {
        yield row.body as Buffer;
        at = Number(row.at);
      }
      if (rows.length < 8) return;
    }
  }

  /** Those of these files that are here as a whole. */
  async whole(paths: readonly string[]): Promise<Set<string>> {
    const { rows } = await this.#session.query(
      "select path from baton.file where delivery = $1 and path = any($2) and is_last",
      [this.#options.delivery, paths],
    );
    return new Set(rows.map(({ path }) => String(path)));
  }

  /** Paths of files behind this one, in order and at most `most`. */
  async pathsBehind(path: string, most: number): Promise<string[]> {
    const { rows } = await this.#session.query(
      "select path from baton.file where delivery = $1 and path > $2 and at = 0 order by path limit $3",
      [this.#options.delivery, path, most],
    );
    return rows.map((row) => String(row.path));
  }

  /** By path, how many bytes of each file below this folder are here. */
  async sizes(folder: string): Promise<Map<string, number>> {
    const { rows } = await this.#session.query(
      `select path, sum(octet_length(body)) as size from baton.file
         where delivery = $1 and starts_with(path, $2) group by path`,
      [this.#options.delivery, folder],
    );
    return new Map(rows.map(({ path, size }) => [String(path), Number(size)]));
  }

  /** As they were written. */
  async attempts(): Promise<string[]> {
    const { rows } = await this.#session.query("select attempt from baton.attempt where delivery = $1", [
      this.#options.delivery,
    ]);
    return rows.map(({ attempt }) => String(attempt));
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #requireShared(): Promise<void> {
    const { delivery, folder } = this.#options;
    const { rows } = await this.#session.query("select owner from baton.delivery where name = $1", [delivery]);
    const owner = rows[0]?.owner;
    if (owner === null || owner === servers || owner === folder) return;
    throw new StoreError(
      "not-the-owner",
      `${this.place} is the copy of a state folder, which was imported there or is exported from it, and no server's. Nothing was changed. ` +
        "Serve with --database from that folder.",
    );
  }
}

const isSilent = `seen_at is null or seen_at < clock_timestamp() - interval '${silentMs} milliseconds'
  or (seen_at < clock_timestamp() - interval '${cutOffMs} milliseconds'
    and not exists (select from pg_stat_activity where pid = backend))`;

/** One statement, one round: an update of the delivery's row by the epoch, which is the fence, and all else joined to it. */
const writeChange = `
  with mine as (
    update baton.delivery set change = change + 1, seen_at = clock_timestamp(),
        seq = case when $4::bigint > 0 then $4::bigint else seq end,
        chain = case when $4::bigint > 0 then $5::text else chain end
      where name = $1 and epoch = $2 and change = $3 and ($6::bigint = 0 or seq = $6::bigint - 1)
      returning name, change),
  events as (
    insert into baton.event (delivery, seq, at, version, run, type, chain, body)
      select mine.name, row.* from mine, unnest(
        $7::bigint[], $8::bigint[], $9::integer[], $10::text[], $11::text[], $12::text[], $13::text[])
        as row (seq, at, version, run, type, chain, body)),
  files as (
    insert into baton.file (delivery, path, at, change, is_last, body)
      select mine.name, row.path, row.at, mine.change, row.is_last, row.body
        from mine, unnest($14::text[], $15::bigint[], $16::boolean[], $17::bytea[]) as row (path, at, is_last, body)
      on conflict (delivery, path, at) do update
        set change = excluded.change, is_last = excluded.is_last, body = excluded.body),
  attempts as (
    insert into baton.attempt (delivery, token, attempt)
      select mine.name, row.* from mine, unnest($18::text[], $19::text[]) as row (token, attempt)
      on conflict (delivery, token) do update set attempt = excluded.attempt),
  forgotten as (
    delete from baton.attempt using mine where delivery = mine.name and token = any($20::text[])),
  gone as (
    delete from baton.file using mine where delivery = mine.name and path = any($21::text[]))
  select change from mine`;
