import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { askGit, GitError, git, splitNul } from "./git.ts";
import { changedSince } from "./worktree.ts";
import { type TreeLooker, type WrittenRows, WrittenTree } from "./written-tree.ts";

export interface CheckoutRequest {
  /** The repository to take the files from. */
  root: string;
  commit: string;
  /** Name the checkout's HEAD carries, so that `git branch --show-current` answers in a job. */
  branch?: string;
  /** Where to write; must not exist yet or be left over from an interrupted checkout. */
  folder: string;
  /** What `readOriginal` said of the repository, to spare asking again. */
  original?: Original;
}

/** What a checkout borrows from the repository it is made from. */
export interface Original {
  facts: RepositoryFacts;
  tags: string;
  /**
   * All that decides besides a commit how its files are written here: settings, attributes, mask, start of the machine.
   * Undefined where that cannot be told.
   */
  writing: string | undefined;
}

export async function readOriginal(root: string): Promise<Original> {
  const [facts, tags, writing] = await Promise.all([readFacts(root), readTags(root), readWriting(root)]);
  return { facts, tags, writing };
}

/**
 * Writes exactly the files of a commit into a folder, as a small repository of its own that borrows the objects of the
 * original. So git commands of a job (`git describe`, `git rev-parse HEAD`, even `git clean`) work on the checkout and
 * can never touch the user's index, branches or files; and the user's repository gets no worktree entry and runs no hook.
 */
export async function checkout(request: CheckoutRequest): Promise<void> {
  await rm(request.folder, { recursive: true, force: true });
  await writeRepository(request);
  await readTree(request);
  if (existsSync(join(request.folder, ".gitmodules"))) await checkoutSubmodules(request);
}

/** A checkout that a run has left, as JSON: what it is of, and what the file system said when it was written. */
export interface LeftCheckout {
  root: string;
  commit: string;
  /** All of `.git` that is text, in one. */
  repository: string;
  writing: string;
  files: WrittenRows;
  own: WrittenRows;
}

/**
 * A checkout that one attempt after another works in, each as if it had just been made. What an attempt left as it was is
 * known by a look at each file; git is only asked where files have to be written again.
 */
export class ReusedCheckout {
  readonly #request: CheckoutRequest;
  /** Where something was written: how. */
  #written: "plain" | "with submodules" | undefined;
  /** The files, and `.git`, as they were written; absent where that cannot be recorded. */
  #files: WrittenTree | undefined;
  #own: WrittenTree | undefined;
  #ahead: { since: number; isAsNew: Promise<boolean> } | undefined;

  /** Not looked at yet. */
  #left: LeftCheckout | undefined;
  #isOfOtherCommit = false;
  readonly #looker: TreeLooker | undefined;

  /** `left`: what an earlier run has left in the folder. It is made use of where that is certain. */
  constructor(
    request: CheckoutRequest,
    { looker, left }: { looker?: TreeLooker | undefined; left?: LeftCheckout } = {},
  ) {
    this.#request = request;
    this.#looker = looker;
    this.#left = left;
  }

