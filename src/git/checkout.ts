import { existsSync } from "node:fs";
import { copyFile, mkdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { askGit, GitError, git, splitNul } from "./git.ts";

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
}

export async function readOriginal(root: string): Promise<Original> {
  const [facts, tags] = await Promise.all([readFacts(root), readTags(root)]);
  return { facts, tags };
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
  else await copyIndex(join(request.folder, ".git", "index"), savedIndex(request.folder));
}

/**
 * Makes a folder that an earlier `checkout` of the same commit wrote what it was then, whatever happened in it since:
 * much faster than writing all files again. Falls back to that where it cannot.
 */
export async function renewCheckout(request: CheckoutRequest): Promise<void> {
  const { folder } = request;
  if (!existsSync(savedIndex(folder))) return checkout(request);
  try {
    await rm(join(folder, ".git"), { recursive: true, force: true });
    await writeRepository(request);
    // The index tells by times and sizes which files are still as they were written.
    await copyIndex(savedIndex(folder), join(folder, ".git", "index"));
    await readTree(request);
    await git(["clean", "-ffdxq"], { cwd: folder });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    await checkout(request);
  }
}

/** Beside the folder, where no job writes. */
const savedIndex = (folder: string) => `${folder}.index`;

/**
 * With its time: git looks into files that are no older than their index, since an edit in the same second as the
 * checkout shows neither in time nor, perhaps, in size.
 */
async function copyIndex(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const { atime, mtime } = await stat(from);
  await utimes(to, atime, mtime);
}

/** The checkout's own `.git`, without an index. */
async function writeRepository(request: CheckoutRequest): Promise<void> {
  const { root, commit, folder } = request;
  const own = join(folder, ".git");
  const { facts, tags } = request.original ?? (await readOriginal(root));
  await mkdir(join(own, "objects", "info"), { recursive: true });
  await mkdir(join(own, "refs", "heads"), { recursive: true });
  await writeFile(join(own, "objects", "info", "alternates"), `${facts.objects}\n`);
  await writeFile(join(own, "config"), configOf(facts));
  await writeFile(join(own, "packed-refs"), tags);
  if (existsSync(facts.shallow)) await copyFile(facts.shallow, join(own, "shallow"));
  await writeFile(join(own, "HEAD"), request.branch ? `ref: refs/heads/${request.branch}\n` : `${commit}\n`);
  if (request.branch) {
    const ref = join(own, "refs", "heads", request.branch);
    await mkdir(dirname(ref), { recursive: true });
    await writeFile(ref, `${commit}\n`);
  }
}

async function readTree({ commit, folder }: CheckoutRequest): Promise<void> {
  const env = { GIT_DIR: join(folder, ".git"), GIT_WORK_TREE: folder, GIT_OPTIONAL_LOCKS: "1" };
  await git(["-c", "checkout.workers=0", "read-tree", "--reset", "-u", commit], { cwd: folder, env });
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
