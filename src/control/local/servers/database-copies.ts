import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Small databases of a state folder that are kept elsewhere as whole files, and the columns that are worth no copy by themselves. */
const small = [
  { path: "server/access.db", leaveOut: ["used_at"] },
  { path: "notices/told.db", leaveOut: [] as string[] },
];

interface Known {
  database: DatabaseSync;
  seen: unknown;
  said: string;
}

/** Copies of them, whenever they say something else than before; another process of this machine may write to them. */
export class DatabaseCopies {
  readonly #folder: string;
  readonly #known = new Map<string, Known>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  take(): { path: string; body: Buffer }[] {
    return small.flatMap(({ path, leaveOut }) => {
      const known = this.#known.get(path) ?? this.#opened(path);
      const seen = known?.database.prepare("pragma data_version").get()?.data_version;
      if (known === undefined || known.seen === seen) return [];
      known.seen = seen;
      const said = saidBy(known.database, leaveOut);
      if (said === known.said) return [];
      known.said = said;
      return [{ path, body: this.#copyOf(known.database) }];
    });
  }

  close(): void {
    for (const { database } of this.#known.values()) database.close();
  }

  #opened(path: string): Known | undefined {
    const file = join(this.#folder, path);
    if (!existsSync(file)) return undefined;
    const known = { database: new DatabaseSync(file, { readOnly: true, timeout: busyMs }), seen: undefined, said: "" };
    this.#known.set(path, known);
    return known;
  }

  #copyOf(database: DatabaseSync): Buffer {
    const copy = join(this.#folder, `copy.${process.pid}`);
    rmSync(copy, { force: true });
    try {
      database.prepare("vacuum into ?").run(copy);
      return readFileSync(copy);
    } finally {
      rmSync(copy, { force: true });
    }
  }
}

const busyMs = 5_000;

function saidBy(database: DatabaseSync, leaveOut: readonly string[]): string {
  const tables = database.prepare("select name from sqlite_schema where type = 'table' order by name").all();
  return JSON.stringify(
    tables.map(({ name }) =>
      database
        .prepare(`select * from "${name}"`)
        .all()
        .map((row) => Object.entries(row).filter(([column]) => !leaveOut.includes(column))),
    ),
  );
}
