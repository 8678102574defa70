import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { RunId } from "../engine/events.ts";
import type { Ended, Launch } from "../engine/ports.ts";
import { asStoreError } from "./store-error.ts";

/**
 * Attempts that are handed out to agents, in a file of their own beside the journal:
 *
 *     queued ── claim ──▶ running ── end, by its holder, once ──▶ ended ── its end is in the journal ──▶ forgotten
 *       │ ▲──── it never arrived ──┘                                ▲
 *       └────── stop ───────────────────────────────────────────────┘
 *
 * What is returned is durable. It has no clock: leases are kept by whoever hands out, see exchange.ts.
 */
export interface HandedOut {
  launch: Launch;
  source: HandedSource;
  /** Milliseconds since the epoch. */
  queuedAt: number;
  state: "queued" | "running" | "ended";
  /** Who runs it, or ran it. */
  holder?: Holder;
  /** Without a word from its holder for so long it is lost: what the holder was told when it took it. */
  leaseMs?: number;
  stop?: "graceful" | "now";
  ended?: Ended;
}

/** Where an attempt works: a commit of the repository, and in it the folder of the definition. */
export interface HandedSource {
  commit: string;
  branch?: string;
  prefix: string;
}

/** One start of an agent, and the credential it came with. */
export interface Holder {
  agent: string;
  credential: string;
}

const schema = `
create table if not exists attempt (
  number integer primary key,
  token text not null unique,
  run text not null,
  launch text not null,
  source text not null,
  queued_at integer not null,
  state text not null check (state in ('queued', 'running', 'ended')),
  agent text,
  credential text,
  lease_ms integer,
  stop text,
  ended text
) strict;
create index if not exists attempt_run on attempt (run);
pragma user_version = 1;
`;

const busyMs = 10_000;

export const attemptTablePath = (stateFolder: string) => join(stateFolder, "server", "agents.db");

