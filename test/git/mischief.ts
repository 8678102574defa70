import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import type { Repository } from "./repository.ts";

/** Paths that trees and mischief share, so that they meet. */
const paths = ["a", "b.log", "run.sh", "dir/c", "dir/deep/d", "dir/deep/e", "sp ace/ü", "build/out", ".hidden/f"];
const path = fc.constantFrom(...paths);
const anyPath = fc.oneof(path, fc.constantFrom("dir", "dir/deep", "sp ace", "new", "dir/new", "build/new", "x.log"));

export const trees = fc.record({
  files: fc.dictionary(path, fc.constantFrom("", "one", "two", "three\n"), { minKeys: 1, noNullPrototype: true }),
  executable: path,
  link: fc.option(fc.constantFrom("a", "dir", "/", "../outside", "nowhere")),
});

/** A folder outside of the checkout, where a job may leave hard links and folders. */
export interface Place {
  folder: string;
  outside: string;
}

const git = (folder: string, ...args: string[]) => execFileSync("git", args, { cwd: folder, stdio: "ignore" });
const free = (outside: string) => join(outside, `left-${readdirSync(outside).length}`);

/** What a job may do. Each is tried on whatever is there, and may fail. */
const kinds: Record<string, (at: string, other: string, place: Place) => void> = {
  write(at) {
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, "by a job");
  },
  "other content, same size and times"(at) {
    const before = lstatSync(at);
    overwrite(at, before.size);
    utimesSync(at, before.atime, before.mtime);
  },
  "other content, old times"(at) {
    overwrite(at, lstatSync(at).size);
    utimesSync(at, 1, 1);
  },
  delete: (at) => rmSync(at, { recursive: true }),
  "other mode": (at) => chmodSync(at, 0o755 ^ (lstatSync(at).mode & 0o111)),
  "folder of other mode": (at) => chmodSync(dirname(at), 0o700),
  rename: renameSync,
  "a copy in its place"(at) {
    cpSync(at, `${at}.copy`, { recursive: true, preserveTimestamps: true });
    rmSync(at, { recursive: true });
    renameSync(`${at}.copy`, at);
  },
  "hard link outside": (at, _, { outside }) => linkSync(at, free(outside)),
  "hard link inside": linkSync,
  "a link in its place"(at, _, { outside }) {
    rmSync(at, { recursive: true, force: true });
    symlinkSync(outside, at);
  },
  "its folder moved outside, a link in its place"(at, _, { outside }) {
    const moved = free(outside);
    renameSync(dirname(at), moved);
    symlinkSync(moved, dirname(at));
  },
  "a folder in its place"(at) {
    rmSync(at, { recursive: true, force: true });
    mkdirSync(at);
    writeFileSync(join(at, "in it"), "x");
  },
  "a repository in it"(at) {
    mkdirSync(at, { recursive: true });
    git(at, "init", "--quiet");
    writeFileSync(join(at, "nested"), "n");
  },
  stage: (_, __, { folder }) => void git(folder, "add", "--all", "--force"),
  commit: (_, __, { folder }) =>
    void git(folder, "-c", "user.name=J", "-c", "user.email=j@x", "commit", "--quiet", "--all", "--message", "job"),
  configure: (_, __, { folder, outside }) => void git(folder, "config", "core.hooksPath", outside),
  hide(at, _, { folder }) {
    mkdirSync(join(folder, ".git", "info"), { recursive: true });
    appendFileSync(join(folder, ".git", "info", "exclude"), "*\n");
    git(folder, "update-index", "--assume-unchanged", at);
  },
  "no repository": (_, __, { folder }) => rmSync(join(folder, ".git"), { recursive: true }),
  "a link in place of the repository"(_, __, { folder, outside }) {
    rmSync(join(folder, ".git"), { recursive: true });
    symlinkSync(outside, join(folder, ".git"));
  },
  pipe: (at) => void execFileSync("mkfifo", [`${at}.pipe`], { stdio: "ignore" }),
  "a name that is no text": (_, __, { folder }) =>
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), "x"),
};

/** Does one of it in the checkout `place.folder`, if it can be done. */
export function misbehave({ kind, path, other }: Mischief, place: Place): void {
  attempt(() => kinds[kind]!(join(place.folder, path), join(place.folder, other), place));
}

function overwrite(path: string, length: number): void {
  const file = openSync(path, "r+");
  writeSync(file, "X".repeat(length), 0);
  closeSync(file);
}

export const mischief = fc.record({ kind: fc.constantFrom(...Object.keys(kinds)), path: anyPath, other: anyPath });

export interface Mischief {
  kind: string;
  path: string;
  other: string;
}

/** Everything below a folder: kind, mode, and content of each; of `.git` only what `checkout` writes itself. */
export function contentOf(folder: string): string[] {
  const lines: string[] = [];
  const walk = (at: string | Buffer, name: string): void => {
    const stats = lstatSync(at);
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isSymbolicLink()) lines.push(`${name} -> ${readlinkSync(at)}`);
    else if (stats.isFile()) {
      const isIndex = name.endsWith("/.git/index");
      lines.push(`${name} ${mode} ${stats.nlink} ${isIndex ? "" : JSON.stringify(readFileSync(at, "latin1"))}`);
    } else if (stats.isDirectory()) {
      lines.push(`${name}/ ${mode}`);
      for (const entry of readdirSync(at, { encoding: "buffer" }).sort(Buffer.compare))
        walk(Buffer.concat([Buffer.from(at), Buffer.from("/"), entry]), `${name}/${entry.toString("latin1")}`);
    } else lines.push(`${name} is something else`);
  };
  walk(folder, "");
  return lines;
}

export interface Tree {
  files: Record<string, string>;
  executable: string;
  link: string | null;
}

/** Writes a tree to a repository and commits it. */
export function plant(repo: Repository, tree: Tree): string {
  repo.write({ ...tree.files, ".gitignore": "*.log\nbuild/\n" });
  if (tree.executable in tree.files) chmodSync(join(repo.root, tree.executable), 0o755);
  if (tree.link !== null) symlinkSync(tree.link, join(repo.root, "link"));
  repo.git("add", "--all", "--force");
  repo.git("commit", "--quiet", "--allow-empty", "--message", "one");
  return repo.git("rev-parse", "HEAD");
}

/** What cannot be done is no mischief. */
export function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    if ((error as { code?: string }).code === undefined && (error as { status?: number }).status === undefined)
      throw error;
  }
}
