import { DatabaseSync } from "node:sqlite";
import { AttemptTable, attemptTablePath } from "./attempt-table.ts";

const busyMs = 10_000;

const triggers = `
create table if not exists changed (token text primary key) strict;
create trigger if not exists attempt_inserted after insert on attempt begin
  insert or ignore into changed (token) values (new.token); end;
create trigger if not exists attempt_updated after update on attempt begin
  insert or ignore into changed (token) values (new.token); end;
create trigger if not exists attempt_deleted after delete on attempt begin
  insert or ignore into changed (token) values (old.token); end;`;

/** What has changed in the table of attempts, whoever of this machine changed it: for a copy elsewhere. */
export class AttemptChanges {
  readonly #database: DatabaseSync;
  #seen: unknown;

  /** @throws {StoreError} */
  constructor(stateFolder: string) {
    AttemptTable.open(stateFolder).close();
    this.#database = new DatabaseSync(attemptTablePath(stateFolder), { timeout: busyMs });
    // What is in it is copied before anybody is told of it: a power cut may take it.
    this.#database.exec("pragma synchronous = off");
    this.#database.exec(triggers);
  }

  /** Since it was asked last. Those that are gone have no `attempt`. */
  take(): { token: string; attempt: string | undefined }[] {
    const seen = this.#database.prepare("pragma data_version").get()?.data_version;
    if (seen === this.#seen) return [];
    this.#seen = seen;
    // What another process changes between the two would be forgotten.
    this.#database.exec("begin immediate");
    const rows = this.#database
      .prepare("select changed.token as changed_token, attempt.* from changed left join attempt using (token)")
      .all();
    if (rows.length > 0) this.#database.exec("delete from changed");
    this.#database.exec("commit");
    return rows.map(({ changed_token, token, ...attempt }) => ({
      token: String(changed_token),
      attempt: token === null ? undefined : JSON.stringify({ token, ...attempt }),
    }));
  }

  close(): void {
    this.#database.close();
  }
}

/** A table of these attempts, in place of what lies there. @throws {StoreError} */
export function layOutAttempts(stateFolder: string, attempts: readonly string[]): void {
  AttemptTable.open(stateFolder).close();
  const database = new DatabaseSync(attemptTablePath(stateFolder), { timeout: busyMs });
  try {
    database.exec("begin immediate; drop table if exists changed; delete from attempt");
    for (const row of attempts.map((text) => JSON.parse(text) as Record<string, string | number | null>)) {
      const names = Object.keys(row);
      database
        .prepare(`insert into attempt (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`)
        .run(...Object.values(row));
    }
    database.exec("commit");
  } finally {
    database.close();
  }
}
