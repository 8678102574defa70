import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Rate } from "./access/rate.ts";
import { type AccessEntry, type AccessPage, accessEntry } from "./wire/access-log.ts";

const mostBytes = 10 * 1024 * 1024;
/** A minute, of those whom nobody knows: they must not push out what others did. */
const mostUnknown = 60;

/**
 * Everything that somebody tried to do through the server, also what was refused, one JSON object a line: the journal says what
 * happened to runs and who did it, this from where. The file before it is kept beside it.
 */
export class AccessLog {
  readonly #file: string;
  readonly #unknown = new Rate(mostUnknown);

  constructor(stateFolder: string) {
    this.#file = join(stateFolder, "server", "access.jsonl");
  }

  note(entry: AccessEntry): void {
    if (entry.by === undefined && this.#unknown.take("", entry.at) > 0) return;
    mkdirSync(join(this.#file, ".."), { recursive: true, mode: 0o700 });
    if (existsSync(this.#file) && statSync(this.#file).size > mostBytes) renameSync(this.#file, this.#earlier);
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  }

  /** The newest `most` entries of before that time, and those of the same millisecond as the last of them. */
  async page({
    most,
    before = Number.POSITIVE_INFINITY,
  }: {
    most: number;
    before?: number | undefined;
  }): Promise<AccessPage> {
    const entries: AccessEntry[] = [];
    for (const file of [this.#file, this.#earlier]) {
      for (const entry of newestFirst(await textOf(file))) {
        if (entry.at >= before) continue;
        const last = entries.at(-1);
        if (entries.length >= most && last!.at !== entry.at) return { version: 1, entries, before: last!.at };
        entries.push(entry);
      }
    }
    return { version: 1, entries };
  }

  get #earlier(): string {
    return `${this.#file}.1`;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** A line that a crash cut off is no entry. */
function* newestFirst(text: string): Generator<AccessEntry> {
  for (let end = text.length; end > 0; ) {
    const start = text.lastIndexOf("\n", end - 2) + 1;
    const entry = entryIn(text.slice(start, end));
    if (entry !== undefined) yield entry;
    end = start;
  }
}

function entryIn(line: string): AccessEntry | undefined {
  try {
    return accessEntry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
