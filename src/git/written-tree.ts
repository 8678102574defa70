import { isUtf8 } from "node:buffer";
import { chmodSync, constants, lstatSync, readdirSync, rmSync, type Stats, writeFileSync } from "node:fs";
import { basename } from "node:path";

/** What the file system says of an entry. */
type Look = Pick<Stats, (typeof looked)[number]>;

const looked = ["mode", "size", "ino", "dev", "uid", "gid", "ctimeMs", "mtimeMs"] as const;

type Numbers = [number, number, number, number, number, number, number, number];

/** One file, link or folder as it was written. */
interface Written {
  path: string;
  stats: Look;
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
  /** Whether the file system still says the same of all that was noted for these folders; there is at least one. */
  isStill(...folders: string[]): Promise<boolean>;
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
    return isWhole ? await tree.#certain() : undefined;
  }

  /**
   * Records it anew after files of it were written; nobody else may write there meanwhile. Files are only looked at in folders
   * where something was added, removed or put in the place of another: what was written in any other way is no longer what was
   * recorded, and found at the next look.
   */
  async recordAgain(): Promise<WrittenTree | undefined> {
    const { path } = this.#entries[0]!;
    const tree = new WrittenTree({ clock: this.#clock, leaveOut: [...this.#leaveOut], looker: this.#looker });
    return tree.#addAgain(path, this, 0) ? await tree.#certain() : undefined;
  }

  /** The tree, once whatever is written from now on can be told from what was recorded. */
  async #certain(): Promise<WrittenTree | undefined> {
    if (!(await isPast(newest(this.#entries), this.#clock))) return undefined;
    await this.#note();
    return this;
  }

  /** The tree that `rows` gave, in a folder that may have been renamed since. Nothing is known to the looker yet. */
  static of(folder: string, rows: WrittenRows, options: RecordOptions): WrittenTree {
    const tree = new WrittenTree(options);
    for (const [below, entries, ...look] of rows) {
      const [mode, size, ino, dev, uid, gid, ctimeMs, mtimeMs] = look as Numbers;
      const stats = { mode, size, ino, dev, uid, gid, ctimeMs, mtimeMs };
      tree.#entries.push({
        path: below === "" ? folder : `${folder}/${below}`,
        stats,
        end: tree.#entries.length + entries,
      });
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

  /** Whether a looker finds everything of these as it was: asked once, as each question wakes it and then Baton. */
  static async areStill(trees: readonly (WrittenTree | undefined)[]): Promise<boolean> {
    const known = trees.filter((tree) => tree !== undefined);
    const [first] = known;
    if (first === undefined || known.length < trees.length || !known.every((tree) => tree.#isNoted)) return false;
    return await first.#looker!.isStill(...known.map((tree) => tree.#entries[0]!.path));
  }

  /**
   * Looks at every entry; removes what was not written and what was changed, and gives folders their mode back. Resolves
   * with what is missing now: after `files` the tree has to be written and recorded anew. With undefined when it cannot be
   * told: what was done cannot be distinguished from what is done next.
   */
  async restore(): Promise<"nothing" | "files" | undefined> {
    if (await WrittenTree.areStill([this])) return "nothing";
    let missing: "nothing" | "files" = "nothing";
    const again: Written[] = [];
    for (let at = 0; at < this.#entries.length; at++) {
      const entry = this.#entries[at]!;
      const found = lstatSync(entry.path, { throwIfNoEntry: false });
      if (found !== undefined && isSame(found, entry.stats)) continue;
      if (found !== undefined && isSameFolder(found, entry.stats)) {
        if (found.mode !== entry.stats.mode) chmodSync(entry.path, entry.stats.mode);
        this.#removeFrom(at);
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

  /** What lies in the folder and did not when it was recorded. */
  #removeFrom(at: number): void {
    const { path } = this.#entries[at]!;
    const inside = this.#inside(at);
    const leaveOut = at === 0 ? this.#leaveOut : nothing;
    for (const name of readdirSync(path, { encoding: "buffer" })) {
      if (inside.has(latin1(name)) || leaveOut.has(latin1(name))) continue;
      rmSync(Buffer.concat([Buffer.from(`${path}/`), name]), { recursive: true, force: true });
    }
  }

  /** What lay in a folder: the index of each by its name, which has a character for a byte. */
  #inside(folder: number): Map<string, number> {
    const inside = new Map<string, number>();
    for (let at = folder + 1; at < this.#entries[folder]!.end; at = this.#entries[at]!.end)
      inside.set(latin1(Buffer.from(basename(this.#entries[at]!.path))), at);
    return inside;
  }

  /** False when it holds a name that no text can stand for. */
  #add(path: string, leaveOut: ReadonlySet<string>): boolean {
    return this.#addEntry(path, lstatSync(path), () =>
      this.#addAll(path, leaveOut, (name) => this.#add(name, nothing)),
    );
  }

  #addEntry(path: string, stats: Look, addInside: () => boolean): boolean {
    const entry: Written = { path, stats, end: 0 };
    this.#entries.push(entry);
    if (isFolder(stats) && !addInside()) return false;
    entry.end = this.#entries.length;
    return true;
  }

  #addAll(folder: string, leaveOut: ReadonlySet<string>, add: (path: string, name: string) => boolean): boolean {
    const names = readdirSync(folder, { encoding: "buffer" }).filter((name) => !leaveOut.has(latin1(name)));
    return names.every((name) => isUtf8(name) && add(`${folder}/${name}`, latin1(name)));
  }

  /** As `#add`, of a folder that another tree knows. */
  #addAgain(path: string, known: WrittenTree, at: number): boolean {
    const { stats, end } = known.#entries[at]!;
    const found = lstatSync(path);
    if (!isFolder(found) || !isFolder(stats)) return this.#add(path, nothing);
    return this.#addEntry(path, found, () => {
      if (!isSame(found, stats)) {
        const inside = known.#inside(at);
        return this.#addAll(path, at === 0 ? this.#leaveOut : nothing, (below, name) => {
          const before = inside.get(name);
          return before === undefined ? this.#add(below, nothing) : this.#addAgain(below, known, before);
        });
      }
      for (let inside = at + 1; inside < end; inside = known.#entries[inside]!.end) {
        const entry = known.#entries[inside]!;
        if (isFolder(entry.stats)) this.#addAgain(entry.path, known, inside);
        else this.#addEntry(entry.path, entry.stats, () => true);
      }
      return true;
    });
  }
}

const nothing: ReadonlySet<string> = new Set();

const latin1 = (name: Buffer): string => name.toString("latin1");

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
