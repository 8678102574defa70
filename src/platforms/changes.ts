import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface FileChange {
  /** Relative to the root of the repository. */
  path: string;
  status: "new" | "changed" | "unchanged" | "removed";
  before: string;
  after: string;
  /** What is there was written by us for this delivery. */
  isOurs: boolean;
}

export interface WantedFiles {
  root: string;
  /** Paths relative to the root. */
  files: readonly { readonly path: string; readonly text: string }[];
  /** Stands in the head of every file of this delivery. */
  mark: string;
}

/** What has to change so that exactly the wanted files are there. Files of other deliveries and people are left alone. */
export function findChanges({ root, files, mark }: WantedFiles): FileChange[] {
  const changes = files.map(({ path, text }): FileChange => {
    const file = join(root, path);
    if (!existsSync(file)) return { path, status: "new", before: "", after: text, isOurs: true };
    const before = readFileSync(file, "utf8");
    return {
      path,
      status: before === text ? "unchanged" : "changed",
      before,
      after: text,
      isOurs: hasMark(before, mark),
    };
  });
  const wanted = new Set(files.map(({ path }) => path));
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
    for (const name of existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : []) {
      const path = `${folder}/${name}`;
      if (wanted.has(path) || !/\.(ya?ml|tf|ts|py|sh|jq|json)$/.test(name)) continue;
      const before = readFileSync(join(root, path), "utf8");
      if (hasMark(before, mark)) changes.push({ path, status: "removed", before, after: "", isOurs: true });
    }
  }
  return changes;
}

function hasMark(text: string, mark: string): boolean {
  for (const line of text.split("\n")) {
    if (line.includes(mark)) return true;
    // What has no comments says it in its first member.
    if (!/^(#|\/\/|\{$)/.test(line)) return false;
  }
  return false;
}

export function applyChanges(root: string, changes: readonly FileChange[]): void {
  for (const { path, status, after } of changes) {
    const file = join(root, path);
    if (status === "removed") rmSync(file);
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, after);
    }
  }
}
