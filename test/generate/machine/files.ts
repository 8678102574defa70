import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The files of a folder that git would keep, by path relative to it, without its workflows. */
export function filesIn(folder: string): Record<string, string> {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: folder,
    encoding: "utf8",
  });
  const paths = listed.split("\n").filter((path) => path !== "" && !path.startsWith(".github/"));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}
