import { isUtf8 } from "node:buffer";
import { chmodSync, constants, lstatSync, readdirSync, rmSync, type Stats, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** What the file system says of an entry. */
type Look = Pick<Stats, (typeof looked)[number]>;

const looked = ["mode", "size", "ino", "dev", "uid", "gid", "ctimeMs", "mtimeMs"] as const;

/** One file, link or folder as it was written. */
interface Written {
  path: string;
  stats: Look;
  /** Of a folder: what lay in it, each name with a character for a byte. */
  names?: ReadonlySet<string>;
  /** Index of the first entry that does not lie in this folder. */
  end: number;
}

/** A recorded tree as JSON: of each entry the path below the folder, how many entries it has with its own, and a `Look`. */
export type WrittenRows = [path: string, entries: number, ...look: number[]][];

export interface RecordOptions {
  /** A path for a file beside the tree that is written to learn the time. */
  clock: string;
  /** Names in the folder itself that are not looked into; they may be there or not. */
  leaveOut?: readonly string[];
  looker?: TreeLooker | undefined;
}

/** Looks at many files for less than Node takes. What it is not certain of it denies. */
export interface TreeLooker {
  /**
   * Notes what the file system says of these paths below a folder, in place of what was noted for that folder before.
   * Resolves with whether it did.
   */
  note(folder: string, paths: readonly string[]): Promise<boolean>;
  /** Whether the file system still says the same of all of them. */
  isStill(folder: string): Promise<boolean>;
}

/**
 * The files of a folder as they were written, known by what the file system says of each. What was written, renamed, linked
 * or given another mode since has another `ctime`, which no program can set; what was added or removed shows in the folder
 * it was in. So one look at each entry tells whether a tree is still what it was, without reading a file.
 *
 * A change in the same tick of the clock as the writing would not show: a tree is only recorded once the clock of its file
 * system has gone on.
 */
export class WrittenTree {
  readonly #entries: Written[] = [];
  /** A file beside the tree, on the same file system: its times tell what the time is there. */
  readonly #clock: string;
  readonly #leaveOut: ReadonlySet<string>;
  readonly #looker: TreeLooker | undefined;
  /** The looker has noted the entries as they are known here. */
  #isNoted = false;

  private constructor({ clock, leaveOut = [], looker }: RecordOptions) {
    this.#clock = clock;
    this.#leaveOut = new Set(leaveOut);
    this.#looker = looker;
  }

  /**
   * Records what is in a folder now; nobody may write there meanwhile. Resolves with undefined where a tree cannot be recorded:
   * times are too coarse to tell one change from another, or a name is not UTF-8.
   */
  static async record(folder: string, options: RecordOptions): Promise<WrittenTree | undefined> {
    const tree = new WrittenTree(options);
    const isWhole = tree.#add(folder, tree.#leaveOut);
    if (!isWhole || !(await isPast(newest(tree.#entries), options.clock))) return undefined;
    await tree.#note();
    return tree;
  }

  /** The tree that `rows` gave, in a folder that may have been renamed since. Nothing is known to the looker yet. */
  static of(folder: string, rows: WrittenRows, options: RecordOptions): WrittenTree {
    const tree = new WrittenTree(options);
    for (const [below, entries, ...numbers] of rows) {
      const stats = Object.fromEntries(looked.map((name, at) => [name, numbers[at]])) as unknown as Look;
      tree.#entries.push({ path: join(folder, below), stats, end: tree.#entries.length + entries });
    }
    for (const [at, entry] of tree.#entries.entries()) {
      if (!isFolder(entry.stats)) continue;
      const names = new Set<string>();
      for (let inside = at + 1; inside < entry.end; inside = tree.#entries[inside]!.end)
        names.add(Buffer.from(basename(tree.#entries[inside]!.path)).toString("latin1"));
      entry.names = names;
    }
    return tree;
  }

  rows(): WrittenRows {
    const from = this.#entries[0]!.path.length + 1;
    return this.#entries.map(({ path, stats, end }, at) => [
      path.slice(from),
      end - at,
      ...looked.map((name) => stats[name]),
    ]);
  }

  /** Paths of all files, links and folders. */
  get paths(): string[] {
    return this.#entries.map(({ path }) => path);
  }

  async #note(): Promise<void> {
    const root = this.#entries[0]!.path;
    const paths = this.#entries.map(({ path }) => (path === root ? "." : path.slice(root.length + 1)));
    this.#isNoted = (await this.#looker?.note(root, paths)) === true;
  }

  /** Whether the looker, if there is one, finds everything as it was. */
  async isStill(): Promise<boolean> {
    return this.#isNoted && (await this.#looker!.isStill(this.#entries[0]!.path));
  }

  /**
   * Looks at every entry; removes what was not written and what was changed, and gives folders their mode back. Resolves
   * with what is missing now: after `files` the tree has to be written and recorded anew. With undefined when it cannot be
   * told: what was done cannot be distinguished from what is done next.
   */
  async restore(): Promise<"nothing" | "files" | undefined> {
    if (await this.isStill()) return "nothing";
    let missing: "nothing" | "files" = "nothing";
    const again: Written[] = [];
    for (let at = 0; at < this.#entries.length; at++) {
      const entry = this.#entries[at]!;
      const found = lstatSync(entry.path, { throwIfNoEntry: false });
      if (found !== undefined && isSame(found, entry.stats)) continue;
      if (found !== undefined && entry.names !== undefined && isSameFolder(found, entry.stats)) {
        if (found.mode !== entry.stats.mode) chmodSync(entry.path, entry.stats.mode);
        this.#removeFrom(entry, at === 0 ? this.#leaveOut : nothing);
        again.push(entry);
        continue;
      }
      // Its content might also be reached from elsewhere, through a hard link: it is written anew, not over.
      if (found !== undefined) rmSync(entry.path, { recursive: true, force: true });
      missing = "files";
      at = entry.end - 1;
    }
    if (missing === "files" || again.length === 0) return missing;
    for (const entry of again) entry.stats = lstatSync(entry.path);
    if (!(await isPast(newest(again), this.#clock))) return undefined;
    await this.#note();
    return "nothing";
  }

  #removeFrom({ path, names }: Written, leaveOut: ReadonlySet<string>): void {
    for (const name of readdirSync(path, { encoding: "buffer" })) {
      if (names!.has(name.toString("latin1")) || leaveOut.has(name.toString("latin1"))) continue;
      rmSync(Buffer.concat([Buffer.from(`${path}/`), name]), { recursive: true, force: true });
    }
  }

  /** False when it holds a name that no text can stand for. */
  #add(path: string, leaveOut: ReadonlySet<string>): boolean {
    const stats = lstatSync(path);
    const entry: Written = { path, stats, end: 0 };
    this.#entries.push(entry);
    if (stats.isDirectory()) {
      const names = readdirSync(path, { encoding: "buffer" }).filter((name) => !leaveOut.has(name.toString("latin1")));
      if (!names.every(isUtf8)) return false;
      entry.names = new Set(names.map((name) => name.toString("latin1")));
      if (!names.every((name) => this.#add(join(path, name.toString()), nothing))) return false;
    }
    entry.end = this.#entries.length;
    return true;
  }
}

const nothing: ReadonlySet<string> = new Set();

function isFolder({ mode }: Look): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFDIR;
}

function isSame(a: Look, b: Look): boolean {
  return (
    a.ctimeMs === b.ctimeMs && a.mtimeMs === b.mtimeMs && a.ino === b.ino && a.size === b.size && a.mode === b.mode
  );
}

/** The folder itself, whatever was done in it. */
function isSameFolder(a: Look, b: Look): boolean {
  return isFolder(a) && isFolder(b) && a.ino === b.ino && a.dev === b.dev && a.uid === b.uid && a.gid === b.gid;
}

function newest(entries: readonly Written[]): number {
  return entries.reduce((latest, { stats }) => Math.max(latest, stats.ctimeMs), 0);
}

/** Longer than a tick of any kernel that keeps fractions of seconds. */
const patienceMs = 50;

/**
 * Waits until whatever is written from now on is newer than `timeMs`. Kernels that give fine times to what has just been
 * looked at need no waiting; with others it is a few milliseconds at most.
 */
async function isPast(timeMs: number, clock: string): Promise<boolean> {
  const begun = performance.now();
  for (let look = 0; ; look++) {
    writeFileSync(clock, "");
    if (lstatSync(clock).ctimeMs > timeMs) return true;
    if (performance.now() - begun > patienceMs) return false;
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
