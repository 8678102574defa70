import type { ChainedRow } from "../event-rows.ts";
import { notBehind } from "../folder-rows.ts";
import { atATime, type Head, type JournalRows, type JournalRowsWriter, mostBytes } from "../journal-rows.ts";
import { StoreError } from "../store-error.ts";
import { prepareDatabase } from "./schema.ts";
import { connect, type DatabaseSession } from "./session.ts";

/** Which journal: a database holds those of many deliveries. */
export interface DatabaseJournal {
  /** `postgres://…` */
  url: string;
  delivery: string;
}

/** Who writes it: the state folder of this id, see `idOfFolder`. */
export interface DatabaseWriter extends DatabaseJournal {
  owner: string;
  /** Also where it is another folder's. */
  takesOver?: boolean;
}

/** To read, and to be made one's own. */
export interface DatabaseCopy extends JournalRows {
  /** From now on the state folder of this id is the only one that exports to it; who writes just now is refused. */
  belongsTo(owner: string): Promise<void>;
}

/** The rows of a delivery to read, while somebody may write to it. @throws {StoreError} also when there are none */
export async function rowsOfDatabase({ url, delivery }: DatabaseJournal): Promise<DatabaseCopy> {
  return opened(url, async (session) => {
    const { rows } = await session.query("select name from baton.delivery where seq > 0 order by name");
    const known = rows.map(({ name }) => String(name));
    if (known.includes(delivery)) return new DatabaseRows(session, delivery);
    throw new StoreError(
      "empty",
      `There is no journal of "${delivery}" in ${session.place}${known.length === 0 ? ": there is none at all" : `, but of ${known.join(", ")}`}. ` +
        "Name the delivery with --delivery, or bring one there with `baton admin export`.",
    );
  });
}

/**
 * The one writer of a delivery from now on. @throws {StoreError} `in-use` while another one is there, `not-the-owner` where it is another
 * folder's
 */
export async function writeRowsOfDatabase(writer: DatabaseWriter): Promise<JournalRowsWriter> {
  const { url, delivery, owner, takesOver = false } = writer;
  return opened(url, async (session) => {
    // Goes with the session, however that ends; it keeps writers from taking each other's place, and the epoch from writing on.
    const lock = "select pg_try_advisory_lock(hashtextextended('baton ' || $1, 0)) as held";
    if ((await session.query(lock, [delivery])).rows[0]?.held !== true) {
      throw new StoreError(
        "in-use",
        `Another Baton writes the journal of "${delivery}" in ${session.place}. Nothing was changed. Wait until it ends, then try again.`,
      );
    }
    const { rows } = await session.query(
      `insert into baton.delivery (name, epoch, owner) values ($1, 1, $2)
         on conflict (name) do update set epoch = delivery.epoch + 1, owner = $2
           where delivery.owner is null or delivery.owner = $2 or $3 returning epoch`,
      [delivery, owner, takesOver],
    );
    if (rows.length === 0) {
      throw new StoreError(
        "not-the-owner",
        `The journal of "${delivery}" in ${session.place} is the copy of another state folder, where it was imported or is exported from. ` +
          "Nothing was changed. Where nothing runs there any more and this is the one to go on with, `baton admin export --take-over`.",
      );
    }
    return new DatabaseRowsWriter(session, delivery, String(rows[0]!.epoch));
  });
}

/** To read, over a connection that is somebody else's: it is not closed here. */
export function rowsIn(session: DatabaseSession, delivery: string): JournalRows {
  return new DatabaseRows(session, delivery);
}

async function opened<Rows>(url: string, open: (session: DatabaseSession) => Promise<Rows>): Promise<Rows> {
  const session = await connect(url);
  try {
    await prepareDatabase(session);
    return await open(session);
  } catch (error) {
    await session.close();
    throw error;
  }
}

class DatabaseRows implements DatabaseCopy {
  readonly place: string;
  protected readonly session: DatabaseSession;
  protected readonly delivery: string;

