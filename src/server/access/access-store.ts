import { createHash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Grant, grantText, isOfAgents, readGrant } from "./grants.ts";

/** Who may ask, as it is kept: of tokens and sessions only digests, so that a copy of the file opens nothing. */
export interface TokenRecord {
  /** Names it in lists; it is no part of the token. */
  id: string;
  name: string;
  grants: Grant[];
  /** Whom it speaks for besides, as `reviewers` name them. */
  groups: string[];
  /** Milliseconds since the epoch. */
  createdAt: number;
  expiresAt: number;
  revokedAt?: number;
  usedAt?: number;
}

/** Whoever signed in with a provider, as it vouched for them then. */
export interface PersonRecord {
  issuer: string;
  subject: string;
  name: string;
  groups: string[];
}

export interface NewToken {
  name: string;
  grants: readonly Grant[];
  groups: readonly string[];
  now: number;
  expiresAt: number;
}

const schema = `
create table if not exists token (
  id text primary key,
  hash text not null unique,
  name text not null,
  grants text not null,
  created_at integer not null,
  expires_at integer not null,
  revoked_at integer,
  used_at integer
) strict;
create table if not exists session (
  hash text primary key,
  token text not null references token (id),
  expires_at integer not null
) strict;
create table if not exists person_session (
  hash text primary key,
  issuer text not null,
  subject text not null,
  name text not null,
  groups text not null,
  expires_at integer not null
) strict;
`;

/** Of one version and the next: the column of `token` that a file of before lacks. */
const migrations = [{ column: "groups", as: "text not null default '[]'" }];

const prefix = "baton_";
const busyMs = 5_000;
/** A use is noted this often, so that reading does not write. */
const notedEveryMs = 60_000;

/** The tokens and sessions of one state folder. The file is made with the first token; several processes may use it. */
export class AccessStore {
  readonly #path: string;
  #database: DatabaseSync | undefined;

  constructor(stateFolder: string) {
    this.#path = join(stateFolder, "server", "access.db");
  }

  /** Whether there ever was a token. From then on everybody signs in, also when all of them have expired. */
  get hasTokens(): boolean {
    return this.#opened()?.prepare("select 1 from token limit 1").get() !== undefined;
  }

  /** Whether somebody may sign in, now or ever: an agent's token opens no page. */
  get hasPeople(): boolean {
    const rows = this.#opened()?.prepare("select grants from token").all() ?? [];
    return rows.some(({ grants }) => grantsIn(String(grants)).some(({ role }) => !isOfAgents(role)));
  }

  /** The token itself is in this answer and nowhere else. */
  create({ name, grants, groups, now, expiresAt }: NewToken): { token: string; id: string } {
    const token = prefix + randomBytes(32).toString("base64url");
    const id = randomBytes(4).toString("hex");
    this.#made()
      .prepare(
        "insert into token (id, hash, name, grants, groups, created_at, expires_at) values (?, ?, ?, ?, ?, ?, ?)",
      )
      .run(id, digestOf(token), name, grants.map(grantText).join(" "), JSON.stringify(groups), now, expiresAt);
    return { token, id };
  }

  /** Newest first, also those that count no more. */
  list(): TokenRecord[] {
    const rows = this.#opened()?.prepare("select * from token order by created_at desc, id").all() ?? [];
    return rows.map(tokenRecord);
  }

  /** Whoever uses it keeps it: it counts until then, if it does now. */
  extend(id: string, expiresAt: number): void {
    this.#opened()
      ?.prepare("update token set expires_at = ? where id = ? and expires_at < ?")
      .run(expiresAt, id, expiresAt);
  }

  /** Its sessions end with it. False when there is none of that id, or it was revoked before. */
  revoke(id: string, now: number): boolean {
    const done = this.#opened()
      ?.prepare("update token set revoked_at = ? where id = ? and revoked_at is null")
      .run(now, id);
    return Number(done?.changes ?? 0) > 0;
  }

  /** Whose token this is, while it counts. */
  holder(token: string, now: number): TokenRecord | undefined {
    if (!token.startsWith(prefix)) return undefined;
    const row = this.#opened()?.prepare("select * from token where hash = ?").get(digestOf(token));
    return this.#inUse(row, now);
  }

  /** Begins a session for whoever has shown a token, and answers with its secret. */
  beginSession(token: string, { now, expiresAt }: { now: number; expiresAt: number }): string {
    const secret = randomBytes(32).toString("base64url");
    const database = this.#made();
    database.prepare("delete from session where expires_at <= ?").run(now);
    database
      .prepare("insert into session (hash, token, expires_at) values (?, ?, ?)")
      .run(digestOf(secret), token, expiresAt);
    return secret;
  }

