import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { refused } from "../control.ts";

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
      throw refused("several-definitions", { subject: folder, known: found });
    }
    if (found[0] !== undefined) return found[0];
    if (folder === where.root || dirname(folder) === folder) break;
  }
  const upTo = where.root && where.root !== where.cwd ? ` or a folder above it up to ${where.root}` : "";
  throw refused("no-definition", {
    subject: where.cwd,
    because: `there is no baton.config.ts or baton.yaml (nor one with .mts, .cts, .js, .mjs, .cjs, .yml, .json) in ${where.cwd}${upTo}`,
  });
}

function named(path: string): string {
  const what = statSync(path, { throwIfNoEntry: false });
  if (what === undefined) {
    throw refused("no-such-file", { subject: path });
  }
  return what.isDirectory() ? findDefinition({ cwd: path, root: path }) : path;
}