  /**
   * What a later run has to know of it. Removes all that attempts have left there. Undefined where a later run would do
   * better to make another.
   */
  async leave(): Promise<LeftCheckout | undefined> {
    const { root, commit, original } = this.#request;
    const [files, own] = [this.#files, this.#own];
    if (this.#written !== "plain" || files === undefined || own === undefined) return undefined;
    if (original?.writing === undefined || files.paths.some(isFiltered)) return undefined;
    if ((await files.restore()) === undefined || (await own.restore()) === undefined) return undefined;
    const repository = JSON.stringify(await repositoryTexts(this.#request));
    return { root, commit, repository, writing: original.writing, files: files.rows(), own: own.rows() };
  }

  /** Takes up what an earlier run has left, unless the commit's files would be written in another way today. */
  async #takeUp(left: LeftCheckout): Promise<void> {
    const { root, commit, folder, original } = this.#request;
    if (left.root !== root || left.writing !== original?.writing) return;
    if (left.commit !== commit) {
      const changed = await changedSince(root, left.commit, commit);
      if (changed === undefined || changed.some((path) => shaping.has(basename(path)))) return;
    }
    const how = { clock: clockOf(folder), looker: this.#looker };
    this.#written = "plain";
    this.#isOfOtherCommit = left.commit !== commit;
    this.#files = WrittenTree.of(folder, left.files, { ...how, leaveOut: [".git"] });
    if (left.repository === JSON.stringify(await repositoryTexts(this.#request)))
      this.#own = WrittenTree.of(join(folder, ".git"), left.own, how);
  }

  /** Whoever worked there has gone: begins to look whether it is as new, while it is not known yet who is next. */
  lookAhead(): void {
    this.#ahead = { since: performance.now(), isAsNew: WrittenTree.areStill([this.#files, this.#own]) };
  }

  /** A look from long ago is none: somebody may have been there. */
  async #wasAsNew(): Promise<boolean> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead !== undefined && performance.now() - ahead.since < lookKeepsMs && (await ahead.isAsNew);
  }

  /** Afterwards the folder holds the commit and nothing else. Nobody else may write there meanwhile. */
  async layOut(): Promise<void> {
    if (await this.#wasAsNew()) return;
    if (this.#left !== undefined) await this.#takeUp(this.#left);
    this.#left = undefined;
    const [files, own] = await Promise.all([this.#files?.restore(), this.#own?.restore()]);
    const isOfCommit = files === "nothing" && !this.#isOfOtherCommit;
    if (isOfCommit && own === "nothing") return;
    const { folder } = this.#request;
    const how = { clock: clockOf(folder), looker: this.#looker };
    if (isOfCommit && existsSync(savedIndex(folder))) await this.#writeRepository();
    else {
      const isAnew = await this.#writeFiles(files);
      this.#isOfOtherCommit = false;
      this.#files = isAnew
        ? await WrittenTree.record(folder, { ...how, leaveOut: [".git"] })
        : await this.#files?.recordAgain();
    }
    this.#own = await WrittenTree.record(join(folder, ".git"), how);
  }

  /** `missing`: what the look at the files has said, if there was one. Resolves with whether all files may be others now. */
  async #writeFiles(missing: "nothing" | "files" | undefined): Promise<boolean> {
    // What lies beside the folder may have been tidied away, as the folder itself.
    if (this.#written !== "plain" || !existsSync(savedIndex(this.#request.folder))) return await this.#checkout();
    try {
      await this.#writeRepository();
      await readTree(this.#request);
      if (missing === undefined) await git(["clean", "-ffdxq"], { cwd: this.#request.folder });
      this.#saveIndex();
      return missing === undefined;
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      return await this.#checkout();
    }
  }

  async #checkout(): Promise<true> {
    await checkout(this.#request);
    this.#written = existsSync(join(this.#request.folder, ".gitmodules")) ? "with submodules" : "plain";
    this.#saveIndex();
    return true;
  }

  /** `.git` as it was. Its index tells git by times and sizes which files are as they were written. */
  async #writeRepository(): Promise<void> {
    const { folder } = this.#request;
    await rm(join(folder, ".git"), { recursive: true, force: true });
    await writeRepository(this.#request);
    copyIndex(savedIndex(folder), join(folder, ".git", "index"));
  }

  #saveIndex(): void {
    const { folder } = this.#request;
    copyIndex(join(folder, ".git", "index"), savedIndex(folder));
  }
}

/** No longer than it takes to write down that one job has ended and another begins. */
const lookKeepsMs = 20;

/** Beside the folder, where no job writes; it belongs to what a checkout leaves. */
export const savedIndex = (folder: string) => `${folder}.index`;
const clockOf = (folder: string) => `${folder}.clock`;

/**
 * With its time: git looks into files that are no older than their index, since an edit in the same second as the
 * checkout shows neither in time nor, perhaps, in size.
 */
function copyIndex(from: string, to: string): void {
  copyFileSync(from, to);
  const { atime, mtime } = statSync(from);
  utimesSync(to, atime, mtime);
}

/** The checkout's own `.git`, without an index. */
async function writeRepository(request: CheckoutRequest): Promise<void> {
  const own = join(request.folder, ".git");
  mkdirSync(join(own, "refs", "heads"), { recursive: true });
  for (const [name, text] of Object.entries(await repositoryTexts(request))) {
    const path = join(own, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** By their names below `.git`. */
async function repositoryTexts(request: CheckoutRequest): Promise<Record<string, string>> {
  const { root, commit, branch } = request;
  const { facts, tags } = request.original ?? (await readOriginal(root));
  return {
    "objects/info/alternates": `${facts.objects}\n`,
    config: configOf(facts),
    "packed-refs": tags,
    ...(existsSync(facts.shallow) && { shallow: readFileSync(facts.shallow, "utf8") }),
    HEAD: branch ? `ref: refs/heads/${branch}\n` : `${commit}\n`,
    ...(branch && { [`refs/heads/${branch}`]: `${commit}\n` }),
  };
}

/** Checkouts that are being written now. */
let beingWritten = 0;

async function readTree({ commit, folder }: CheckoutRequest): Promise<void> {
  const env = { GIT_DIR: join(folder, ".git"), GIT_WORK_TREE: folder, GIT_OPTIONAL_LOCKS: "1" };
  // All processors for one; of several each has one, as they would only be in one another's way.
  const workers = `checkout.workers=${beingWritten === 0 ? 0 : 1}`;
  beingWritten++;
  try {
    await git(["-c", workers, "read-tree", "--reset", "-u", commit], { cwd: folder, env });
  } finally {
    beingWritten--;
  }
}

/** The files of each submodule that the user has: at the recorded commit, from the user's own copy. */
async function checkoutSubmodules({ root, folder }: CheckoutRequest): Promise<void> {
  const entries = splitNul(await git(["ls-files", "--stage", "-z"], { cwd: folder }));
  for (const entry of entries) {
    const [mode, commit] = entry.split(" ");
    const path = entry.slice(entry.indexOf("\t") + 1);
    if (mode !== "160000" || commit === undefined || !existsSync(join(root, path, ".git"))) continue;
    await checkout({ root: join(root, path), commit, folder: join(folder, path) });
  }
}

/** Files of a commit that decide how others of it are written. */
const shaping: ReadonlySet<string> = new Set([".gitattributes", ".gitmodules"]);

/** A filter is a program, and may write other bytes another time. */
function isFiltered(path: string): boolean {
  return basename(path) === ".gitattributes" && namesFilter(textOf(path));
}

const namesFilter = (attributes: string): boolean => /filter/i.test(attributes);

async function readWriting(root: string): Promise<string | undefined> {
  // After a loss of power files may be other than their times say.
  const started = textOf("/proc/sys/kernel/random/boot_id");
  const asked = started === "" ? undefined : await askGit(["var", "-l"], { cwd: root });
  if (asked === undefined) return undefined;
  const settings = asked
    .split("\n")
    .filter((line) => /^(attr|checkout|core|extensions|filter|index|lfs)\.|^GIT_ATTR/.test(line));
  const files = attributeFiles(settings);
  const attributes = files.map(textOf);
  if (!files.every(isAbsolute) || attributes.some(namesFilter)) return undefined;
  return JSON.stringify([started, process.umask(), process.getuid?.(), settings, attributes]);
}

/** Of the user and of the machine, wherever git may have been told to look for them. */
function attributeFiles(settings: readonly string[]): string[] {
  const home = homedir();
  const named = settings.flatMap((line) => /^(?:core\.attributesfile|GIT_ATTR_\w+)=(.*)/.exec(line)?.[1] ?? []);
  const usual = join(process.env.XDG_CONFIG_HOME || join(home, ".config"), "git", "attributes");
  return ["/etc/gitattributes", usual, ...named.map((path) => path.replace(/^~(?=\/)/, home))];
}

/** Nothing where nothing can be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

interface RepositoryFacts {
  /** Absolute paths. */
  objects: string;
  config: string;
  /** Lists where history is cut off; exists in a shallow clone only. */
  shallow: string;
  objectFormat: string;
  partialClone: string | undefined;
}

async function readFacts(root: string): Promise<RepositoryFacts> {
  const asked = [
    "rev-parse",
    "--show-object-format",
    ...["objects", "config", "shallow"].flatMap((path) => ["--git-path", path]),
  ];
  const [answer, partial] = await Promise.all([
    git(asked, { cwd: root }),
    askGit(["config", "extensions.partialClone"], { cwd: root }),
  ]);
  const [objectFormat, objects, config, shallow] = answer.trim().split("\n");
  if (!objectFormat || !objects || !config || !shallow)
    throw new GitError(`git did not describe the repository ${root}`);
  return {
    objectFormat,
    objects: resolve(root, objects),
    config: resolve(root, config),
    shallow: resolve(root, shallow),
    partialClone: partial?.trim(),
  };
}

/** The user's settings apply (remotes, filters, identity) except those that would reach back into the original. */
function configOf(facts: RepositoryFacts): string {
  const extensions = [`\tobjectFormat = ${facts.objectFormat}`];
  if (facts.partialClone) extensions.push(`\tpartialClone = ${facts.partialClone}`);
  return [
    "[core]",
    "\trepositoryFormatVersion = 1",
    "[extensions]",
    ...extensions,
    "[include]",
    `\tpath = ${JSON.stringify(facts.config)}`,
    "[core]",
    "\trepositoryFormatVersion = 1",
    "\tbare = false",
    "\tfsmonitor = false",
    "\tsparseCheckout = false",
    "\tsplitIndex = false",
    "[gc]",
    "\tauto = 0",
    "",
  ].join("\n");
}

async function readTags(root: string): Promise<string> {
  const format = "%(objectname) %(refname)%0a%(if)%(*objectname)%(then)^%(*objectname)%(end)";
  const text = await askGit(["for-each-ref", `--format=${format}`, "refs/tags"], { cwd: root });
  const lines = (text ?? "").split("\n").filter((line) => line !== "");
  return ["# pack-refs with: peeled fully-peeled sorted ", ...lines, ""].join("\n");
}