  /** The same for whom a provider vouches. */
  beginPersonSession(
    { issuer, subject, name, groups }: PersonRecord,
    { now, expiresAt }: { now: number; expiresAt: number },
  ): string {
    const secret = randomBytes(32).toString("base64url");
    const database = this.#made();
    database.prepare("delete from person_session where expires_at <= ?").run(now);
    database
      .prepare("insert into person_session (hash, issuer, subject, name, groups, expires_at) values (?, ?, ?, ?, ?, ?)")
      .run(digestOf(secret), issuer, subject, name, JSON.stringify(groups), expiresAt);
    return secret;
  }

  /** Whose session this is, while it counts. */
  personOfSession(secret: string, now: number): PersonRecord | undefined {
    const row = this.#opened()
      ?.prepare("select * from person_session where hash = ? and expires_at > ?")
      .get(digestOf(secret), now);
    if (row === undefined) return undefined;
    const { issuer, subject, name, groups } = row;
    return {
      issuer: String(issuer),
      subject: String(subject),
      name: String(name),
      groups: JSON.parse(String(groups)) as string[],
    };
  }

  /** Whose session this is, while it and its token count. */
  ofSession(secret: string, now: number): TokenRecord | undefined {
    const row = this.#opened()
      ?.prepare(
        "select token.* from session join token on token.id = session.token where session.hash = ? and session.expires_at > ?",
      )
      .get(digestOf(secret), now);
    return this.#inUse(row, now);
  }

  endSession(secret: string): void {
    for (const table of ["session", "person_session"])
      this.#opened()?.prepare(`delete from ${table} where hash = ?`).run(digestOf(secret));
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  #inUse(row: Record<string, unknown> | undefined, now: number): TokenRecord | undefined {
    if (row === undefined) return undefined;
    const record = tokenRecord(row);
    if (record.revokedAt !== undefined || record.expiresAt <= now) return undefined;
    if (record.usedAt === undefined || now - record.usedAt > notedEveryMs) {
      this.#opened()!.prepare("update token set used_at = ? where id = ?").run(now, record.id);
    }
    return record;
  }

  #opened(): DatabaseSync | undefined {
    if (this.#database === undefined && existsSync(this.#path)) this.#database = open(this.#path);
    return this.#database;
  }

  #made(): DatabaseSync {
    const folder = join(this.#path, "..");
    if (!existsSync(folder)) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, ".gitignore"), "*\n");
    }
    this.#database ??= open(this.#path);
    return this.#database;
  }
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyMs });
  database.exec("pragma journal_mode = wal; pragma foreign_keys = on");
  upgrade(database);
  chmodSync(path, 0o600);
  return database;
}

/** In one step or not at all, also where two begin at once. What a newer Baton wrote is left as it is. */
function upgrade(database: DatabaseSync): void {
  database.exec("begin immediate");
  try {
    database.exec(schema);
    const found = Number(database.prepare("pragma user_version").get()?.user_version);
    // Asked of the table: a file that has just been made is of the first version, and an older Baton says so of a newer one.
    const columns = new Set(
      database
        .prepare("pragma table_info(token)")
        .all()
        .map(({ name }) => name),
    );
    for (const { column, as } of migrations) {
      if (!columns.has(column)) database.exec(`alter table token add column ${column} ${as}`);
    }
    if (found <= migrations.length) database.exec(`pragma user_version = ${migrations.length + 1}`);
    database.exec("commit");
  } catch (error) {
    database.exec("rollback");
    throw error;
  }
}

/** Tokens are 256 bits of chance: nothing slower than one digest is needed to keep them unguessable. */
const digestOf = (secret: string) => createHash("sha256").update(secret).digest("hex");

/** Of a role that this Baton does not know, nothing is granted. */
const grantsIn = (text: string): Grant[] => text.split(" ").flatMap((each) => readGrant(each) ?? []);

function tokenRecord(row: Record<string, unknown>): TokenRecord {
  return {
    id: String(row.id),
    name: String(row.name),
    grants: grantsIn(String(row.grants)),
    groups: JSON.parse(String(row.groups)) as string[],
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    ...(row.revoked_at !== null && { revokedAt: Number(row.revoked_at) }),
    ...(row.used_at !== null && { usedAt: Number(row.used_at) }),
  };
}