  constructor(session: DatabaseSession, delivery: string) {
    this.place = `the journal of "${delivery}" in ${session.place}`;
    this.session = session;
    this.delivery = delivery;
  }

  async head(): Promise<Head> {
    const { rows } = await this.session.query("select seq, chain from baton.delivery where name = $1", [this.delivery]);
    return { seq: Number(rows[0]?.seq ?? 0), chain: String(rows[0]?.chain ?? "") };
  }

  async *rowsBehind(seq: number): AsyncGenerator<readonly ChainedRow[]> {
    for (let last = seq; ; ) {
      const { rows } = await this.session.query(
        `select seq, at, version, run, type, chain, body from (
           select *, sum(octet_length(body)) over (order by seq) - octet_length(body) as before from (
             select * from baton.event where delivery = $1 and seq > $2 order by seq limit ${atATime}) as next) as batch
         where before < ${mostBytes} order by seq`,
        [this.delivery, last],
      );
      if (rows.length === 0) return;
      // The driver gives numbers of 64 bits as text.
      const read = rows.map((row) => ({ ...row, seq: Number(row.seq), at: Number(row.at) }) as ChainedRow);
      yield read;
      last = read.at(-1)!.seq;
    }
  }

  async chainAt(seq: number): Promise<string | undefined> {
    const { rows } = await this.session.query("select chain from baton.event where delivery = $1 and seq = $2", [
      this.delivery,
      seq,
    ]);
    return rows[0]?.chain as string | undefined;
  }

  async belongsTo(owner: string): Promise<void> {
    await this.session.query(
      "update baton.delivery set owner = $2, epoch = epoch + 1 where name = $1 and owner is distinct from $2",
      [this.delivery, owner],
    );
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/**
 * The update is the fence. It waits for whoever is just raising the epoch, and makes the next one who would wait for it; a lock
 * that only keeps the row from going away would let both through.
 */
const appendRows = `
  with mine as (
    update baton.delivery set seq = $3, chain = $4 where name = $1 and epoch = $2 and seq < $5 returning name)
  insert into baton.event (delivery, seq, at, version, run, type, chain, body)
    select mine.name, row.* from mine, unnest(
      $6::bigint[], $7::bigint[], $8::integer[], $9::text[], $10::text[], $11::text[], $12::text[])
      as row (seq, at, version, run, type, chain, body)`;

class DatabaseRowsWriter extends DatabaseRows implements JournalRowsWriter {
  readonly #epoch: string;
  #isOpen = false;

  constructor(session: DatabaseSession, delivery: string, epoch: string) {
    super(session, delivery);
    this.#epoch = epoch;
  }

  async append(rows: readonly ChainedRow[]): Promise<void> {
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return;
    if (!this.#isOpen) await this.session.query("begin isolation level read committed");
    this.#isOpen = true;
    const columns = (["seq", "at", "version", "run", "type", "chain", "body"] as const).map((name) =>
      rows.map((row) => row[name]),
    );
    const values = [this.delivery, this.#epoch, last.seq, last.chain, first.seq, ...columns];
    try {
      const { count } = await this.session.query(appendRows, values);
      if (count !== rows.length) throw await this.#refusal(first);
    } catch (error) {
      // What came before it in the same transaction is given up with it.
      this.#isOpen = false;
      await this.session.query("rollback").catch(() => {});
      throw error;
    }
  }

  async commit(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.session.query("commit");
  }

  async #refusal(first: ChainedRow): Promise<StoreError> {
    const { rows } = await this.session.query("select epoch, seq from baton.delivery where name = $1", [this.delivery]);
    if (String(rows[0]?.epoch) === this.#epoch) return notBehind(this.place, Number(rows[0]?.seq), first.seq);
    return new StoreError(
      "fenced",
      `Another Baton has taken over ${this.place}: nothing of this one is written there any more. Try again when it has ended.`,
    );
  }
}