export class AttemptTable {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws {StoreError} */
  static open(stateFolder: string): AttemptTable {
    const path = attemptTablePath(stateFolder);
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const database = new DatabaseSync(path, { timeout: busyMs });
      // FULL: an agent must never run what a power cut made this forget.
      database.exec("pragma journal_mode = wal; pragma synchronous = full");
      database.exec(schema);
      return new AttemptTable(database);
    } catch (error) {
      throw asStoreError(error, path);
    }
  }

  /** Undefined where nothing was ever handed out. @throws {StoreError} */
  static openIfThere(stateFolder: string): AttemptTable | undefined {
    return existsSync(attemptTablePath(stateFolder)) ? AttemptTable.open(stateFolder) : undefined;
  }

  /** Those that are there already stay what they are. */
  queue(attempts: readonly Pick<HandedOut, "launch" | "source" | "queuedAt">[]): void {
    this.#atOnce(() => {
      for (const { launch, source, queuedAt } of attempts) {
        this.#run(
          "insert or ignore into attempt (token, run, launch, source, queued_at, state) values (?, ?, ?, ?, ?, 'queued')",
          launch.token,
          launch.run,
          JSON.stringify(launch),
          JSON.stringify(source),
          queuedAt,
        );
      }
    });
  }

  get(token: string): HandedOut | undefined {
    const row = this.#database.prepare("select * from attempt where token = ?").get(token);
    return row && handedOut(row);
  }

  /** In the order in which they were queued. */
  all(state: HandedOut["state"]): HandedOut[] {
    return this.#database.prepare("select * from attempt where state = ? order by number").all(state).map(handedOut);
  }

  ofRuns(runs: readonly RunId[]): HandedOut[] {
    return runs.flatMap((run) =>
      this.#database.prepare("select * from attempt where run = ? order by number").all(run).map(handedOut),
    );
  }

  /** False when somebody else has it, or nobody may have it any more. */
  claim(token: string, { agent, credential }: Holder, leaseMs: number): boolean {
    const taken = "state = 'running', agent = ?, credential = ?, lease_ms = ?";
    const changed = `update attempt set ${taken} where token = ? and state = 'queued'`;
    return this.#run(changed, agent, credential, leaseMs, token);
  }

  /**
   * The fence: only its holder ends an attempt, and only once. The same end told again is taken as well (its answer was lost),
   * and changes nothing.
   */
  end(ended: Ended, { agent, credential }: Holder): boolean {
    const text = JSON.stringify(ended);
    const isMine = "token = ? and agent = ? and credential = ?";
    return (
      this.#run(
        `update attempt set state = 'ended', ended = ? where ${isMine} and state = 'running'`,
        ...[text, ended.token, agent, credential],
      ) ||
      this.#database
        .prepare(`select 1 from attempt where ${isMine} and state = 'ended' and ended = ?`)
        .get(ended.token, agent, credential, text) !== undefined
    );
  }

  /** Its holder was never told that it has it: somebody else may, but for what was stopped meanwhile. False when it is not its. */
  takeBack(token: string, { agent, credential }: Holder): boolean {
    const isIts = "token = ? and agent = ? and credential = ? and state = 'running'";
    const stopped: Ended = { token, durationMs: 0, result: { kind: "stopped" } };
    return (
      this.#run(
        `update attempt set state = 'queued', agent = null, credential = null, lease_ms = null where ${isIts} and stop is null`,
        ...[token, agent, credential],
      ) ||
      this.#run(
        `update attempt set state = 'ended', ended = ? where ${isIts}`,
        ...[JSON.stringify(stopped), token, agent, credential],
      )
    );
  }

  /** Its holder has not been heard of, or says itself that it is lost. False when it does not run. */
  lose(token: string, because: string): boolean {
    const ended: Ended = { token, durationMs: 0, result: { kind: "lost", because } };
    const changed = "update attempt set state = 'ended', ended = ? where token = ? and state = 'running'";
    return this.#run(changed, JSON.stringify(ended), token);
  }

  /** What nobody has yet has ended with it; of what runs, its holder learns. A stop is never softened. */
  stop(token: string, mode: "graceful" | "now"): void {
    const stopped: Ended = { token, durationMs: 0, result: { kind: "stopped" } };
    this.#atOnce(() => {
      this.#run(
        "update attempt set state = 'ended', ended = ? where token = ? and state = 'queued'",
        JSON.stringify(stopped),
        token,
      );
      this.#run(
        "update attempt set stop = ? where token = ? and state = 'running' and (stop is null or stop = 'graceful')",
        mode,
        token,
      );
    });
  }

  forget(tokens: readonly string[]): void {
    this.#atOnce(() => {
      for (const token of tokens) this.#run("delete from attempt where token = ?", token);
    });
  }

  close(): void {
    this.#database.close();
  }

  #run(sql: string, ...values: (string | number)[]): boolean {
    return Number(this.#database.prepare(sql).run(...values).changes) > 0;
  }

  #atOnce(work: () => void): void {
    this.#database.exec("begin immediate");
    try {
      work();
      this.#database.exec("commit");
    } catch (error) {
      this.#database.exec("rollback");
      throw error;
    }
  }
}

function handedOut(row: Record<string, unknown>): HandedOut {
  const { launch, source, queued_at, state, agent, credential, lease_ms, stop, ended } = row as Record<
    string,
    string | null
  >;
  return {
    launch: JSON.parse(launch!) as Launch,
    source: JSON.parse(source!) as HandedSource,
    queuedAt: Number(queued_at),
    state: state as HandedOut["state"],
    ...(agent != null && { holder: { agent, credential: credential! } }),
    ...(lease_ms != null && { leaseMs: Number(lease_ms) }),
    ...(stop != null && { stop: stop as "graceful" | "now" }),
    ...(ended != null && { ended: JSON.parse(ended) as Ended }),
  };
}
