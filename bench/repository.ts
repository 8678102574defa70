import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a product has besides its definition: so many files, in folders of twenty. */
export function sources(count: number): Record<string, string> {
  const files = Array.from({ length: count }, (_, file) => [
    `src/part${Math.floor(file / 20)}/file${file}.ts`,
    `export const value${file} = ${file};\n`.repeat(40),
  ]);
  return Object.fromEntries(files);
}

/**
 * Makes a repository with one commit of these files, by their paths. What benches leave behind is ignored. As in one that somebody
 * works in, git's index is newer than the files: of those that are as new as it is, git reads every byte each time.
 */
export function makeRepository(folder: string, files: Record<string, string>): void {
  const ignored = ".baton\n.ninja_*\n.wireit\n.nx\nnode_modules\nmax-rss\n";
  for (const [path, text] of Object.entries({ ".gitignore": ignored, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  git(folder, "init", "--quiet", "--initial-branch=main");
  git(folder, "add", ".");
  git(folder, "commit", "--quiet", "--message=All of it");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  git(folder, "status");
}

export function git(cwd: string, ...args: string[]): void {
  const who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
  execFileSync("git", [...who, ...args], {
    cwd,
    stdio: "ignore",
    env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null" },
  });
}

/** Commits a change of one of the `sources`. */
export function push(folder: string): void {
  appendFileSync(join(folder, "src/part0/file0.ts"), "// pushed\n");
  git(folder, "commit", "--quiet", "--all", "--message=Pushed");
}
