import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

/** Who asked for what, from where, and what came of it. */
export interface AuditEntry {
  /** Milliseconds since the epoch. */
  at: number;
  /** The operation, as `/openapi.json` names it. */
  asked: string;
  /** Absent: nobody had signed in. */
  by?: string;
  /** Of the token, as `baton token list` shows it. */
  token?: string;
  from: string;
  about: Readonly<Record<string, string>>;
  /** HTTP status, and the code of a refusal. */
  status: number;
  code?: string;
}

const mostBytes = 10 * 1024 * 1024;

/**
 * Everything that somebody tried to do through the server, also what was refused, one JSON object a line: the journal says what
 * happened to runs and who did it, this from where. The file before it is kept beside it.
 */
export class Audit {
  readonly #file: string;

  constructor(stateFolder: string) {
    this.#file = join(stateFolder, "server", "audit.jsonl");
  }

  note(entry: AuditEntry): void {
    mkdirSync(join(this.#file, ".."), { recursive: true, mode: 0o700 });
    if (existsSync(this.#file) && statSync(this.#file).size > mostBytes) renameSync(this.#file, `${this.#file}.1`);
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  }
}
