import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../problem.ts";

export const definitionNames: readonly string[] = [
  ...["ts", "mts", "cts", "js", "mjs", "cjs", "yaml", "yml", "json"].map((ending) => `baton.config.${ending}`),
  "baton.yaml",
  "baton.yml",
];

export interface Where {
  cwd: string;
  /** `--config`. */
  config?: string | undefined;
  /** The search goes no further up than this folder. */
  root?: string | undefined;
}

/** The definition that a command works on: the one named, else the nearest one upwards. An absolute path. */
export function findDefinition(where: Where): string {
  if (where.config !== undefined) return named(resolve(where.cwd, where.config));
  for (let folder = resolve(where.cwd); ; folder = dirname(folder)) {
    const found = definitionNames.map((name) => join(folder, name)).filter((path) => existsSync(path));
    if (found.length > 1) {
      throw new UsageError(`${found.join(" and ")} stand side by side: which one is meant?`, {
        next: "name it with --config FILE, or remove the other",
      });
    }
    if (found[0] !== undefined) return found[0];
    if (folder === where.root || dirname(folder) === folder) break;
  }
  const upTo = where.root && where.root !== where.cwd ? ` or a folder above it up to ${where.root}` : "";
  throw new UsageError(`there is no ${definitionNames[0]} (or .mts, .js, .mjs, .yaml, .json) in ${where.cwd}${upTo}`, {
    next: "baton init  writes one for what is here; or go to the folder of your delivery, or name it with --config FILE",
  });
}

function named(path: string): string {
  const what = statSync(path, { throwIfNoEntry: false });
  if (what === undefined) {
    throw new UsageError(`${path} does not exist`, { next: "give --config the path of a definition" });
  }
  return what.isDirectory() ? findDefinition({ cwd: path, root: path }) : path;
}
